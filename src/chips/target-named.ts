import { BootctlError } from '../base/errors.ts';
import { didYouMean } from '../base/near-names.ts';
import type { Chip } from './chip.ts';
import { chipKeys, findChip } from './find-chip.ts';

/** The chip of this key from the command line. @throws BootctlError `usage`, with names of similar spelling */
export function targetNamed(key: string): Chip {
  const found = findChip(key);
  if (found) return found;
  throw new BootctlError('usage', `There is no line ${key}${didYouMean(key, chipKeys())}`, {
    hint: `The lines are ${chipKeys().join(', ')}.`,
  });
}
