import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of `hardware/<name>` in this package, run from `src/` or from `dist/src/`. */
export function hardwareFolder(name: 'profiles' | 'targets' | 'udev'): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'hardware', name);
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`hardware/${name} is missing from this installation of bootctl`);
    folder = parent;
  }
}
