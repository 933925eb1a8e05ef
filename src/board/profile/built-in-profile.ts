import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtInFolder } from '../../base/hardware-folder.ts';
import type { BoardProfile } from '../profile.ts';

/** A file of `hardware/profiles`, as `parseProfile` read it when bootctl was built. Undefined if none has this id. */
export function builtInProfile(id: string): BoardProfile | undefined {
  const file = join(builtInFolder('profiles'), `${id}.json`);
  return /^[\w-]+$/.test(id) && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
