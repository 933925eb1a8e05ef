import { BootctlError } from '../base/errors.ts';
import { didYouMean } from '../base/near-names.ts';
import type { Target } from './target.ts';
import { findTarget, targetKeys } from './targets.ts';

/** The line of this key, which a person has given. @throws BootctlError `usage`, with the names that are spelt alike */
export function targetNamed(key: string): Target {
  const found = findTarget(key);
  if (found) return found;
  throw new BootctlError('usage', `There is no line ${key}${didYouMean(key, targetKeys())}`, {
    hint: `The lines are ${targetKeys().join(', ')}.`,
  });
}
