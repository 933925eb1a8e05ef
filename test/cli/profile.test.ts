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
    expect(stdout).toMatch(/reads 1 above 2\.54 V \(safe default: no data sheet is known\)/);
    expect(stdout).toMatch(/and 0 below 0\.40 V \(safe default/);
    // By hand: 220.9 ms * ln(2.94 V / 2.54 V), and of all parts as in corners.test.ts.
    expect(stdout).toMatch(/hold above VIH +25\.6 ms +32\.0 ms +38\.4 ms +23\.0 ms/);
    expect(stdout).toMatch(/clear to VIL +354\.1 ms +442\.7 ms +531\.2 ms +618\.8 ms/);
    expect(stdout).toMatch(/^ {2}1 +rc-cap +nominal +5\.1 ms +needs 17\.9 ms of 23\.0 ms$/m);
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
      figures: { corners: { nominal: { hold: expect.closeTo(186.8, 1) } } },
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

  test('warns of a BOOT0 pin that is SWCLK, and of a threshold that no data sheet promises; the file is good all the same', async () => {
    const text = readFileSync(join(builtIn, 'rc-cap.yaml'), 'utf8');
    const shared = text.replace('F405_407', 'G0B1_0C1').replace('  supply: 3.3V', '  vil: 0.99V\n  supply: 3.3V');
    writeFileSync(join(cwd, 'mine/rc-cap.yaml'), shared);
    const { status, stdout } = await profile('check', 'mine/rc-cap.yaml');
    rmSync(join(cwd, 'mine/rc-cap.yaml'));
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^mine\/rc-cap\.yaml: good\n {2}warning: boot0\.vil is 0\.99 V, .*\n {2}warning: BOOT0 of STM32G0B1\/G0C1 is PA14/,
    );
  });

  test('as JSON has a line a file', async () => {
    const { status, stdout, stderr } = await profile('check', 'mine/broken.yaml', 'rc-cap.yaml', '--json');
    expect([status, stderr]).toEqual([2, '']);
    const [broken, good, result] = jsonLines(stdout);
    expect(broken).toMatchObject({ event: 'profile.checked', path: 'mine/broken.yaml', ok: false });
    expect(broken?.problems).toHaveLength(2);
    expect(good).toMatchObject({ path: 'rc-cap.yaml', ok: true, problems: [], warnings: [] });
    expect(result).toMatchObject({ event: 'result', ok: false, exitCode: 2, error: { code: 'profile-invalid' } });
  });
});
