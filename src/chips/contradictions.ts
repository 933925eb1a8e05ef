import { address32 } from '../base/text.ts';
import type { Sector } from '../protocol/dfuse/memory-layout.ts';
import { couldHave } from './layout.ts';
import type { Target } from './target.ts';
import { findTarget, targetKeys } from './targets.ts';

/** What a ROM tells of its target over DFU before anything has been asked of it. */
export interface SeenRom {
  /** Of the main flash. */
  readonly sectors: readonly Sector[];
  /** Where the alternate setting of the option bytes begins, where there is one. */
  readonly optionBytes?: number | undefined;
}

interface OptionBytesRow {
  readonly line: RegExp;
  /** Of the first bank, and where there is one of the second. */
  readonly addresses: readonly number[];
  readonly source: string;
}

/** Where DFU listings of these lines show the option bytes; each source is a row of test/fixtures/dfuse-alternate-names.json. */
const optionBytes: readonly OptionBytesRow[] = [
  { line: /^F[013]/, addresses: [0x1fff_f800], source: 'F042, F072, F107, F303xC, F373' },
  { line: /^F[24]/, addresses: [0x1fff_c000, 0x1ffe_c000], source: 'F401, F405, F411; second bank: RM0090' },
  { line: /^F7/, addresses: [0x1fff_0000], source: 'F72x' },
  { line: /^(G4|L4)/, addresses: [0x1fff_7800, 0x1fff_f800], source: 'G43x, G47x (two groups), L43x, L45x' },
  { line: /^H7[^R]/, addresses: [0x5200_201c], source: 'H72x, H74x, H7A3' },
  { line: /^L[01]/, addresses: [0x1ff8_0000], source: 'L072, L152' },
  { line: /^U5/, addresses: [0x4002_2040], source: 'U575' },
];

/** What speaks against a target of this line, in words; undefined where nothing does, which proves nothing. */
export function contradiction(target: Target, { sectors, optionBytes: seen }: SeenRom): string | undefined {
  const [first] = sectors;
  if (first && first.address !== target.flashBase) return `its flash begins at ${address32(first.address)}`;
  if (
    !couldHave(
      target,
      sectors.map(({ size }) => size),
    )
  )
    return 'no such part has a flash of these sectors';
  const row = optionBytes.find(({ line }) => line.test(target.key));
  if (seen === undefined || !row || row.addresses.includes(seen)) return undefined;
  return `its option bytes are at ${address32(seen)}, those of the line at ${address32(row.addresses[0]!)}`;
}

/** Keys of the lines that such a ROM could be of. */
export const possibleLines = (seen: SeenRom): readonly string[] =>
  targetKeys().filter((key) => {
    const target = findTarget(key)!;
    return target.hasDfu && contradiction(target, seen) === undefined;
  });
