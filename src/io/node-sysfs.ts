import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Content of a sysfs attribute, or undefined where it does not exist (any more). */
export const attribute = (folder: string, name: string): Promise<string | undefined> =>
  readFile(join(folder, name), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
