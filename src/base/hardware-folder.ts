import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of `hardware/<name>` in this package. */
export const hardwareFolder = (name: 'firmware' | 'profiles' | 'targets' | 'udev'): string =>
  join(packageFolder(), 'hardware', name);

/**
 * Path of `dist/built-in/<name>`: the YAML files of `hardware/<name>`, checked and written as JSON by
 * `src/board/write-built-in.ts`, so that a job loads neither a YAML parser nor a schema.
 */
export const builtInFolder = (name: 'profiles' | 'targets'): string => join(packageFolder(), 'dist', 'built-in', name);

/** Path of the page of a station or of a fleet, as `npm run build` makes it of `src/panel/page`. */
export const pageFolder = (name: 'page' | 'fleet-page'): string => join(packageFolder(), 'dist', name);

/** A program of the bundle that runs in a process of its own. */
export const bundledProgram = (name: 'slot'): string => join(packageFolder(), 'dist', 'command', `${name}.cjs`);

/**
 * The nearest folder with `hardware` in it: this module runs from `src/`, from `dist/src/` and from `dist/command/`.
 */
function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'hardware'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('The folder `hardware` is missing from this installation of bootctl');
    folder = parent;
  }
  return folder;
}
