import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtInFolder } from '../base/hardware-folder.ts';
import type { Target } from './target.ts';

/** What `parseTarget` made of the file of this key in `hardware/targets` when bootctl was built. */
export const readTarget = (key: string): Target =>
  JSON.parse(readFileSync(join(builtInFolder('targets'), `${key}.json`), 'utf8'));
