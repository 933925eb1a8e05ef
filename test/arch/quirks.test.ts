import { expect, test } from 'vitest';
import { quirkRows } from '../../src/chips/rom-quirks.ts';
import { sourceFiles } from '../helpers/source-files.ts';

const tests = sourceFiles('test/sim');
const naming = (id: string) => tests.filter(({ text }) => text.includes(`'${id}'`));

test.each(quirkRows)('$id is found by its ROM in a test', ({ id }) => {
  expect(naming(id)).not.toEqual([]);
});

/** Clones speak for no line of ST; the engine's own tests have them. */
const rows = quirkRows.filter(({ id }) => !/^clone-|^gd32|^at32/.test(id));

test.each(rows)('$id has an emulated ROM that misbehaves so, and a whole command that gets through it', ({ id }) => {
  const commands = naming(id).filter(({ text }) => text.includes('runCommand(') && text.includes('personality'));
  expect(commands.map(({ path }) => path)).not.toEqual([]);
});
