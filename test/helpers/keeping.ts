import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import { KeptAround } from '../../src/ops/engine/keep-around.ts';
import type { KeptFrom } from '../../src/ops/engine/keep-files.ts';
import { keptFiles } from '../../src/store/kept-files.ts';
import type { engine } from './engine.ts';

export const newFolder = () => mkdtempSync(join(tmpdir(), 'bootctl-keep-'));
/** A board whose serial number is its own. */
export const keptFrom: KeptFrom = { profile: 'test', place: '1-2', serialNumber: '357236543131' };

/** One process with `--keep`: what it remembers is gone with it, what it has saved is not. */
export async function keeping(
  { flash, target }: Awaited<ReturnType<typeof engine>>,
  folder: string,
  image: FirmwareImage,
  from: KeptFrom = keptFrom,
) {
  const notes: string[] = [];
  const files = keptFiles({ stateFolder: folder, cwd: folder }, false);
  const around = new KeptAround((event) => void (event.event === 'note' && notes.push(event.message)), from, files);
  await around.open(target.layout.sectors);
  const output = await flash(image, { around });
  if (output.condition === 'verified') await around.forget();
  return { ...output, notes };
}
