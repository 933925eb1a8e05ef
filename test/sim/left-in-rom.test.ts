import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { sleep } from '../../src/bench/clock.ts';
import type { SimBench } from '../../src/sim/sim-bench.ts';
import { type CommandRun, cutAt, firmware, type RunOptions, runCommand } from '../helpers/command.ts';

/** A target that was running its application does so again after a job that has not touched its flash, or it is said. */
const folder = mkdtempSync(join(tmpdir(), 'bootctl-rom-'));

/** A built-in profile whose board only its application can bring into the ROM, and with nothing but its USB cable. */
function askedOnly(id: string): string {
  const text = readFileSync(new URL(`../../hardware/profiles/${id}.yaml`, import.meta.url), 'utf8');
  const path = join(folder, `${id}-asked.yaml`);
  writeFileSync(path, text.replace(/^id: .*$/m, `id: ${id}-asked`).replace(/^methods: .*$/m, 'methods: [soft-jump]'));
  return path;
}

async function runningAfter(bench: SimBench): Promise<string | undefined> {
  await sleep(bench.clock, 3_000);
  return bench.boards[0].board.running;
}

const abortAt =
  (ms: number): NonNullable<RunOptions['arrange']> =>
  ({ clock }, abort) =>
    void clock.setTimeout(() => abort(new BootctlError('aborted', 'Interrupted by SIGINT')), ms);

const job = (argv: readonly string[], profile: string, more: RunOptions = {}): Promise<CommandRun> =>
  runCommand([...argv, '--profile', profile, '--simulate', 'healthy', '--json'], { cwd: folder, ...more });

test.each([1, 3, 5, 8, 11, 14])('interrupted %i ms after the start, while the port opens', async (ms) => {
  const run = await job(['recover', firmware], 'rc-cap', { arrange: abortAt(ms) });
  expect(run.status).toBe(130);
  // On a busy host the first moment may fall before the port opens, or after it.
  const isOpened = run.truth.some(({ what }) => what === 'lines');
  if (ms > 1) expect(isOpened).toBe(true);
  expect(run.result).toMatchObject({ flash: 'untouched', target: isOpened ? 'application' : 'untouched' });
  expect(await runningAfter(run.bench)).toBe('application');
});

describe.each([
  { name: 'only its USB cable', profile: askedOnly('micropython') },
  { name: 'an adapter that nobody needed', profile: 'soft-jump' },
])('an application that was asked into the ROM, $name', ({ profile }) => {
  test.each([[['read', 'out.bin', '--length', '100']], [['info']], [['verify', firmware]]])('%j', async (argv) => {
    const run = await job(argv, profile);
    expect(run.result).toMatchObject({ method: 'soft-jump', target: 'application' });
    expect(await runningAfter(run.bench)).toBe('application');
  });
});

test('interrupted while its ROM shows up, on a board without lines: the verdict says that nobody knows', async () => {
  const profile = askedOnly('micropython');
  const argv = ['recover', firmware, '--profile', profile, '--simulate', 'healthy'];
  const { stderr, status, bench } = await runCommand(argv, { arrange: cutAt('vanished') });
  expect(status).toBe(130);
  expect(stderr).toContain('not known whether the target is in its bootloader');
  expect(await runningAfter(bench)).toMatch(/^ROM/);
});

test.each([
  { scenario: 'nrst-open-running', ms: 400, target: 'unknown', runs: /./ },
  { scenario: 'nrst-open', ms: 2_000, target: 'unknown', runs: /./ },
  { scenario: 'healthy', ms: 400, target: 'application', runs: /^application$/ },
])(
  '$scenario, interrupted: only a reset that something has shown is claimed',
  async ({ scenario, ms, target, runs }) => {
    const argv = ['recover', firmware, '--profile', 'rc-cap', '--simulate', scenario, '--json'];
    const { result, bench } = await runCommand(argv, { arrange: abortAt(ms) });
    expect(result).toMatchObject({ exitCode: 130, flash: 'untouched', target });
    expect(await runningAfter(bench)).toMatch(runs);
  },
);

test('a bus that cannot be listed at the end: what the lines did is not known', async () => {
  const run = await job(['info'], 'rc-cap', {
    arrange: ({ usb }) => {
      const open = usb.open.bind(usb);
      usb.open = async (info) => {
        const device = await open(info);
        usb.list = () => Promise.reject(new BootctlError('usb-unavailable', 'made up: the bus is gone'));
        return device;
      };
    },
  });
  expect(run.result).toMatchObject({ ok: true, target: 'unknown' });
});

test('a bootloader that was there before the job stays', async () => {
  const argv = ['info', '--profile', 'soft-jump', '--usb-path', '1-2', '--simulate', 'already-dfu', '--json'];
  const { result, bench } = await runCommand(argv);
  expect(result).toMatchObject({ ok: true, method: 'already-there', target: 'bootloader' });
  expect(await runningAfter(bench)).toMatch(/^ROM/);
});

test('`reset` with an adapter that is lost: the port is closed, and the loss is the result', async () => {
  const { result, stderr } = await runCommand(['reset', '--profile', 'rc-cap', '--simulate', 'adapter-lost', '--json']);
  expect(result).toMatchObject({ ok: false, exitCode: 3, target: 'unknown', error: { code: 'adapter-lost' } });
  expect(stderr).toBe('');
});

test.each([4, 8, 40, 200])('`reset` interrupted after %i ms leaves the application running', async (ms) => {
  const run = await job(['reset'], 'rc-cap', { arrange: abortAt(ms) });
  expect(run.status).toBe(130);
  expect(await runningAfter(run.bench)).toBe('application');
});

test('interrupted while the port opens, and the adapter lost: it is said that nobody knows', async () => {
  const { result } = await job(['recover', firmware], 'rc-cap', {
    arrange: (bench, abort) => {
      abortAt(5)(bench, abort);
      bench.clock.setTimeout(() => bench.adapters[0]!.unplug(), 40);
    },
  });
  expect(result).toMatchObject({ exitCode: 130, flash: 'untouched', target: 'unknown' });
});
