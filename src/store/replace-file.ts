import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';

/**
 * Replaces the content of a file that is there, at once: whoever reads it sees the old text or the new one, also after a
 * crash on the way. A link stays a link, and the mode stays.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const real = await realpath(path);
  const { mode } = await stat(real);
  const beside = `${real}.${process.pid}.new`;
  try {
    await writeFile(beside, text, { flag: 'wx', mode });
    await rename(beside, real);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
