import { BootctlError } from '../base/errors.ts';
import { address32 } from '../base/text.ts';
import type { Chip } from '../chips/chip.ts';
import type { JumpRegisters } from '../chips/firmware/chip-firmware.ts';
import { chipMemory } from '../chips/memories.ts';
import { type PortPin, portPin } from './ports.ts';

/** Where the request waits for the reset. */
export type Token =
  | { readonly in: 'backup' }
  | { readonly in: 'ram'; readonly address: number; readonly cached: boolean };

/** The firmware leaves a request and resets; the start-up code finds it and jumps into the ROM. */
export interface JumpWay {
  readonly method: 'jump';
  readonly registers: JumpRegisters;
  readonly token: Token;
  /** Set to the ROM's table where nothing is remapped. */
  readonly vtor: boolean;
  readonly nvicWords: number;
  /** How often a ROM that resets the chip, because it did not see its crystal, is entered. */
  readonly tries: number;
  readonly boot0Pin?: PortPin;
}

/** What is asked for on the command line. */
export interface JumpWish {
  /** The request goes here, and not into a backup register. */
  readonly ramToken?: number | undefined;
  /** Which pin of several BOOT0 is, by package. */
  readonly boot0Pin?: string | undefined;
}

/** adafruit/circuitpython PR #11270: a Feather F405 at 12 MHz stays in DFU in 5 of 12 jumps, and in 12 of 12 when it is entered again. */
const triesWithCrystal = 4;
/** Armv6-M has up to 32 interrupts, every Armv7-M and Armv8-M STM32 fewer than 256. */
const nvicWords = { small: 1, large: 8 } as const;

/** @throws BootctlError `firmware-ram-unusable`, `firmware-pin-unusable` */
export function jumpWay(chip: Chip, registers: JumpRegisters, wish: JumpWish): JumpWay {
  const { core } = chip.firmware!;
  const tries = triesOf(chip, registers);
  const boot0Pin = boot0PinOf(chip, registers, wish.boot0Pin);
  return {
    method: 'jump',
    registers,
    token: tokenOf(chip, registers, tries, wish.ramToken),
    vtor: registers.remap === undefined,
    nvicWords: core === 'M0' || core === 'M0+' ? nvicWords.small : nvicWords.large,
    tries,
    ...(boot0Pin && { boot0Pin }),
  };
}

/** A request that may lie in the RAM of the ROM does not outlive it: then there is no second try. */
const triesOf = ({ dfuClock }: Chip, { backup, romRam }: JumpRegisters): number =>
  dfuClock?.needs === 'hse' && (backup || romRam) ? triesWithCrystal : 1;

function boot0PinOf(chip: Chip, { boot0Pins }: JumpRegisters, name: string | undefined): PortPin | undefined {
  if (!boot0Pins) return undefined;
  if (name !== undefined && boot0Pins.includes(name)) return portPin(chip, name);
  const choice = boot0Pins.map((pin) => `--boot0-pin ${pin}`).join(' or ');
  const seen = name === undefined ? 'BOOT0' : `${name} is not BOOT0, which`;
  throw new BootctlError(
    'firmware-pin-unusable',
    `${seen} is the pin ${boot0Pins.join(' or ')} of ${chip.name}, by package`,
    {
      hint: `Add ${choice}: the kit jumps only where it reads 1.`,
    },
  );
}

/** Of value and complement. */
const tokenBytes = 8;

function tokenOf(chip: Chip, registers: JumpRegisters, tries: number, address: number | undefined): Token {
  if (address === undefined) {
    if (registers.backup) return { in: 'backup' };
    throw ramError(
      `${chip.name} has no backup register, so the request has to wait in RAM`,
      'Add `--ram-token ADDRESS`: eight bytes of RAM, aligned to 8, that neither the ROM nor the linker uses.',
    );
  }
  checkRam(chip, registers, tries, address);
  return { in: 'ram', address, cached: chip.firmware!.core === 'M7' };
}

function checkRam(chip: Chip, { romRam }: JumpRegisters, tries: number, address: number): void {
  const at = address32(address);
  if (address % tokenBytes !== 0)
    throw ramError(`${at} is not aligned to ${tokenBytes} bytes: RAM with ECC keeps whole words of 64 bits`);
  const ram = chipMemory(chip.key)?.ram ?? [];
  const isThere = ram.some(({ start, bytes }) => start <= address && address + tokenBytes <= start + bytes);
  if (!isThere) {
    const regions = ram.map(
      ({ name, start, bytes }) => `${name} ${address32(start)} to ${address32(start + bytes - 1)}`,
    );
    throw ramError(`${at} is no RAM of ${chip.name}: that is ${regions.join(', ') || 'not written down'}`);
  }
  if (romRam && address + tokenBytes > romRam.start && address < romRam.end) {
    throw ramError(
      `${at} is in the RAM that the ROM uses, ${address32(romRam.start)} to ${address32(romRam.end - 1)} (${chip.firmware!.sources.romRam})`,
    );
  }
  // With one try the request is used up before the ROM runs.
  if (!romRam && tries > 1) {
    throw ramError(
      `Which RAM the ROM of ${chip.name} uses is not known, and the request has to outlive it`,
      'Leave `--ram-token` out: the backup register is safe.',
    );
  }
}

const ramError = (message: string, hint?: string): BootctlError =>
  new BootctlError('firmware-ram-unusable', message, hint === undefined ? {} : { hint });
