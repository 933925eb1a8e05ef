import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import type { ChipFirmware, RegisterBits } from '../../src/chips/firmware/chip-firmware.ts';

/** From the CMSIS headers of stm32duino/Arduino_Core_STM32@b4bae0d, compiled for each device: no value of ours is in it. */
type Witness = Readonly<Record<string, number>>;
const witnesses: Readonly<Record<string, Witness>> = JSON.parse(
  readFileSync(new URL('../fixtures/firmware-registers.json', import.meta.url), 'utf8'),
);

/** The lines whose registers a device is a witness for: its own first, then those of the same series. */
const linesOf: Readonly<Record<string, string>> = {
  F030x8: 'F03x F05x_030x8',
  F042: 'F04x F070x6',
  F070xB: 'F070xB',
  F072: 'F072',
  F091: 'F09x F030xC',
  F100: 'F100_vl F100_vl_hd',
  F103: 'F103_hd F103_ld F103_md F103_xl',
  F107: 'F105_107',
  F205: 'F2',
  F303xC: 'F301_302x8 F303x8_334 F303xBC F303xDE',
  F373: 'F373',
  F401: 'F401xBC F401xDE',
  F411: 'F411',
  F405: 'F405_407',
  F413: 'F410 F412 F413_423',
  F446: 'F446',
  F429: 'F42x_43x F469_479',
  F722: 'F72x_73x',
  F746: 'F74x_75x',
  F767: 'F76x_77x',
  L052: 'L05x_06x',
  L072: 'L07x_08x_usb',
  L152: 'L1_cat1 L1_cat2 L1_cat3 L1_cat4 L1_cat5',
  L412: 'L41x_42x',
  L432: 'L43x_44x L45x_46x',
  L476: 'L47x_48x',
  L496: 'L496_4A6',
  L4R5: 'L4R_4S',
  L4P5: 'L4P_4Q',
  L552: 'L552_562',
  G031: 'G03x_04x',
  G071: 'G05x_06x G07x_08x',
  G0B1: 'G0B0 G0B1_0C1',
  G431: 'G43x_44x',
  G474: 'G47x_48x G491_4A1',
  H723: 'H72x_73x',
  H743: 'H74x_75x',
  H7A3: 'H7A3_B3_B0',
  H503: 'H503',
  H563: 'H563_573',
  U575: 'U575_585 U535_545 U595_5A9 U5F_5G',
  U031: 'U031',
  U083: 'U073_083',
  C031: 'C011 C031 C051 C091_092',
  C071: 'C071',
  WB55: 'WB55 WB10_15',
  WLE5: 'WL',
};
const pairs = Object.entries(linesOf).flatMap(([device, lines]) =>
  lines.split(' ').map((line) => [line, device] as const),
);

const firmwareOf = (line: string): ChipFirmware => findChip(line)!.firmware!;
const jumping = chipKeys().filter((line) => findChip(line)!.firmware?.jump);
/** Absent in the witness: no such register, or one whose clock cannot be switched. */
const bits = (register: number | undefined, mask: number | undefined): RegisterBits | undefined =>
  register === undefined ? undefined : { register, mask: mask! };

test('each line with registers has a witness, and no other', () => {
  expect(pairs.map(([line]) => line).toSorted()).toEqual(jumping);
});

describe('registers are those of the CMSIS headers', () => {
  test.each(pairs)('%s as the %s', (line, device) => {
    const witness = witnesses[device]!;
    const { core, jump } = firmwareOf(line);
    expect(core).toBe(cores[witness.core!]);
    expect(jump!.reset).toEqual({ register: witness.rstReg, software: witness.sftrst, clear: witness.rmvf });
    const remap = bits(witness.memrmp, witness.memModeMask);
    expect(jump!.remap).toEqual(remap);
    expect(jump!.remapClock).toEqual(remap && bits(witness.syscfgEnReg, witness.syscfgEnMask));
  });

  test.each(pairs.filter(([line]) => firmwareOf(line).jump!.backup))(
    '%s: the backup register of the %s',
    (line, device) => {
      const witness = witnesses[device]!;
      const { backup } = firmwareOf(line).jump!;
      const inPwr = witness.pwrBkp0 !== undefined;
      const power = bits(witness.pwrEnReg, (witness.pwrEnMask ?? 0) | (witness.bkpEnMask ?? 0));
      const apb = inPwr ? undefined : bits(witness.rtcApbReg, witness.rtcApbMask);
      const unlock = inPwr ? undefined : bits(witness.dbpReg, witness.dbpMask);
      expect(backup).toEqual({
        register: backupRegister(witness),
        ...(witness.bkpDR1 !== undefined && { halfWords: true }),
        ...(power && { power }),
        ...(apb && { apb }),
        ...(unlock && { unlock }),
      });
    },
  );

  test('a line has no backup register where a part of it has none in its header', () => {
    const without = jumping.filter((line) => !firmwareOf(line).jump!.backup);
    expect(without).toEqual(['F030xC', 'F03x', 'F05x_030x8', 'F070x6', 'F070xB']);
    expect(backupRegister(witnesses.F030x8!)).toBeUndefined();
    expect(backupRegister(witnesses.F070xB!)).toBeUndefined();
  });
});

const cores: Readonly<Record<number, string>> = { 0: 'M0', 100: 'M0+', 3: 'M3', 4: 'M4', 7: 'M7', 33: 'M33' };

/** TAMP's backup registers begin 0x100 behind its base. */
const backupRegister = ({ bkpDR1, bkp0, tampBkp0, tampBaseOnly, pwrBkp0 }: Witness): number | undefined =>
  bkpDR1 ?? bkp0 ?? tampBkp0 ?? pwrBkp0 ?? (tampBaseOnly === undefined ? undefined : tampBaseOnly + 0x100);

/** Of the reset and clock control, by its series: where the witness has no register of it. */
test.each(chipKeys().filter((line) => findChip(line)!.firmware?.gpio))(
  '%s: its ports have their clock in RCC',
  (line) => {
    const { gpio, jump } = firmwareOf(line);
    if (jump) expect(Math.abs(gpio!.clock - jump.reset.register)).toBeLessThan(0x200);
    expect(gpio!.base % 0x400).toBe(0);
    expect(gpio!.firstBit + gpio!.ports.length).toBeLessThanOrEqual(32);
  },
);

test.each(jumping)('%s: the id of its ROM lies behind its vector table', (line) => {
  const { bootloaderIds } = findChip(line)!;
  if (bootloaderIds?.address === undefined) return;
  const distance = bootloaderIds.address - firmwareOf(line).jump!.rom;
  expect(distance).toBeGreaterThan(0x100);
  expect(distance).toBeLessThan(0x1_8000);
});

test('verdicts: a line is refused, or has what its way in needs', () => {
  const verdicts = chipKeys().map((line) => findChip(line)!.firmware?.verdict);
  const count = (verdict: string | undefined) => verdicts.filter((one) => one === verdict).length;
  expect([count('jump'), count('conditional'), count('self-charge'), count('refused'), count(undefined)]).toEqual([
    57, 19, 2, 9, 1,
  ]);
});
