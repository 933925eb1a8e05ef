import { access, link, rename, rm, writeFile } from 'node:fs/promises';

/**
 * Writes a file that is not there yet, at once: it is whole or absent, also after a crash on the way, and a file that another
 * program has made meanwhile stays.
 * @throws an error with the code EEXIST where it is there
 */
export async function newFile(path: string, text: string, mode = 0o666): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  try {
    await writeFile(beside, text, { flag: 'wx', mode });
    await link(beside, path).catch((error) => withoutLinks(error, beside, path));
  } finally {
    await rm(beside, { force: true });
  }
}

/** FAT and some network drives have no hard links; there another program's file could come between the two calls. */
async function withoutLinks(error: NodeJS.ErrnoException, beside: string, path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (error.code === 'EEXIST' || isThere) throw Object.assign(error, { code: 'EEXIST' });
  await rename(beside, path);
}
