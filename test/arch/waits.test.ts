import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sourceFiles } from '../helpers/source-files.ts';

/** hardware/WAITS.md is the list of every wait: what for, how long, what ends it early. */
const list = readFileSync('hardware/WAITS.md', 'utf8');
const rows = list.split('\n').flatMap((line) => {
  const cells = line.split('|').map((cell) => cell.trim());
  const at = cells.findIndex((cell) => /^`[\w]+`$/.test(cell));
  return at < 0 ? [] : [{ name: cells[at]!.slice(1, -1), value: cells[at + 1]! }];
});

const sources = sourceFiles('src', 'machines').filter(({ path }) => !path.startsWith('src/sim/'));
const single = /^(?:export )?const (\w+): Milliseconds = ([\d_./\sxa-f]+);/gm;
const several = /^(?:export )?const (\w+)([^=\n]*) = \{[^}]*\}([^;\n]*);/gm;

const numberOf = (text: string): number =>
  text
    .split('/')
    .map((part) => Number(part.replaceAll('_', '')))
    .reduce((quotient, part) => quotient / part);

const constants = sources.flatMap(({ path, text }) =>
  [...text.matchAll(single)].map(([, name, value]) => ({ path, name: name!, value: numberOf(value!) })),
);
const tables = sources.flatMap(({ text }) =>
  [...text.matchAll(several)].flatMap(([, name, before, behind]) =>
    `${before}${behind}`.includes('Milliseconds') ? [name!] : [],
  ),
);

test('each constant of time is in the list with its value', () => {
  expect(constants.length).toBeGreaterThan(40);
  const missing = constants.filter(
    ({ name, value }) => !rows.some((row) => row.name === name && Number(row.value) === value),
  );
  expect(missing).toEqual([]);
});

test('each table of times is in the list', () => {
  expect(tables).toContain('busyLimit');
  expect(tables).toContain('usartTimeouts');
  expect(tables.filter((table) => !rows.some(({ name }) => name === table))).toEqual([]);
});

test('each row of the list is in the source, with its value', () => {
  const words = new Set(sources.flatMap(({ text }) => text.match(/\w+/g) ?? []));
  const stale = rows.filter(({ name, value }) => {
    const own = constants.filter((constant) => constant.name === name);
    return own.length > 0 ? !own.some((constant) => constant.value === Number(value)) : !words.has(name);
  });
  expect(stale).toEqual([]);
});
