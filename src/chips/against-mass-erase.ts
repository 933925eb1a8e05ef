import type { Chip } from './chip.ts';
import { chipKeys, findChip } from './find-chip.ts';
import { couldHave } from './layout.ts';
import type { RomIdentity } from './rom-behaviour.ts';
import { behaviourOf } from './rom-quirks.ts';

/**
 * Chips with these sector sizes on which a mass erase is unsafe. Chips known to be harmed come first. Empty if all
 * candidates allow it.
 */
export function chipsAgainstMassErase(rom: Omit<RomIdentity, 'family'>, sizes: readonly number[]): readonly string[] {
  return chipKeys()
    .map((key) => findChip(key)!)
    .filter((chip) => chip.hasDfu && couldHave(chip, sizes))
    .filter((chip) => isAgainst(chip, rom))
    .sort((a, b) => Number(a.sectors === undefined) - Number(b.sectors === undefined))
    .map(({ name }) => name);
}

/** A chip without known sectors is not known well enough to erase it at once. */
const isAgainst = ({ key, sectors }: Chip, rom: Omit<RomIdentity, 'family'>): boolean =>
  sectors === undefined || behaviourOf({ ...rom, family: key }).behaviour.massErase === 'never';
