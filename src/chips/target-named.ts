import { BootctlError } from '../base/errors.ts';
import { didYouMean } from '../base/near-names.ts';
import type { Chip } from './chip.ts';
import { chipKeys, findChip } from './find-chip.ts';

/** The chip of this key, which a person has given. @throws BootctlError `usage`, with the names that are spelt alike */
export function targetNamed(key: string): Chip {
  const found = findChip(key);
  if (found) return found;
  throw new BootctlError('usage', `There is no line ${key}${didYouMean(key, chipKeys())}`, {
    hint: `The lines are ${chipKeys().join(', ')}.`,
  });
}
