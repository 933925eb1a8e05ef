import { chipMemory, type RamRegion, ramEnds } from './memories.ts';

/** A second address of the whole main flash. The core runs from it, and no ROM erases or writes there. */
export interface FlashAlias {
  /** `boot`: only after a reset with BOOT0 = 0. `secure`: only with TrustZone enabled. */
  readonly kind: 'boot' | 'itcm' | 'secure';
  readonly name: string;
  readonly address: number;
}

interface AliasRow extends FlashAlias {
  readonly chips: RegExp;
  readonly source: string;
}

/** By the keys of `hardware/targets`. */
const aliases: readonly AliasRow[] = [
  {
    chips: /^F7/,
    kind: 'itcm',
    name: 'flash on the ITCM bus',
    address: 0x0020_0000,
    source:
      'RM0385, RM0410 and RM0431, tables of the flash organization: every sector with its address on AXIM and on ITCM; BOOT_ADD0 = 0x0080 from the factory starts there',
  },
  {
    chips: /^(L5|H5(?!03)|U3|U5|WBA)/,
    kind: 'secure',
    name: 'secure alias of the flash',
    address: 0x0c00_0000,
    source:
      'RM0456 table 26, RM0487 table 20, RM0515 table 23 (boot modes, TZEN = 1); FLASH_BASE_S of CMSIS stm32h563xx.h',
  },
  {
    chips: /^(C0|F[0-4]|G|L[014]|U0|WB[15]|WL)/,
    kind: 'boot',
    name: 'flash that BOOT0 = 0 maps to 0',
    address: 0,
    source: '"Boot configuration" of RM0008, RM0090, RM0091, RM0351, RM0434, RM0440, RM0444',
  },
];

/** Other addresses of the flash of this line. */
export const flashAliases = (key: string): readonly FlashAlias[] => aliases.filter(({ chips }) => chips.test(key));

/** RM0456 §2.3: each SRAM of a line with TrustZone has its secure address here above the other one. */
const secureOffset = 0x1000_0000;

const hasTrustZone = (key: string): boolean => flashAliases(key).some(({ kind }) => kind === 'secure');

/** Every RAM where the core may have its stack: also the secure aliases, on lines with TrustZone. */
export function stackRegions(key: string): readonly RamRegion[] {
  const ram = chipMemory(key)?.ram ?? [];
  if (!hasTrustZone(key)) return ram;
  const secure = ram.map(({ name, start, bytes }) => ({ name: `secure ${name}`, start: start + secureOffset, bytes }));
  return [...ram, ...secure];
}

/** Where linker scripts put a stack: the ends of every RAM of every part of the line. */
export function stackEnds(key: string): readonly number[] {
  const ends = ramEnds(key);
  return hasTrustZone(key) ? [...ends, ...ends.map((end) => end + secureOffset)] : ends;
}
