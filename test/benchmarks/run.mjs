/*
 * Figures, never a test: each is printed beside a peer that ran in turn with it in the same place.
 *
 *   npm run bench                     # all of them, some twenty minutes
 *   npm run bench -- entry engine     # these
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Files of this folder that are no benchmark of their own, or only shown by hand. */
const others = ['run', 'guest', 'image-of', 'instant-rom', 'elf', 'ladder', 'usart-line'];
const all = readdirSync(import.meta.dirname).flatMap((file) => {
  const name = file.slice(0, -'.mjs'.length);
  return file.endsWith('.mjs') && !others.includes(name) ? [name] : [];
});
const names = process.argv.slice(2);
const unknown = names.filter((name) => !existsSync(join(import.meta.dirname, `${name}.mjs`)));
if (unknown.length > 0) {
  console.error(`there is no benchmark ${unknown.join(', ')}; there are ${all.join(', ')}`);
  process.exit(2);
}
for (const name of names.length > 0 ? names : all) {
  console.log(`\n${name}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.mjs`)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
