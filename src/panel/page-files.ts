import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageFolder } from '../base/hardware-folder.ts';

const types = {
  'index.html': 'text/html; charset=utf-8',
  'enter.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

export type PageFiles = Readonly<Record<keyof typeof types, { readonly type: string; readonly bytes: Buffer }>>;

/** The page of a station, and that of a fleet. */
export type PageName = 'page' | 'fleet-page';

/** The files of a page as `npm run build` has made them: nothing else is ever served. */
export const pageFiles = (name: PageName): PageFiles =>
  Object.fromEntries(
    Object.entries(types).map(([file, type]) => [file, { type, bytes: readFileSync(join(pageFolder(name), file)) }]),
  ) as PageFiles;
