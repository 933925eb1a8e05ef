import { expect, test } from 'vitest';
import { BootctlError, errorCodes, exitStatus } from '../../src/base/errors.ts';
import { sourceFiles } from '../helpers/source-files.ts';

const sources = sourceFiles('src', 'machines').filter(({ path }) => !path.startsWith('src/base/error-catalog/'));
const tests = sourceFiles('test').filter(({ path }) => !path.endsWith('arch/errors.test.ts'));

test.each(errorCodes)('%s is raised somewhere, has a test that names it, a hint, and an exit status', (code) => {
  const quoted = `'${code}'`;
  expect(sources.filter(({ text }) => text.includes(quoted)).map(({ path }) => path)).not.toEqual([]);
  expect(tests.filter(({ text }) => text.includes(quoted)).map(({ path }) => path)).not.toEqual([]);
  const error = new BootctlError(code, 'made up');
  expect(error.hint).toMatch(/[.;:]|`/);
  expect(error.hint.length).toBeGreaterThan(20);
  expect(Object.values(exitStatus)).toContain(error.exitStatus);
  expect(error.exitStatus).not.toBe(exitStatus.ok);
});

test('what may follow a failure stands in the catalogue: nothing else lists codes', () => {
  const codes = errorCodes.map((code) => `'${code}'`).join('|');
  const list = new RegExp(
    `\\[\\s*(?:${codes}),\\s*(?:${codes})|isBootctlError\\(\\w+, (?:${codes})\\)(?:\\s*(?:\\|\\||&&)\\s*!?isBootctlError){2}`,
  );
  expect(list.test("new Set(['target-lost', 'usb-timeout'])")).toBe(true);
  expect(sources.filter(({ text }) => list.test(text)).map(({ path }) => path)).toEqual([]);
});

test('exit statuses are those of the contract', () => {
  expect(exitStatus).toEqual({
    ok: 0,
    internal: 1,
    usage: 2,
    adapter: 3,
    entry: 4,
    protocol: 5,
    protection: 6,
    verify: 7,
    application: 8,
    aborted: 130,
  });
});

test('a hint that is given replaces the general one; details and cause are kept', () => {
  const cause = new Error('EIO');
  const error = new BootctlError('adapter-lost', 'gone', {
    hint: 'Plug PROBE01 in.',
    details: { port: '/dev/ttyUSB0' },
    cause,
  });
  expect([error.hint, error.details, error.cause]).toEqual(['Plug PROBE01 in.', { port: '/dev/ttyUSB0' }, cause]);
});
