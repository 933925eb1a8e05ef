import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonLines, runCli, untouchableBench } from '../helpers/cli-context.ts';
import { boardFile, f405, profileFile, rcBoot0 } from '../helpers/profile-file.ts';

const untouchable = { openBench: untouchableBench };
const run = (...argv: readonly string[]) => runCli(['rc', ...argv], untouchable);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootctl-rc-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const copied = profileFile('copied', f405, rcBoot0('100nF', ', tolerance: 20%'), 'methods: [rc-cap]');

test('who copies 100 nF reads in the first line why it does not work, and what would', async () => {
  const { status, stdout, stderr } = await run('analyse', '-p', copied);
  expect([status, stderr]).toEqual([0, '']);
  const [first] = stdout.split('\n');
  expect(first).toBe(
    'copied, rc-cap: does not work. 100 nF hold BOOT0 for 4.0 ms, but the reset needs 14.8 ms (1.1 ms and 23.3 ms at worst). Use a capacitor of 2.2 µF or more.',
  );
  expect(stdout).toContain('bootctl makes no such plan');
  // Other commands still refuse it.
  expect((await runCli(['profile', 'check', copied])).status).toBe(2);
});

test('a circuit that works: verdict of each method, corners, what counts, boards, and what is assumed', async () => {
  const { status, stdout } = await run('analyse', '-p', 'rc-cap', '--boards', '2000', '--sources');
  expect(status).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/^rc-cap, rc-cap: works.* 2,000 of 2,000 boards get in\.$/);
  expect(lines[1]).toMatch(/^rc-cap, lines: works/);
  expect(stdout).toMatch(/worst margin +0\.9 ms +52\.7 ms +119\.7 ms +8\.3 ms +23\.3 ms +29\.4 ms/);
  expect(stdout).toMatch(/capacitor DC bias +50 to 97 % +78\.6 ms/);
  expect(stdout).toMatch(/100 % get in; with 95 % it is between 99\.81 % and 100 % of all/);
  expect(stdout).toMatch(/█{50} \d+/);
  expect(stdout).toContain('X7R is assumed');
  expect(stdout).toMatch(/capacitor temperature: 85 to 115 %\. Holy Stone/);
});

test('a dielectric of the profile or of the command line, and a target that is not named', async () => {
  const named = profileFile('named', f405, rcBoot0('4.7uF', ', dielectric: X5R'), 'methods: [rc-cap]');
  const [first] = (await run('analyse', '-p', named)).stdout.split('\n');
  const given = (await run('analyse', '-p', 'rc-cap', '--dielectric', 'X5R')).stdout.split('\n');
  expect(given[0]!.replace('rc-cap, ', 'named, ')).toBe(first);
  expect(given.join('\n')).not.toContain('is assumed');
  const nobody = await run('analyse', '-p', 'cross-coupled');
  expect(nobody.stdout).toContain('The target is not named, so its VIH is a safe one');
});

test('a pin that charges without a diode is named in the first line', async () => {
  const wiring =
    'wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: gpio, chip: gpiochip0, offset: 20, asserted: 1 } }';
  const circuit = 'boot0: { chargeResistor: 1k, capacitor: 4.7uF, bleedResistor: 47k }';
  const direct = boardFile('direct-pin', f405, wiring, circuit, 'methods: [rc-cap]');
  const [first] = (await run('analyse', '-p', direct)).stdout.split('\n');
  expect(first).toContain('But only with a diode before the charge resistor');
  expect((await run('analyse', '-p', 'rc-cap')).stdout).not.toContain('But only with a diode');
});

test('the same seed prints the same, another one does not', async () => {
  const boards = ['--boards', '300', '--json'] as const;
  const of = async (seed: string) =>
    jsonLines((await run('analyse', '-p', copied, '--seed', seed, ...boards)).stdout)[0]!.many;
  expect(await of('5')).toEqual(await of('5'));
  expect(await of('5')).not.toEqual(await of('6'));
});

test('JSON has every figure, and the source of each range', async () => {
  const { stdout } = await run('analyse', '-p', 'rc-cap', '--boards', '100', '--json');
  const lines = jsonLines(stdout);
  expect(lines.map(({ event, method }) => [event, method])).toEqual([
    ['rc.analysis', 'rc-cap'],
    ['rc.analysis', 'lines'],
    ['result', null],
  ]);
  expect(lines[0]).toMatchObject({
    profile: 'rc-cap',
    reach: 'every board',
    plan: { charge: 50, pulse: 10 },
    fittingCapacitor: 2.2e-6,
    many: { boards: 100, seed: 1, entered: 100, share: 1 },
  });
  const factors = lines[0]!.factors as { source: string }[];
  expect(factors.length).toBe(12);
  expect(factors.every(({ source }) => source.length > 10)).toBe(true);
});

test('the picture has the verdict, a mark at 0 and both quantiles', async () => {
  const svg = join(folder, 'margin.svg');
  expect((await run('analyse', '-p', copied, '--svg', svg)).status).toBe(0);
  const text = readFileSync(svg, 'utf8');
  expect(text).toMatch(/^<svg [\s\S]*copied: margin of rc-cap[\s\S]*does not work/);
  expect(text).toContain('50 % of the boards have less than');
  expect(text).toContain('0 get in');
});

test('refused: no RC circuit, no line that charges it, a picture that cannot be written, boards and seeds that are none', async () => {
  const driven = await run('analyse', '-p', 'two-line');
  expect(driven).toMatchObject({ status: 2, stdout: '' });
  expect(driven.stderr).toContain('[circuit-not-analysable]');
  expect(driven.stderr).toContain('complete `boot0`');
  const byHand = profileFile('by-hand', f405, rcBoot0(), 'methods: [manual]');
  expect((await run('analyse', '-p', byHand)).stderr).toContain('it has manual');
  const unwritable = await run('analyse', '-p', 'rc-cap', '--json', '--svg', join(folder, 'none', 'x.svg'));
  expect(unwritable.status).toBe(2);
  expect(jsonLines(unwritable.stdout).at(-1)).toMatchObject({ error: { code: 'output-unwritable' } });
  for (const wrong of [
    ['--boards', '0'],
    ['--boards', '2.5'],
    ['--seed', '-1'],
    ['--dielectric', 'Z5U'],
  ]) {
    expect((await run('analyse', '-p', 'rc-cap', ...wrong)).status).toBe(2);
  }
  expect((await run('analyse')).stderr).toContain('No board profile is given');
});
