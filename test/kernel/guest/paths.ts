import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The repository; this file runs both as it is, under vitest, and compiled, from build/kernel/js. */
export const repository = upTo(import.meta.dirname, 'package.json');
/** What the bench makes for itself and does not keep between checkouts. */
export const cache = join(repository, 'build/kernel');
export const agent = join(cache, 'js/test/kernel/agent/main.js');
/** Scripts and data that lie beside the sources. */
export const guestSources = join(repository, 'test/kernel/guest');

function upTo(folder: string, file: string): string {
  return existsSync(join(folder, file)) ? folder : upTo(join(folder, '..'), file);
}
