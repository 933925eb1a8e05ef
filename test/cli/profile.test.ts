import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonLines, repository, runCli, untouchableBench } from '../helpers/cli-context.ts';

const builtIn = join(repository, 'hardware/profiles');
let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'bootctl-profiles-'));
  mkdirSync(join(cwd, 'bootctl/profiles'), { recursive: true });
  mkdirSync(join(cwd, 'mine'));
  const twoLine = readFileSync(join(builtIn, 'two-line.yaml'), 'utf8');
  writeFileSync(join(cwd, 'bootctl/profiles/bench-7.yaml'), twoLine.replace('id: two-line', 'id: bench-7'));
  writeFileSync(
    join(cwd, 'mine/broken.yaml'),
    twoLine
      .replace('id: two-line', 'id: broken')
      .replace('pulse: 10ms', 'puls: 10ms')
      .replace('[lines, manual]', '[line, manual]'),
  );
  cpSync(join(builtIn, 'rc-cap.yaml'), join(cwd, 'rc-cap.yaml'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const profile = (...argv: string[]) =>
  runCli(['profile', ...argv], { cwd, profileFolder: join(cwd, 'mine'), openBench: untouchableBench });

describe('profile list', () => {
  test('has the built-in profiles, those of the project, and those of the user', async () => {
    const { status, stdout } = await profile('list');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^rc-cap +built in +rc-cap, lines, manual +Reference circuit/m);
    expect(stdout).toMatch(/^bench-7 +project +lines, manual /m);
    expect(stdout).toMatch(/^broken +user +does not parse$/m);
  });

  test('as JSON ends with a result', async () => {
    const { stdout } = await profile('list', '--json');
    const lines = jsonLines(stdout);
    expect(lines.find(({ id }) => id === 'broken')).toMatchObject({ event: 'profile', ok: false, origin: 'user' });
    expect(lines.at(-1)).toMatchObject({ event: 'result', ok: true, exitCode: 0 });
  });
});

describe('profile show', () => {
  test('shows the truth table, the corners of the circuit and the ladder', async () => {
    const { status, stdout } = await profile('show', 'cross-coupled');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}released +released +1 +0 +runs its application: idle, a closed port$/m);
    expect(stdout).toMatch(/^ {2}asserted +released +0 +0 +in reset$/m);
    expect(stdout).toMatch(/^ {2}released +asserted +1 +1 +would start its ROM$/m);
    // The figures of the reference circuit: 53 ms nominal, 42 ms with C at -20 %, clear within 290 ms.
    expect(stdout).toMatch(/hold above VIH +42\.5 ms +53\.1 ms +63\.7 ms/);
    expect(stdout).toMatch(/clear to VIL \(0\.99 V\) +192\.2 ms +240\.3 ms +288\.3 ms/);
    expect(stdout).toMatch(/^ {2}3 +rc-cap +longer pulse +5\.2 ms +needs 37\.2 ms of 42\.5 ms$/m);
  });

  test('says where there is no capacitor', async () => {
    const { stdout } = await profile('show', 'bench-7');
    expect(stdout).toContain('BOOT0 is driven directly');
  });

  test('as JSON has the profile, the figures and the ladder', async () => {
    const { stdout } = await profile('show', './rc-cap.yaml', '--json');
    expect(jsonLines(stdout)[0]).toMatchObject({
      event: 'profile',
      profile: { id: 'rc-cap', boot0: { capacitor: 4.7e-6 } },
      figures: { corners: { nominal: { hold: expect.closeTo(53.1, 1) } } },
      ladder: expect.arrayContaining([expect.objectContaining({ method: 'lines', change: 'longer pulse' })]),
    });
  });

  test('refuses an unknown id', async () => {
    const { status, stderr } = await profile('show', 'rc-cop');
    expect([status, stderr]).toEqual([2, expect.stringContaining('[profile-unknown]')]);
  });
});

describe('profile check', () => {
  test('prints every problem of every file with line and column, and exits 2', async () => {
    const { status, stdout, stderr } = await profile('check', 'rc-cap.yaml', 'mine/broken.yaml');
    expect(status).toBe(2);
    expect(stdout).toBe('rc-cap.yaml: good\n');
    const problems = stderr.trimEnd().split('\n');
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/^mine\/broken\.yaml:\d+:3: .*puls/);
    expect(problems[1]).toMatch(/^mine\/broken\.yaml:\d+:11: methods\[0\]: found "line"/);
  });

  test('good files exit 0', async () => {
    expect(await profile('check', 'rc-cap.yaml')).toEqual({ status: 0, stdout: 'rc-cap.yaml: good\n', stderr: '' });
  });

  test('as JSON has a line a file', async () => {
    const { status, stdout, stderr } = await profile('check', 'mine/broken.yaml', 'rc-cap.yaml', '--json');
    expect([status, stderr]).toEqual([2, '']);
    const [broken, good, result] = jsonLines(stdout);
    expect(broken).toMatchObject({ event: 'profile.checked', path: 'mine/broken.yaml', ok: false });
    expect(broken?.problems).toHaveLength(2);
    expect(good).toMatchObject({ path: 'rc-cap.yaml', ok: true, problems: [] });
    expect(result).toMatchObject({ event: 'result', ok: false, exitCode: 2, error: { code: 'profile-invalid' } });
  });
});
