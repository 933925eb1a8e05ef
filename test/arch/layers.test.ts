import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, sourceFiles } from '../helpers/source-files.ts';

const files = sourceFiles('src', 'machines');

/** Anyone may use these: errors, units and words. */
const common = [
  'src/errors.ts',
  'src/error-catalog/',
  'src/units.ts',
  'src/text.ts',
  'src/near-names.ts',
  'src/hardware-folder.ts',
];

/** Who may import whom, beside `common` and files of the same room. First match wins. */
const rooms: readonly { room: string; may: readonly string[] }[] = [
  { room: 'src/cli/', may: ['src/'] },
  { room: 'src/index.ts', may: ['src/'] },
  { room: 'src/io/node-bench.ts', may: ['src/io/'] },
  { room: 'src/io/', may: [] },
  { room: 'src/lines/', may: ['src/io/serial-link.ts'] },
  { room: 'src/protocol/', may: ['src/io/clock.ts'] },
  { room: 'src/image/', may: [] },
  { room: 'src/targets/', may: ['src/profiles/quantity.ts', 'src/profiles/schema-parts.ts'] },
  { room: 'src/profiles/', may: ['src/lines/', 'src/methods/', 'src/targets/'] },
  { room: 'src/methods/', may: ['src/lines/', 'src/protocol/', 'src/io/clock.ts'] },
  { room: 'src/trace/', may: ['src/lines/wiring.ts', 'src/protocol/'] },
  { room: 'src/pictures/', may: ['src/lines/', 'src/methods/'] },
  {
    room: 'src/ops/',
    may: ['machines/', 'src/methods/', 'src/lines/', 'src/protocol/', 'src/image/', 'src/targets/', 'src/io/clock.ts'],
  },
  { room: 'machines/', may: [] },
  // The simulator shares numbers with what it tests, never codecs.
  {
    room: 'src/sim/',
    may: [
      'src/io/clock.ts',
      'src/lines/wiring.ts',
      'src/protocol/dfu/constants.ts',
      'src/protocol/an3155/constants.ts',
    ],
  },
];

const roomOf = (path: string) => rooms.find(({ room }) => path.startsWith(room));

test('every file lies in a room of the plan', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(
    files.map(({ path }) => path).filter((path) => !roomOf(path) && !common.some((prefix) => path.startsWith(prefix))),
  ).toEqual([]);
});

test('every import goes where the plan allows', () => {
  const wrong = files.flatMap(({ path, imports }) => {
    const room = roomOf(path);
    const may = [...common, ...(room ? [room.room, ...room.may] : [])];
    return imports
      .filter(({ target, isType }) => !isType && (target.startsWith('src/') || target.startsWith('machines/')))
      .filter(({ target }) => !may.some((prefix) => target.startsWith(prefix)))
      .map(({ target }) => `${path} -> ${target}`);
  });
  expect(wrong).toEqual([]);
});

test('only the real bench opens the real doors, and only the command line and the library open the real bench', () => {
  const importersOf = (target: RegExp, but: RegExp) =>
    files
      .filter(({ path, imports }) => !but.test(path) && imports.some((one) => !one.isType && target.test(one.target)))
      .map(({ path }) => path);
  expect(importersOf(/^src\/io\/node-(serial|usb)\.ts$/, /^src\/io\/node-/)).toEqual([]);
  expect(importersOf(/^src\/io\/node-bench\.ts$/, /^src\/(cli\/|index\.ts)/)).toEqual([]);
});

test('no file leads back to itself: what it imports can be read without it', () => {
  const importsOf = new Map(
    files.map(({ path, imports }) => [path, imports.filter(({ isDynamic }) => !isDynamic).map(({ target }) => target)]),
  );
  const isDone = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' -> '));
    if (isDone.has(path) || way.includes(path)) return;
    for (const target of importsOf.get(path) ?? []) walk(target, [...way, path]);
    isDone.add(path);
  };
  for (const path of importsOf.keys()) walk(path, []);
  expect(circles).toEqual([]);
});

test('no module is loaded in the midst of a job: outside of the edges every import is static', () => {
  const edges = /^src\/(cli\/|index\.ts|io\/node-)/;
  const dynamic = files.filter(({ path, imports }) => !edges.test(path) && imports.some(({ isDynamic }) => isDynamic));
  expect(dynamic.map(({ path }) => path)).toEqual([]);
});

/** Each third-party package has one door. */
const doors: Readonly<Record<string, RegExp>> = {
  serialport: /^src\/io\/node-serial/,
  usb: /^src\/io\/node-usb/,
  koffi: /^src\/io\/node-(ioctl|usb-usbfs)\.ts$/,
  xstate: /^(machines|src\/ops)\//,
  commander: /^src\/cli\//,
  'cli-progress': /^src\/cli\//,
  'cli-table3': /^src\/cli\//,
  picocolors: /^src\/cli\//,
  yaml: /^src\/(profiles|targets)\//,
  zod: /^src\/((profiles|targets)\/|trace\/trace-schema\.ts)/,
};

test('each third-party package comes in by its own door', () => {
  const wrong = files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => !target.includes('/') || target.startsWith('@'))
      .filter(({ target }) => !target.startsWith('node:') && !doors[target]?.test(path))
      .map(({ target }) => `${path} -> ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('machines hold no I/O: beside xstate they import only errors, and types', () => {
  const allowed = new Set(['xstate', 'src/errors.ts']);
  const wrong = files
    .filter(({ path }) => path.startsWith('machines/'))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target, isType }) => !isType && !target.startsWith('machines/') && !allowed.has(target))
        .map(({ target }) => `${path} -> ${target}`),
    );
  expect(wrong).toEqual([]);
});

test('nothing reaches for the process, the console or a clock of its own, except at the edges', () => {
  const edges = /^src\/(cli\/|io\/node-|io\/system-clock\.ts|sim\/sim-clock\.ts|sim\/usbip\/)/;
  const reaching = /(?<![.\w'])(process\.|console\.|Date\.now\(|performance\.|(?<!\.)setTimeout\(|setInterval\()/;
  const wrong = files
    .filter(({ path }) => !edges.test(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter(
          (line) => !/^\s*(\*|\/\/|\/\*)/.test(line) && reaching.test(line) && !/^\s*setTimeout\(callback/.test(line),
        )
        .map((line) => `${path}: ${line.trim()}`),
    );
  expect(wrong).toEqual([]);
});

test('what is built imports what is built: the compiler leaves dynamic imports alone beside `await using`', () => {
  const built = ['dist/src', 'dist/machines'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => join(folder, name)),
  );
  expect(built.length).toBeGreaterThan(50);
  expect(built.filter((path) => /import\(['"][^'"]+\.ts['"]\)/.test(readFileSync(join(root, path), 'utf8')))).toEqual(
    [],
  );
});
