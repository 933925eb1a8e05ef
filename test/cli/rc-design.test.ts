import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { firmware, jsonLines, repository, runCli, untouchableBench } from '../helpers/cli-context.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'bootctl-design-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const design = (...argv: readonly string[]) =>
  runCli(['rc', 'design', '--series', 'E6', ...argv], { openBench: untouchableBench, cwd });
const others = (...argv: readonly string[]) => runCli(argv, { cwd });

test('the table has proposals with every part and figure, and says what the rest of the circuit is', async () => {
  const { status, stdout, stderr } = await design('--family', 'F405_407');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(
    /^STM32F405\/407\/415\/417 at 3\.3 V; 50 % of margin at worst; resistors of E6\nadapter FTDI FT232R/,
  );
  expect(stdout).toMatch(
    / 1 +[\d.]+ µF X7R-1206 +[\d.]+ kΩ +[\d.]+ kΩ +[\d.]+ ms +[\d.]+ ms, \d+ % +100 % +[\d.]+ mA +[\d.]+ s/,
  );
  expect(stdout).toContain('an entry then needs 23.3 ms');
  expect(stdout).toMatch(/ 6 +/);
  expect(stdout).toContain('base of a BC857');
  expect(readdirSync(cwd)).toEqual([]);
});

for (const family of ['F405_407', 'L07x_08x_usb', 'F072']) {
  test(`${family}: the profile is good, the analysis agrees, and a simulated board gets in by its capacitor`, async () => {
    const { stdout, status } = await design('--family', family, '--write', 'mine.yaml', '--choose', '2');
    expect(status).toBe(0);
    expect(stdout).toContain('Of proposal 2: mine.yaml');
    expect((await others('profile', 'check', 'mine.yaml')).stdout).toContain('mine.yaml: good');
    const [first] = (await others('rc', 'analyse', '-p', './mine.yaml', '--boards', '500')).stdout.split('\n');
    expect(first).toMatch(/^mine, rc-cap: works, also with every part at its worst.* 500 of 500 boards get in/);
    const { status: entered, stdout: result } = await others(
      'enter',
      '-p',
      './mine.yaml',
      '--simulate',
      'crashed',
      '--json',
    );
    expect(entered).toBe(0);
    expect(jsonLines(result).at(-1)).toMatchObject({ ok: true, method: 'rc-cap', target: 'bootloader' });
  });
}

for (const scenario of ['crashed', 'parts-fast', 'parts-slow']) {
  test(`recover flashes the simulated board of a written profile: ${scenario}`, async () => {
    await design('--family', 'F405_407', '--write', 'mine.yaml');
    const image = join(repository, firmware);
    const { status, stdout } = await others('recover', image, '-p', './mine.yaml', '--simulate', scenario, '--json');
    expect(status).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ ok: true, method: 'rc-cap', verified: true });
  });
}

test('the files: wiring, waveforms and margin in a folder that is made, the netlist, and a profile that is replaced with --force only', async () => {
  const argv = ['--family', 'F405_407', '--write', 'mine.yaml', '--svg', 'a/drawings', '--spice', 'mine.cir'] as const;
  const { status, stdout } = await design(...argv);
  expect(status).toBe(0);
  expect(readdirSync(join(cwd, 'a/drawings')).toSorted()).toEqual([
    'mine-lines.svg',
    'mine-margin.svg',
    'mine-rc-cap.svg',
    'mine.svg',
  ]);
  for (const name of ['mine.yaml', 'mine.cir', 'a/drawings/mine.svg']) expect(stdout).toContain(name);
  expect(readFileSync(join(cwd, 'mine.cir'), 'utf8')).toMatch(/^mine: BOOT0 and NRST[\s\S]*\.meas tran hold_worst/);
  const profile = readFileSync(join(cwd, 'mine.yaml'), 'utf8');
  expect(profile).toMatch(
    /^# bootctl rc design --family F405_407 --supply 3\.3V --adapter ft232r --margin 50% --series E6/,
  );
  writeFileSync(join(cwd, 'mine.yaml'), 'somebody worked here');
  const again = await design(...argv);
  expect(again).toMatchObject({ status: 2, stdout: '' });
  expect(again.stderr).toContain('mine.yaml is there already [profile-exists]');
  expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toBe('somebody worked here');
  expect((await design(...argv, '--force')).status).toBe(0);
  expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toBe(profile);
});

test('what the board has from BOOT0 to ground is in the choice, and in the profile that is written', async () => {
  const { status } = await design('--family', 'F405_407', '--pull-down', '10k', '--write', 'mine.yaml');
  expect(status).toBe(0);
  const profile = readFileSync(join(cwd, 'mine.yaml'), 'utf8');
  expect(profile).toContain('--pull-down 10k');
  expect(profile).toContain('boardPullDown: 10k');
  expect((await others('profile', 'check', 'mine.yaml')).stdout).toContain('mine.yaml: good');
  const entered = await others('enter', '-p', './mine.yaml', '--simulate', 'parts-fast', '--json');
  expect(jsonLines(entered.stdout).at(-1)).toMatchObject({ ok: true, method: 'rc-cap' });
});

test('JSON has the proposals in SI units, the choice, and the text of the profile', async () => {
  const { stdout } = await design('--family', 'F405_407', '--adapter', '2ms', '--json');
  const lines = jsonLines(stdout);
  expect(lines.map(({ event }) => event)).toEqual([...Array<string>(6).fill('rc.proposal'), 'rc.design', 'result']);
  expect(lines[0]).toMatchObject({
    place: 1,
    parts: { transistor: 'BC857', diode: 'BAT54' },
    boards: { drawn: 10_000, entered: 10_000 },
  });
  expect(lines[6]).toMatchObject({ chosen: 1, written: [], profile: expect.stringContaining('--adapter 2ms') });
});

test('a line without DFU gets the USART in its profile, and a BOOT0 that is an I/O its warning', async () => {
  const { stdout } = await design('--family', 'G03x_04x', '--write', 'mine.yaml');
  expect(stdout).toMatch(/warning: BOOT0 of .* is PA14/);
  expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toMatch(
    /usb: \{ connected: false \}.*\nusart: \{ connected: true \}/,
  );
  expect((await others('profile', 'check', 'mine.yaml')).status).toBe(0);
});

test('refused with the part that bounds it, and what cannot be read', async () => {
  const impossible = await design('--family', 'F405_407', '--margin', '90000%');
  expect(impossible).toMatchObject({ status: 2, stdout: '' });
  expect(impossible.stderr).toMatch(/The bleed resistor bounds it.*\[design-impossible\]\n {2}Wish for a smaller/);
  const says = async (...argv: readonly string[]) => (await design(...argv)).stderr;
  expect(await says('--family', 'F406')).toContain('There is no line F406');
  expect(await says()).toContain("required option '--family <name>'");
  expect(await says('--family', 'F405_407', '--supply', '3.3')).toContain('such as 3.3V');
  expect(await says('--family', 'F405_407', '--margin', 'much')).toContain('such as 20%');
  expect(await says('--family', 'F405_407', '--adapter', 'mine')).toContain('One of ft232r');
  expect(await says('--family', 'F405_407', '--choose', '9')).toContain('There is no proposal 9');
  expect(await says('--family', 'F405_407', '--write', 'not a name.yaml')).toContain('is no name of a profile');
  expect(await says('--family', 'F405_407', '--write', 'mine')).toContain('mine does not end in .yaml');
  expect(readdirSync(cwd)).toEqual([]);
});
