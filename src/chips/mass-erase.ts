import { couldHave } from './layout.ts';
import type { RomIdentity } from './rom-behaviour.ts';
import { behaviourOf } from './rom-quirks.ts';
import type { Target } from './target.ts';
import { findTarget, targetKeys } from './targets.ts';

/** Lines with these sector sizes on which a mass erase is unsafe, those known to be harmed first; empty where all of them allow it. */
export function linesAgainstMassErase(rom: Omit<RomIdentity, 'family'>, sizes: readonly number[]): readonly string[] {
  return targetKeys()
    .map((key) => findTarget(key)!)
    .filter((target) => target.hasDfu && couldHave(target, sizes))
    .filter((target) => isAgainst(target, rom))
    .sort((a, b) => Number(a.sectors === undefined) - Number(b.sectors === undefined))
    .map(({ name }) => name);
}

/** A line without known sectors is not known well enough to erase it at once. */
const isAgainst = ({ key, sectors }: Target, rom: Omit<RomIdentity, 'family'>): boolean =>
  sectors === undefined || behaviourOf({ ...rom, family: key }).behaviour.massErase === 'never';
