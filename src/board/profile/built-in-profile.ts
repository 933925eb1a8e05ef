import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtInFolder } from '../../base/hardware-folder.ts';
import type { BoardProfile } from '../profile.ts';

/** What `parseProfile` made of a file of `hardware/profiles` when bootctl was built; undefined where none has this id. */
export function builtInProfile(id: string): BoardProfile | undefined {
  const file = join(builtInFolder('profiles'), `${id}.json`);
  return /^[\w-]+$/.test(id) && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
