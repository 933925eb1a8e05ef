import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { root, sourceFiles } from '../helpers/source-files.ts';

const files = sourceFiles('src', 'machines');

/**
 * The floors of the house, the ground first. A file imports from its own floor and from those below, never from one
 * above: types and dynamic imports included.
 */
const floors = [
  'src/base/', // errors, units, words
  'src/bench/', // what a bench is: clock, serial port, USB bus
  'src/protocol/', // bytes of USB, DFU, DfuSe, AN3155
  'src/image/', // firmware files
  'src/chips/', // facts of STM32 chips
  'src/board/', // one board: profile, circuit, ladder
  'src/firmware/', // the other side of a soft jump: what the firmware of a board is given
  'machines/', // decisions
  'src/charts/', // their pictures
  'src/ops/job/', // what all operations share
  'src/ops/', // operations
  'src/trace/', // recordings
  'src/host/', // this computer behind the bench
  'src/store/', // files that bootctl keeps for itself
  'src/sim/', // the simulated bench
  'src/records/', // what a station keeps of its runs
  'src/jig/', // one jig: its file, its slots, its station
  'src/fleet/', // several jigs, and boards in racks, at one database
  'src/panel/', // the page of a station
  'src/cli/', // argv and text
  'src/library/', // what a caller of the library names
  'src/index.ts', // the library
];

/** Walls on the way down: `room` has no import from `not`, but for `but`. */
const walls: readonly { room: string; not: readonly string[]; but: RegExp; types?: true }[] = [
  { room: 'src/protocol/', not: ['src/bench/'], but: /^src\/bench\/clock\.ts$/ },
  { room: 'src/image/', not: ['src/bench/', 'src/protocol/'], but: /^$/ },
  // A trace is read without what made it; the one who records a job knows what each result has.
  {
    room: 'src/trace/',
    not: ['src/ops/', 'machines/', 'src/board/'],
    but: /^src\/(board\/circuit\/wiring|ops\/result)\.ts$/,
  },
  {
    room: 'src/host/',
    not: ['src/protocol/', 'src/image/', 'src/chips/', 'src/board/', 'machines/', 'src/ops/', 'src/trace/'],
    but: /^$/,
  },
  // The simulator shares numbers with what it tests, never codecs.
  {
    room: 'src/sim/',
    not: [
      'src/protocol/',
      'src/image/',
      'src/chips/',
      'src/board/',
      'machines/',
      'src/ops/',
      'src/trace/',
      'src/host/',
    ],
    but: /^src\/(board\/circuit\/wiring|protocol\/(dfu|an3155)\/constants|chips\/flash-aliases)\.ts$/,
  },
];

const floorOf = (path: string): number => {
  const fitting = floors.filter((floor) => path.startsWith(floor));
  return floors.indexOf(fitting.toSorted((a, b) => b.length - a.length)[0] ?? '');
};

const isOurs = (target: string): boolean => target.startsWith('src/') || target.startsWith('machines/');

test('every file lies on a floor', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.map(({ path }) => path).filter((path) => floorOf(path) < 0)).toEqual([]);
});

test('every import runs downwards, types and dynamic imports included', () => {
  const up = files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => isOurs(target) && floorOf(target) > floorOf(path))
      .map(({ target }) => `${path} -> ${target}`),
  );
  expect(up).toEqual([]);
});

test('no import goes through a wall', () => {
  const through = walls.flatMap(({ room, not, but }) =>
    files
      .filter(({ path }) => path.startsWith(room))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target, isType }) => !isType && not.some((other) => target.startsWith(other)) && !but.test(target))
          .map(({ target }) => `${path} -> ${target}`),
      ),
  );
  expect(through).toEqual([]);
});

test('only the real bench opens the real doors, and only the command line and the library open the real bench', () => {
  const importersOf = (target: RegExp, but: RegExp) =>
    files
      .filter(({ path, imports }) => !but.test(path) && imports.some((one) => !one.isType && target.test(one.target)))
      .map(({ path }) => path);
  expect(importersOf(/^src\/host\/(serial\/node-serial|usb\/node-usb)\.ts$/, /^src\/host\//)).toEqual([]);
  expect(importersOf(/^src\/host\/node-bench\.ts$/, /^src\/(cli|library)\//)).toEqual([]);
});

test('no file leads back to itself: what it imports, now or later, can be read without it', () => {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
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
  const edges = /^src\/(cli\/|library\/|index\.ts|host\/)/;
  const dynamic = files.filter(({ path, imports }) => !edges.test(path) && imports.some(({ isDynamic }) => isDynamic));
  expect(dynamic.map(({ path }) => path)).toEqual([]);
});

/** Commands that are no verb of a job: they look at files or compute, or run another command on a simulated bench. */
const otherCommands = ['profile', 'rc', 'firmware', 'image', 'jig', 'fleet', 'simulate', 'trace', 'ui'];

/** Files of src/ops, beside its folders, that are no verb: what verbs share, and what is known of an image. */
const sharedByVerbs = [
  ...['run-job', 'result', 'unprotected', 'reset-into-application'],
  ...['image-facts', 'likely-chips'],
];

/** What `--dry-run` shows is a verb of the library, and an option of the commands. */
const withoutCommand = ['plan'];

test('one name a verb: each has one file in src/cli/commands and one in src/ops', () => {
  const namesIn = (folder: string) =>
    files.flatMap(({ path }) => (posix.dirname(path) === folder ? [posix.basename(path, '.ts')] : []));
  const commands = namesIn('src/cli/commands');
  const operations = namesIn('src/ops');
  expect(commands).toEqual(expect.arrayContaining(otherCommands));
  expect(operations).toEqual(expect.arrayContaining(sharedByVerbs));
  const verbs = operations.filter((name) => !sharedByVerbs.includes(name));
  expect(verbs.toSorted()).toEqual(
    [...commands.filter((name) => !otherCommands.includes(name)), ...withoutCommand].toSorted(),
  );
});

/** Each third-party package has one door. */
const doors: Readonly<Record<string, RegExp>> = {
  serialport: /^src\/host\/serial\//,
  usb: /^src\/host\/usb\//,
  libsql: /^src\/records\/sqlite\.ts$/,
  koffi: /^src\/host\/(system\/ioctl|usb\/usbfs)\.ts$/,
  xstate: /^(machines|src\/ops|src\/jig\/station|src\/fleet\/(link|rack))\//,
  commander: /^src\/cli\//,
  'cli-progress': /^src\/cli\//,
  'cli-table3': /^src\/cli\//,
  picocolors: /^src\/cli\//,
  'fastest-levenshtein': /^src\/base\/near-names\.ts$/,
  'pure-rand': /^src\/(board\/analysis\/many-boards|jig\/station\/simulated-jig)\.ts$/,
  'csv-parse': /^src\/jig\/unit-data\/unit-rows\.ts$/,
  'adm-zip': /^src\/image\/formats\/zip\.ts$/,
  yaml: /^src\/(base\/yaml-file|board|chips)\//,
  '@clack/prompts': /^src\/cli\/ask\/terminal-prompter\.ts$/,
  ini: /^src\/board\/import\//,
  'shell-quote': /^src\/board\/import\/input\/words\.ts$/,
  zod: /^src\/((base\/yaml-file|board|chips|jig\/plan|fleet\/(rack|lot))\/|(trace\/trace-schema|panel\/(requests|desk)|jig\/slot\/slot-messages|fleet\/live\/beat-view)\.ts)/,
  pg: /^src\/fleet\/database\.ts$/,
  'graphile-worker': /^src\/fleet\/rack\/queue\.ts$/,
  lit: /^src\/panel\/page\//,
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
  // The statistics of a calibration and the circuits of the learning are functions of their arguments, and decide the next step.
  const allowed = new Set([
    ...['xstate', 'src/base/errors.ts', 'src/board/calibration/threshold.ts'],
    ...['experiment', 'hypotheses', 'predict'].map((name) => `src/board/learning/${name}.ts`),
  ]);
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
  // records/sqlite.ts asks this Node whether it has SQLite; the page runs in a browser, which is an edge as well.
  const edges = /^src\/(cli\/|host\/|store\/|panel\/page\/|sim\/sim-clock\.ts|sim\/usbip\/|records\/sqlite\.ts)/;
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

test('nothing writes to the terminal past the safe outputs of a command, but what has texts of its own only', () => {
  const past = /\bconsole\.|\bprocess\.std(?:out|err)\b|\.terminal\b|'node:process'/;
  const writers = files.filter(({ text }) => past.test(text)).map(({ path }) => path);
  expect(writers.sort()).toEqual(['src/cli/interrupt.ts', 'src/cli/output/phase-progress.ts']);
});
