import { address32 } from '../base/text.ts';
import type { Sector } from '../protocol/dfuse/memory-layout.ts';
import type { Chip } from './chip.ts';
import { chipKeys, findChip } from './find-chip.ts';
import { couldHave } from './layout.ts';

/** Facts that the DFU descriptors of a ROM contain, before any request. */
export interface SeenRom {
  /** Of the main flash. */
  readonly sectors: readonly Sector[];
  /** Start address of the alternate setting of the option bytes, if there is one. */
  readonly optionBytes?: number | undefined;
}

interface OptionBytesRow {
  readonly chips: RegExp;
  /** Of the first bank, and of the second if there is one. */
  readonly addresses: readonly number[];
  readonly source: string;
}

/**
 * Where DFU listings of these chips show the option bytes; each source is a row of
 * test/fixtures/dfuse-alternate-names.json.
 */
const optionBytes: readonly OptionBytesRow[] = [
  { chips: /^F[013]/, addresses: [0x1fff_f800], source: 'F042, F072, F107, F303xC, F373' },
  { chips: /^F[24]/, addresses: [0x1fff_c000, 0x1ffe_c000], source: 'F401, F405, F411; second bank: RM0090' },
  { chips: /^F7/, addresses: [0x1fff_0000], source: 'F72x' },
  { chips: /^(G4|L4)/, addresses: [0x1fff_7800, 0x1fff_f800], source: 'G43x, G47x (two groups), L43x, L45x' },
  { chips: /^H7[^R]/, addresses: [0x5200_201c], source: 'H72x, H74x, H7A3' },
  { chips: /^L[01]/, addresses: [0x1ff8_0000], source: 'L072, L152' },
  { chips: /^U5/, addresses: [0x4002_2040], source: 'U575' },
];

/** Where the option bytes of a line are, as far as listings show them; without a line, of any. */
export const optionBytesOf = (chip: Chip | undefined): readonly number[] =>
  optionBytes.filter(({ chips }) => !chip || chips.test(chip.key)).flatMap(({ addresses }) => addresses);

/** In words, why the target cannot be this chip. Undefined without a contradiction, which does not prove that it is. */
export function contradiction(chip: Chip, { sectors, optionBytes: seen }: SeenRom): string | undefined {
  const [first] = sectors;
  if (first && first.address !== chip.flashBase) return `its flash begins at ${address32(first.address)}`;
  if (
    !couldHave(
      chip,
      sectors.map(({ size }) => size),
    )
  )
    return 'no such part has a flash of these sectors';
  const row = optionBytes.find(({ chips: line }) => line.test(chip.key));
  if (seen === undefined || !row || row.addresses.includes(seen)) return undefined;
  return `its option bytes are at ${address32(seen)}, those of the line at ${address32(row.addresses[0]!)}`;
}

/** Keys of the chips that such a ROM could be of. */
export const possibleChips = (seen: SeenRom): readonly string[] =>
  chipKeys().filter((key) => {
    const chip = findChip(key)!;
    return chip.hasDfu && contradiction(chip, seen) === undefined;
  });
