import { resolve } from 'node:path';
import type { RecoverSpec } from '../ops/recover.ts';
import type { CliContext } from './context.ts';
import type { CliOptions } from './options.ts';

/** What `--restore` names. @throws BootctlError those of reading */
export async function restoredFile({ cwd }: CliContext, { restore }: CliOptions): Promise<RecoverSpec['restore']> {
  if (restore === undefined) return undefined;
  const path = resolve(cwd, restore);
  const { readImage } = await import('../image/load-image.ts');
  return { path, image: await readImage(path) };
}
