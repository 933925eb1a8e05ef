import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { jsonLines, runCli, untouchableBench } from '../helpers/cli-context.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootctl-learn-'));
  path = join(folder, 'mine.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a simulated board is learned, its profile passes the check, and a job by it gets in', async () => {
  const { status, stdout, stderr } = await runCli(['learn', '--simulate', 'rc-cap:healthy', '--output', path]);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^bootctl would move RTS and DTR.*\n[\s\S]*sequences at most/);
  expect(stdout).toContain(`Written: ${path}`);
  expect(readdirSync(folder)).toEqual(['mine.yaml']);
  const checked = await runCli(['profile', 'check', path]);
  expect(checked.stderr).toBe('');
  expect(checked.status).toBe(0);
  expect((await runCli(['recover', '--profile', path, '--simulate', 'healthy'])).status).toBe(0);
});

test('a scenario alone is one of the reference circuit', async () => {
  const { status, stderr } = await runCli(['learn', '--simulate', 'nrst-open'], { cwd: folder });
  expect(status).toBe(4);
  expect(stderr).toContain('wiring-unknown');
});

test('without a file a simulated board is only shown', async () => {
  const { status, stdout } = await runCli(['learn', '--simulate', 'two-line'], { cwd: folder });
  expect(status).toBe(0);
  expect(stdout).toMatch(/Nothing was written\. This would be the profile:\n\n# Learned by `bootctl learn` on /);
  expect(stdout).toContain('  nrst: { line: rts, asserted: 0 }\n');
  expect(readdirSync(folder)).toEqual([]);
});

test('JSON has the plan, each sequence, the profile with what remains unknown, and the result', async () => {
  const { status, stdout } = await runCli(['learn', '--simulate', 'one-key', '--json', '--output', path]);
  const lines = jsonLines(stdout);
  expect(status).toBe(0);
  expect(lines[0]).toMatchObject({ event: 'learning.planned' });
  expect(lines.find(({ event }) => event === 'learning.tried')).toMatchObject({ done: 1, rom: null });
  expect(lines.find(({ event }) => event === 'learning.profile')).toMatchObject({
    file: path,
    text: readFileSync(path, 'utf8'),
    board: { family: { value: 'F405_407' }, unknown: expect.any(Array) },
  });
  expect(lines.at(-1)).toMatchObject({ event: 'result', ok: true, target: 'application', flash: 'untouched' });
});

test('a board that shows nothing ends with 4, and the file says what is not known', async () => {
  const { status, stderr } = await runCli(['learn', '--simulate', 'micropython', '--output', path]);
  expect(status).toBe(4);
  expect(stderr).toContain('[wiring-unknown]');
  expect(readFileSync(path, 'utf8')).toContain('# Unknown:\n# - No state of RTS and DTR has shown anything');
  expect((await runCli(['profile', 'check', path])).status).toBe(0);
});

test('nobody is asked by a pipe: without --yes nothing moves', async () => {
  const { status, stderr } = await runCli(['learn', '--output', path], { openBench: untouchableBench });
  expect(status).toBe(2);
  expect(stderr).toContain('nobody can be asked');
});

test('a person who does not agree is obeyed', async () => {
  const { status, stderr } = await runCli(['learn', '--output', path], {
    openBench: untouchableBench,
    ask: async () => 'no',
  });
  expect(status).toBe(2);
  expect(stderr).toContain('nothing has moved');
  expect(existsSync(path)).toBe(false);
});

test('a file that is there is not replaced without --force', async () => {
  writeFileSync(path, 'mine');
  const argv = ['learn', '--yes', '--output', path];
  const refused = await runCli(argv, { openBench: untouchableBench });
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('[profile-exists]');
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect((await runCli(['learn', '--simulate', 'two-line', '--output', path, '--force'])).status).toBe(0);
  expect(readFileSync(path, 'utf8')).toContain('id: mine\n');
});

test('a folder that is not there, a name that no profile can have, and a line that does not exist are refused first', async () => {
  const refuse = async (...argv: string[]) =>
    (await runCli(['learn', '--yes', ...argv], { openBench: untouchableBench })).stderr;
  expect(await refuse('--output', join(folder, 'none/x.yaml'))).toContain('[output-unwritable]');
  expect(await refuse('--output', join(folder, 'my board.yaml'))).toContain('is no name of a profile');
  expect(await refuse('--family', 'F4711')).toContain('There is no line F4711');
});

test('interrupted on the way: status 130, the lines are idle, and there is no file, not even a part of one', async () => {
  for (const after of [1, 5, 40]) {
    const controller = new AbortController();
    const bench = createSimBench({ profile: findProfile('rc-cap', { cwd: '.' }), scenario: 'healthy' });
    let moves = 0;
    bench.truth.onEvent(({ what }) => {
      if (what === 'lines' && ++moves === after) controller.abort(new BootctlError('aborted', 'Interrupted by SIGINT'));
    });
    const argv = ['learn', '--yes', '--output', path, '--json'];
    const { status, stdout } = await runCli(argv, { openBench: async () => bench, signal: controller.signal });
    expect(status).toBe(130);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ event: 'result', error: { code: 'aborted' } });
    expect(bench.truth.of('lines').at(-1)).toMatchObject({ rts: 'released', dtr: 'released' });
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('a person at the terminal agrees, and says which line it is', async () => {
  const asked: string[] = [];
  const { status } = await runCli(['learn', '--output', path], {
    openBench: async () => createSimBench({ profile: findProfile('rc-cap', { cwd: '.' }) }),
    ask: async (question) => {
      asked.push(question);
      return question.startsWith('Move') ? 'yes' : 'f405_407';
    },
  });
  expect(status).toBe(0);
  expect(asked).toHaveLength(2);
  expect(readFileSync(path, 'utf8')).toContain('\ntarget: { family: F405_407 }\n');
});
