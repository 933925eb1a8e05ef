import type { Milliseconds } from '../../base/units.ts';
import { flashAliases, stackRegions } from '../../chips/flash-aliases.ts';
import type { FlashSector } from './flash-geometry.ts';
import type { MemoryRegion, RomDfuPersonality, RomPersonality, RomUsartPersonality } from './rom-personality.ts';

// Common parts of the personalities.

export const KiB = 1024;
export const flashBase = 0x0800_0000;
/** Twelve hex digits, as in ROMs (our choice). */
export const anySerialNumber = '2083376B5642';

/** Consecutive runs of equal sectors: `[count, bytes, erase time]`. */
export function sectors(address: number, ...runs: readonly (readonly [number, number, Milliseconds])[]): FlashSector[] {
  let next = address;
  return runs.flatMap(([count, size, eraseTime]) =>
    Array.from({ length: count }, () => {
      const sector = { address: next, size, eraseTime };
      next += size;
      return sector;
    }),
  );
}

/**
 * RAM and the further addresses of the flash of a line of hardware/targets: the numbers that the product's checks have,
 * from the documents named there.
 */
export const memoriesOf = (line: string): Pick<RomPersonality, 'ram' | 'flashAliases'> => ({
  ram: stackRegions(line).map(({ start, bytes }) => ({ kind: 'ram', address: start, size: bytes })),
  flashAliases: flashAliases(line),
});

/** RAM of a chip that is no line of hardware/targets, or whose RAM has no source there. */
export const ram = (size: number): MemoryRegion => ({ kind: 'ram', address: 0x2000_0000, size });

/** System memory up to the bootloader id, which is its last byte but one (AN2606 §4.2). */
export const systemUpTo = (id: number, size: number): MemoryRegion => ({
  kind: 'system',
  address: id + 2 - size,
  size,
});

export const newGeneration = {
  bcdUsb: 0x0100,
  bcdDevice: 0x0200,
  product: 'DFU in FS Mode',
  transferSize: 1024,
  commands: [0x00, 0x21, 0x41, 0x92], // AN3156 §4, Get
  getStatus: 'busy',
  earlyPoll: 'busy-again',
  announces: { program: 'true', erase: 'true', massErase: 'true' },
  clearStatusOutsideError: 'error',
  leaveStatus: 'lost', // H7 and G0: the GETSTATUS of the leave fails (hardware/QUIRKS.md Q39)
  optionWriteResets: false,
} as const satisfies Partial<RomDfuPersonality>;

export const oldGeneration = {
  ...newGeneration,
  bcdDevice: 0x2200,
  product: 'STM32  BOOTLOADER',
  transferSize: 2048,
  earlyPoll: 'held', // system memory lies in the flash: the core stands still while it is erased
  leaveStatus: 'answered',
} as const satisfies Partial<RomDfuPersonality>;

export const usualUsart = {
  autoBaud: { clock: 24_000_000, jitter: 8 },
  version: 0x31,
  erase: 'extended',
  massErase: true,
} as const satisfies RomUsartPersonality;
