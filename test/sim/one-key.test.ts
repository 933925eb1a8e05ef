import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { reset } from '../../src/ops/reset.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { boardFile, f405 } from '../helpers/profile-file.ts';

/**
 * The one-key download circuit: NRST is low only together with BOOT0 high, while RTS alone is asserted
 * (https://huluic.cn/article/b1j7b1f7j5g666271.html, steps 1 to 6).
 */
const table = [
  'wiring:',
  '  table:',
  '    rts released, dtr released: { boot0: 0, nrst: 1 }',
  '    rts asserted, dtr released: { boot0: 1, nrst: 0 }',
  '    rts released, dtr asserted: { boot0: 0, nrst: 1 }',
  '    rts asserted, dtr asserted: { boot0: 1, nrst: 1 }',
];
const base = [f405, ...table, 'usart: { connected: true }', 'methods: [lines, manual]'];
const hello = 'application: { expect: serial, match: "hello", timeout: 3s }';
const oneKey = boardFile('one-key-405', ...base, hello);
/** Without its capacitor NRST rises with the line: nothing keeps the ROM from starting. */
const noCapacitor = boardFile('one-key-bare', ...base, 'nrst: { pullUp: 10k, capacitor: 0F }');

async function runningAfter({ clock, boards }: SimBench): Promise<string | undefined> {
  await sleep(clock, 3_000);
  return boards[0].board.running;
}

test.each(['linux', 'darwin', 'win32'] as const)('reset starts the application, on %s', async (host) => {
  const profile = findProfile(oneKey, { cwd: '/' });
  const bench = createSimBench({ profile, scenario: 'healthy', host });
  const result = await reset({ profile, bench });
  expect(result.error).toBeNull();
  expect(bench.truth.of('boot0-sampled').map(({ level }) => level)).toEqual([0]);
  expect(await runningAfter(bench)).toBe('application');
});

describe('an untouched target runs its application after', () => {
  test.each([
    [['read', 'out.bin', '--address', '0x08000000', '--length', '1024'], 'healthy', 0],
    [['read', 'out.bin', '--address', '0x08000000', '--length', '1024'], 'no-usb', 0],
    [['verify', firmware], 'healthy', 7],
    [['verify', firmware], 'no-usb', 7],
    [['info'], 'no-usb', 0],
    [['recover', firmware], 'readout-protected', 6],
  ])('%j, %s', async (argv, scenario, status) => {
    const run = await runCommand([...argv, '--profile', oneKey, '--simulate', scenario, '--json'], { cwd: '/tmp' });
    expect(run.result).toMatchObject({ exitCode: status, flash: 'untouched', target: 'application' });
    expect(run.truth.findLast(({ what }) => what === 'boot0-sampled')).toMatchObject({ level: 0 });
  });
});

describe('where NRST rises as soon as BOOT0 falls', () => {
  test('reset says so, and moves nothing', async () => {
    const run = await runCommand(['reset', '--profile', noCapacitor, '--simulate', 'healthy', '--json']);
    expect(run.result).toMatchObject({
      exitCode: 4,
      target: 'untouched',
      error: {
        code: 'method-unavailable',
        message: expect.stringContaining('no state of RTS and DTR gives NRST = 0 with BOOT0 = 0'),
        hint: expect.stringContaining('reset button'),
      },
    });
    expect(run.truth.some(({ what }) => what === 'lines')).toBe(false);
  });
  test('a read leaves by the bootloader itself', async () => {
    const argv = ['read', 'out.bin', '--length', '64', '--profile', noCapacitor, '--simulate', 'healthy', '--json'];
    const run = await runCommand(argv, { cwd: '/tmp' });
    expect(run.result).toMatchObject({ ok: true, target: 'application' });
    expect(await runningAfter(run.bench)).toBe('application');
  });
  test('a ROM that does not leave stays, and the verdict says that', async () => {
    const run = await runCommand(['recover', firmware, '--profile', noCapacitor, '--simulate', 'readout-protected']);
    expect(run.status).toBe(6);
    expect(run.stderr).toContain('The target stays in its bootloader until its next reset.');
    expect(await runningAfter(run.bench)).toMatch(/^ROM/);
  });
  test('profile check warns, and profile show and --dry-run say why', async () => {
    const check = await runCommand(['profile', 'check', noCapacitor]);
    expect(check.stdout).toMatch(
      /warning: .*no state of RTS and DTR gives NRST = 0 with BOOT0 = 0.*only from the bootloader, or by hand/,
    );
    const show = await runCommand(['profile', 'show', noCapacitor]);
    expect(show.stdout).toMatch(/reset into the application: not by the lines\. .*NRST = 0 with BOOT0 = 0/);
    const dry = await runCommand(['recover', '--dry-run', '--profile', noCapacitor]);
    expect(dry.stdout).toMatch(/^reset +not by the lines\./m);
  });
});

test('profile show and --dry-run name the way, and check has no warning', async () => {
  const check = await runCommand(['profile', 'check', oneKey]);
  expect(check.stdout).toBe(`${oneKey}: good\n`);
  const show = await runCommand(['profile', 'show', oneKey]);
  expect(show.stdout).toMatch(/reset into the application: NRST and BOOT0 are let go together, .*margin 0\.5 ms/);
  const { events } = await runCommand(['recover', '--dry-run', '--json', '--profile', oneKey]);
  expect(events[0]).toMatchObject({ reset: { steps: [{ nrst: 1 }, { nrst: 0, boot0: 1 }, { nrst: 1, boot0: 0 }] } });
});
