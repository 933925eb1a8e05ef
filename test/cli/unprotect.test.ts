import { afterEach, describe, expect, test, vi } from 'vitest';
import type { BenchRequest } from '../../src/cli/context.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { type CliSetup, firmware, jsonLines, runCli } from '../helpers/cli-context.ts';
import { firmware as firmwarePath, runCommand } from '../helpers/command.ts';

const recover = ['recover', firmware, '-p', 'rc-cap', '--simulate', 'readout-protected'];

/** Runs the command and keeps its bench, where it opened one. */
async function run(argv: readonly string[], setup: CliSetup = {}) {
  let bench: SimBench | undefined;
  for (const [name, value] of Object.entries(setup.env ?? {})) vi.stubEnv(name, value ?? ''); // where commander looks
  const openBench = async ({ profile, scenario }: BenchRequest) => {
    bench = createSimBench({ profile: profile!, scenario: scenario! });
    return bench;
  };
  return { ...(await runCli(argv, { openBench, ...setup })), bench };
}

describe('nothing moves before it was agreed to', () => {
  const nobody = 'nobody can be asked';
  test.each([
    { name: 'without a terminal', argv: [], setup: {}, says: nobody, hint: '--yes' },
    { name: 'with --json', argv: ['--json'], setup: { ask: async () => 'erase' }, says: nobody, hint: '--yes' },
    { name: 'another answer', argv: [], setup: { ask: async () => 'yes' }, says: 'nothing has moved', hint: "'erase'" },
    { name: 'the end of input', argv: [], setup: { ask: async () => '' }, says: 'nothing has moved', hint: "'erase'" },
    { name: 'a variable that says no', argv: [], setup: { env: { BOOTCTL_YES: '0' } }, says: nobody, hint: '--yes' },
  ])('$name: exit 2, no bench', async ({ argv, setup, says, hint }) => {
    const { status, stderr, bench } = await run([...recover, '--unprotect', ...argv], setup);
    expect([status, bench]).toEqual([2, undefined]);
    expect(stderr).toMatch(/^bootctl: .* \[usage\]\n/);
    expect(stderr).toContain(says);
    expect(stderr).toContain(hint);
  });

  test('without an image there is nothing to erase for', async () => {
    const argv = ['recover', '-p', 'rc-cap', '--simulate', 'readout-protected', '--unprotect', '--yes'];
    const { status, stderr, bench } = await run(argv);
    expect([status, bench]).toEqual([2, undefined]);
    expect(stderr).toContain('without an image');
  });

  test('a dry run asks nobody', async () => {
    const ask = async () => {
      throw new Error('asked');
    };
    expect(await run([...recover, '--unprotect', '--dry-run'], { ask })).toMatchObject({ status: 0, bench: undefined });
  });
});

test.each([
  { name: '--yes', argv: ['--unprotect', '--yes'], setup: {} },
  { name: 'the word at the terminal', argv: ['--unprotect'], setup: { ask: async () => ' erase ' } },
])('$name: the mass erase, a second entry, and the image in the flash', async ({ argv, setup }) => {
  const { status, stdout, bench } = await run([...recover, ...argv], setup);
  expect(stdout).toContain('flashed, verified and running');
  expect(status).toBe(0);
  const [{ memory }] = bench!.boards;
  const firstProgrammed = bench!.truth.of('programmed')[0]!.t;
  const erasedBefore = bench!.truth.of('erased').filter(({ t }) => t < firstProgrammed);
  const bytes = erasedBefore.reduce((sum, sector) => sum + sector.bytes, 0);
  expect(bytes).toBeGreaterThanOrEqual(memory.flash.size);
  expect(memory.readoutProtected).toBe(false);
});

afterEach(() => vi.unstubAllEnvs());

test('the environment can agree as well', async () => {
  expect(await run(recover, { env: { BOOTCTL_UNPROTECT: '1', BOOTCTL_YES: '1' } })).toMatchObject({ status: 0 });
});

test('the result keeps the attempts of both entries, numbered on', async () => {
  const argv = ['recover', firmwarePath, '-p', 'rc-cap', '--simulate', 'readout-protected', '--unprotect', '-y'];
  const { events, result, truth } = await runCommand([...argv, '--json']);
  expect(result.attempts).toMatchObject([{ outcome: 'entered' }, { outcome: 'entered' }]);
  const started = events.filter(({ event }) => event === 'attempt.started').map(({ attempt }) => attempt);
  expect(started).toEqual([1, 2]);
  expect(truth.filter(({ what }) => what === 'programmed-without-erase')).toEqual([]);
});

test('with the USB path of the target, the DFU device that is about to leave is not taken for the next one', async () => {
  const argv = [...recover, '--unprotect', '--yes', '--usb-path', '1-2', '--json'];
  const { status, stdout } = await run(argv);
  expect([status, jsonLines(stdout).at(-1)]).toMatchObject([0, { verified: true, application: 'seen' }]);
});

test('a protected target names the option that goes on, and keeps its flash', async () => {
  const { status, stderr, bench } = await run(recover);
  expect(status).toBe(6);
  expect(stderr).toContain('`--unprotect`');
  expect(bench!.truth.of('erased')).toEqual([]);
});
