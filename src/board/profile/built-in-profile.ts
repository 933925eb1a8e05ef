import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hardwareFolder } from '../../base/hardware-folder.ts';
import type { BoardProfile } from '../profile.ts';
import { parseProfile } from './parse-profile.ts';

/**
 * A profile of `hardware/profiles` by its id; undefined where there is none. The bundled command has them as they were
 * read when it was built (rolldown.config.js).
 */
export function builtInProfile(id: string): BoardProfile | undefined {
  const folder = hardwareFolder('profiles');
  const file = `${id}.yaml`;
  if (!readdirSync(folder).includes(file)) return undefined;
  return parseProfile(readFileSync(join(folder, file), 'utf8'), join(folder, file));
}
