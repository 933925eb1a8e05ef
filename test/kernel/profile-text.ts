import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './guest/paths.ts';

/** A profile that a case puts into the guest. */
export interface CaseProfile {
  readonly id: string;
  readonly text: string;
}

/** Text of a profile of hardware/profiles, as it is shipped. */
export const builtInText = (id: string): string =>
  readFileSync(join(repository, `hardware/profiles/${id}.yaml`), 'utf8');

/** A built-in profile under another id, with replacements. @throws Error when one of them changes nothing */
export function changed(id: string, from: string, replacements: readonly (readonly [string, string])[]): CaseProfile {
  const text = replacements.reduce((before, [old, now]) => {
    const after = before.replace(old, now);
    if (after === before) throw new Error(`${from}.yaml has no ${old}`);
    return after;
  }, builtInText(from));
  return { id, text };
}
