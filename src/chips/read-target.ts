import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { hardwareFolder } from '../base/hardware-folder.ts';
import { targetSchema } from './schema.ts';
import type { Target } from './target.ts';

/**
 * The facts of a line from its file in `hardware/targets`. The bundled command has them as they were read when it was
 * built (rolldown.config.js), so that a job loads neither a YAML parser nor a schema.
 */
export function readTarget(key: string): Target {
  const text = readFileSync(join(hardwareFolder('targets'), `${key}.yaml`), 'utf8');
  const { dfu, ...rest } = targetSchema.parse(parse(text));
  return { ...rest, hasDfu: dfu };
}
