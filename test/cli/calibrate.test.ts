import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { jsonLines, runCli, untouchableBench } from '../helpers/cli-context.ts';

let folder: string;
let path: string;
let text: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootctl-calibrate-'));
  path = join(folder, 'rc-cap.yaml');
  text = readFileSync('hardware/profiles/rc-cap.yaml', 'utf8');
  writeFileSync(path, text);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A bench that the command takes for this computer: so it writes into the file. */
const onBoard = (capacitance = 1, scenario = scenarioNamed('crashed')) => ({
  openBench: async () => {
    const profile = findProfile('rc-cap', { cwd: '.' });
    const boot0 = { ...profile.boot0!, capacitor: profile.boot0!.capacitor * capacitance };
    return createSimBench({ profile: { ...profile, boot0 }, scenario: { ...scenario, flash: 'healthy' } });
  },
});

test('the values go into the file, and the picture beside it; nothing else changes', async () => {
  const svg = join(folder, 's.svg');
  const { status, stdout } = await runCli(['calibrate', '-p', path, '--svg', svg], onBoard());
  expect(status).toBe(0);
  expect(stdout).toContain(`Written into ${path}.`);
  expect(stdout).toMatch(/hold +\d+\.\d\d ms +\d+\.\d\d ms/);
  const written = readFileSync(path, 'utf8');
  expect(written.startsWith(text)).toBe(true);
  expect(findProfile(path, { cwd: '.' }).measured?.hold?.low).toBeGreaterThan(150);
  expect(readFileSync(svg, 'utf8')).toMatch(/^<svg .*[\s\S]*with 99 %/);
  expect(readdirSync(folder).toSorted()).toEqual(['rc-cap.yaml', 's.svg']);
  const shown = await runCli(['profile', 'show', path]);
  expect(shown.stdout).toMatch(/Measured on \d{4}-\d\d-\d\d/);
});

test('a capacitor that has lost most of its capacitance is a warning, here and in the check', async () => {
  const { status, stdout } = await runCli(['calibrate', '-p', path], onBoard(0.15));
  expect(status).toBe(0);
  const warning = /the capacitor has \d+ % of 4.7 µF at most/;
  expect(stdout).toMatch(warning);
  expect((await runCli(['profile', 'check', path])).stdout).toMatch(warning);
});

test('JSON has each interval, the progress and the result', async () => {
  const { status, stdout } = await runCli(['calibrate', '-p', path, '--json', '--resets', '40'], onBoard());
  const lines = jsonLines(stdout);
  expect(status).toBe(0);
  const measured = lines.filter(({ event }) => event === 'calibration.measured').map(({ quantity }) => quantity);
  expect(measured).toEqual(['hold', 'charge', 'adapterLatency', 'enumeration']);
  expect(lines.find(({ event }) => event === 'calibration.progress')).toMatchObject({ done: 1, total: 40 });
  expect(lines.at(-1)).toMatchObject({ event: 'result', ok: true, target: 'application', flash: 'untouched' });
});

test('a dry run opens nothing and says what it would do', async () => {
  const { status, stdout } = await runCli(['calibrate', '-p', path, '-n'], { openBench: untouchableBench });
  expect(status).toBe(0);
  expect(stdout).toMatch(/48 resets at most.*Nothing is erased or written\./);
  expect(stdout).toContain(`written into ${path}`);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('a failure leaves the file as it was', async () => {
  const { status, stderr } = await runCli(
    ['calibrate', '-p', path],
    onBoard(1, { ...scenarioNamed('crashed'), board: { boot0Stuck: 0 } }),
  );
  expect(status).toBe(4);
  expect(stderr).toContain('did not lead into the ROM');
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(readdirSync(folder)).toEqual(['rc-cap.yaml']);
});

test('a folder that is not there is refused before anything moves', async () => {
  const svg = join(folder, 'none/s.svg');
  const argv = ['calibrate', '-p', path, '--svg', svg, '--json'];
  const { status, stdout } = await runCli(argv, { openBench: untouchableBench });
  expect(status).toBe(2);
  const message = expect.stringMatching(/Cannot write .*none\/s\.svg: ENOENT/);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ error: { code: 'measurement-unwritable', message } });
});

test('what cannot be written in the end is shown, and the profile has it', async () => {
  const { status, stdout, stderr } = await runCli(['calibrate', '-p', path, '--svg', folder], onBoard());
  expect(status).toBe(2);
  expect(stderr).toMatch(/Cannot write .*EISDIR.*\[measurement-unwritable\]/);
  expect(stdout).toMatch(/Put this into the profile:\nmeasured:.*\n {2}at: .*\n {2}hold: \{ low: /);
  expect(findProfile(path, { cwd: '.' }).measured?.hold?.low).toBeGreaterThan(150);
});

test('a built-in profile is not written: the values are shown, with what to do', async () => {
  const { status, stdout } = await runCli(['calibrate', '-p', 'rc-cap'], onBoard());
  expect(status).toBe(0);
  expect(stdout).toMatch(/put this into it:\nmeasured: # by `bootctl calibrate`\n {2}at: /);
});

test('what a simulated board has shown is written nowhere, and nobody is told to', async () => {
  const { status, stdout } = await runCli(['calibrate', '-p', path, '--simulate']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/the board was a simulated one.*:\nmeasured: # by/);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('too few resets are refused', async () => {
  expect((await runCli(['calibrate', '-p', path, '--resets', '2'])).status).toBe(2);
});
