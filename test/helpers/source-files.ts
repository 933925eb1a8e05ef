import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Import {
  /** Path inside the project (`src/bench/clock.ts`), or a package's name. */
  readonly target: string;
  /** `import type` vanishes: it is free in every direction. */
  readonly isType: boolean;
  /** Loaded when the program comes to it. */
  readonly isDynamic: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

const importPattern = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;

function importsOf(path: string, text: string): readonly Import[] {
  return [...text.matchAll(importPattern)].map(([, type, from, dynamic]) => {
    const specifier = from ?? dynamic ?? '';
    return { target: resolve(path, specifier), isType: type !== undefined, isDynamic: dynamic !== undefined };
  });
}

const resolve = (path: string, specifier: string): string =>
  specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : packageOf(specifier);

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** All TypeScript files below the given folders, with paths from the project's root. */
export const sourceFiles = (...folders: string[]): readonly SourceFile[] =>
  folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => posix.join(folder, name)),
    )
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, lines: text.split('\n').length - 1, imports: importsOf(path, text) };
    });
