import { readFileSync } from 'node:fs';
import type { Core } from './unicorn.ts';

/** Registers of a device as its CMSIS header has them (stm32duino/Arduino_Core_STM32@b4bae0d). Absent: there is none. */
export interface Registers {
  readonly core: number;
  readonly memrmp?: number;
  readonly memModeMask?: number;
  readonly syscfgEnReg?: number;
  readonly syscfgEnMask?: number;
  readonly pwrEnReg?: number;
  readonly pwrEnMask?: number;
  readonly bkpEnReg?: number;
  readonly bkpEnMask?: number;
  readonly dbpReg?: number;
  readonly dbpMask?: number;
  readonly rtcApbReg?: number;
  readonly rtcApbMask?: number;
  readonly bkp0?: number;
  readonly tampBkp0?: number;
  /** TAMP, where the header has no name for its backup registers, which begin 0x100 behind. */
  readonly tampBaseOnly?: number;
  readonly pwrBkp0?: number;
  readonly bkpDR1?: number;
  readonly rstReg: number;
  readonly sftrst: number;
  readonly rmvf: number;
  readonly porrst?: number;
  readonly borrst?: number;
  readonly rccCr: number;
}

const fixture = new URL('../fixtures/firmware-registers.json', import.meta.url);
const headers: Readonly<Record<string, Registers>> = JSON.parse(readFileSync(fixture, 'utf8'));

function registersOf(device: string): Registers {
  const own = headers[device]!;
  return own.tampBaseOnly === undefined ? own : { tampBkp0: own.tampBaseOnly + 0x100, ...own };
}

/** What this ROM does before it waits for a host: rules of rom.ts. */
export type RomKind = 'plain' | 'bank check' | 'empty check';

/** A device whose ROM can be reached by a jump, and how. */
export interface Line {
  readonly device: string;
  readonly core: Core;
  readonly registers: Registers;
  /** Vector table of the ROM. */
  readonly rom: number;
  readonly kind: RomKind;
  /** It resets the chip when it does not recognize the crystal. */
  readonly needsCrystal: boolean;
  /** The request is in RAM, because there are no backup registers, or because the test wants it there. */
  readonly ramToken?: number;
  /** Clocks of the backup registers that are on after a reset. */
  readonly rtcClockOn?: boolean;
}

const cores: Readonly<Record<number, Core>> = {
  0: 'cortex-m0',
  3: 'cortex-m3',
  4: 'cortex-m4',
  7: 'cortex-m7',
  33: 'cortex-m33',
  100: 'cortex-m0plus',
};

/** Addresses: AN2606 Rev 70, memory tables of the products, H7 by Betaflight@301d01a and Klipper@84104bb. */
const roms: readonly { rom: number; devices: readonly string[]; kind?: RomKind; needsCrystal?: boolean }[] = [
  { rom: 0x1fffec00, devices: ['F030x8'] },
  { rom: 0x1fffc400, devices: ['F042'], kind: 'empty check' },
  { rom: 0x1fffc800, devices: ['F070xB'], needsCrystal: true },
  { rom: 0x1fffc800, devices: ['F072'] },
  { rom: 0x1fffd800, devices: ['F091', 'F303xC', 'F373'] },
  { rom: 0x1ffff000, devices: ['F100', 'F103'] },
  { rom: 0x1fffb000, devices: ['F107'], needsCrystal: true },
  {
    rom: 0x1fff0000,
    devices: ['F205', 'F401', 'F405', 'F411', 'F413', 'F429', 'F446'],
    needsCrystal: true,
  },
  { rom: 0x1ff00000, devices: ['F722', 'F746', 'F767', 'L152'], needsCrystal: true },
  { rom: 0x1ff00000, devices: ['L052'] },
  { rom: 0x1ff00000, devices: ['L072'], kind: 'bank check' },
  { rom: 0x1fff0000, devices: ['L412', 'L432', 'L476', 'L496', 'L4R5', 'L4P5'] },
  { rom: 0x1fff0000, devices: ['G031', 'G071', 'G0B1', 'G431', 'G474', 'C031', 'C071', 'U031', 'U083'] },
  { rom: 0x1fff0000, devices: ['WB55', 'WLE5'] },
  { rom: 0x0bf90000, devices: ['L552', 'U575', 'U585'] },
  { rom: 0x1ff09800, devices: ['H723', 'H743'] },
  { rom: 0x1ff0a000, devices: ['H7A3'] },
  { rom: 0x0bf87000, devices: ['H503'] },
  { rom: 0x0bf97000, devices: ['H563'] },
];

const firstBackup = ({ bkp0, tampBkp0, pwrBkp0, bkpDR1 }: Registers) => bkp0 ?? tampBkp0 ?? pwrBkp0 ?? bkpDR1;

function line(device: string, { rom, kind = 'plain', needsCrystal = false }: (typeof roms)[number]): Line {
  const registers = registersOf(device);
  const own = { device, core: cores[registers.core]!, registers, rom, kind, needsCrystal };
  return firstBackup(registers) === undefined ? { ...own, ramToken: 0x20000c00 } : own;
}

/** Every device of the table with a verdict that the kit can jump on, some under a condition. */
export const lines: readonly Line[] = roms.flatMap((entry) => entry.devices.map((device) => line(device, entry)));

/** Beside them: requests in RAM, and clocks that are on after a reset. */
export const variants: readonly Line[] = [
  { ...lineOf('F405'), ramToken: 0x20000c00 },
  { ...lineOf('F746'), ramToken: 0x20000c00 },
  { ...lineOf('H743'), ramToken: 0x24000c00 },
  { ...lineOf('G474'), rtcClockOn: true },
  { ...lineOf('H743'), rtcClockOn: true },
];

/** A line by its device. */
export function lineOf(device: string): Line {
  return lines.find((one) => one.device === device)!;
}

/** RAM in which the application runs: data caches and ECC are there on H7 (RM0433 §2.4). */
export const ramOrigin = ({ device }: Line): number => (device.startsWith('H7') ? 0x24000000 : 0x20000000);

const hex = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(8, '0')}u`;

/** Text of bootctl_config.h for this line, from the registers of its header. */
export function configurationOf(line: Line, more: Readonly<Record<string, string>> = {}): string {
  const { registers: r, core, rom, ramToken, needsCrystal } = line;
  const own: Record<string, string | number | undefined> = {
    TARGET: '"emulated"', // the same for all, so that equal configurations are compiled once
    COMMAND: '"bootloader\\r\\n"',
    TOUCH: '1',
    TRIES: needsCrystal ? '4u' : '1u',
    ROM: rom,
    NVIC_WORDS: core === 'cortex-m0' || core === 'cortex-m0plus' ? '1u' : '8u',
    RESET_REG: r.rstReg,
    RESET_SOFTWARE: r.sftrst,
    RESET_CLEAR: r.rmvf,
    REMAP_REG: r.memrmp,
    REMAP_MASK: r.memModeMask,
    SYSCFG_EN_REG: r.memrmp && r.syscfgEnReg,
    SYSCFG_EN_MASK: r.memrmp && r.syscfgEnMask,
    VTOR: r.memrmp ? undefined : rom,
    DCACHE: core === 'cortex-m7' ? '1' : undefined,
    ...(ramToken === undefined ? backupMacros(r) : { RAM_TOKEN: ramToken }),
    ...more,
  };
  const defined = Object.entries(own).filter(([, value]) => value !== undefined && value !== '');
  const text = (value: string | number) => (typeof value === 'number' ? hex(value) : value);
  return defined.map(([name, value]) => `#define BOOTCTL_${name} ${text(value!)}\n`).join('');
}

function backupMacros(r: Registers): Record<string, string | number | undefined> {
  return {
    PWR_EN_REG: r.pwrEnReg,
    PWR_EN_MASK: r.pwrEnMask && (r.pwrEnMask | (r.bkpEnMask ?? 0)) >>> 0,
    RTCAPB_EN_REG: r.pwrBkp0 ? undefined : r.rtcApbReg,
    RTCAPB_EN_MASK: r.pwrBkp0 ? undefined : r.rtcApbMask,
    DBP_REG: r.dbpReg,
    DBP_MASK: r.dbpMask,
    BACKUP_REG: firstBackup(r),
    BACKUP_16BIT: r.bkpDR1 === undefined ? undefined : '1',
  };
}
