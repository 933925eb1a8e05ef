import { describe, expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { f405, profileFile } from '../helpers/profile-file.ts';

// Most CH340 have no serial number: what tells two of them apart is where they are plugged in.

const onUsb = 'application: { expect: usb, vendorId: "0483", productId: "5740" }';
const board = (id: string, adapter: string) => profileFile(id, f405, `adapter: ${adapter}`, 'methods: [lines]', onUsb);
const run = (profile: string, scenario: string) =>
  runCommand(['recover', firmware, '--profile', profile, '--simulate', scenario, '--json']);

test.each(['two-adapters-alike', 'two-adapters', 'crashed'])(
  'named by its USB path, %s: that one is used',
  async (scenario) => {
    const { result, events } = await run(board('by-path', '{ path: "1-1" }'), scenario);
    expect(result).toMatchObject({ ok: true, verified: true });
    expect(events.find(({ event }) => event === 'adapter.opened')).toMatchObject({ port: '/dev/ttySIM0' });
  },
);

test('the path counts beside the ids', async () => {
  const { result } = await run(
    board('by-all', '{ vendorId: "1a86", productId: "7523", path: "1-1" }'),
    'two-adapters-alike',
  );
  expect(result).toMatchObject({ ok: true });
});

test('two without a serial number: the hint has their paths, and following it works', async () => {
  const { result, status } = await run('two-line', 'two-adapters-alike');
  expect(status).toBe(3);
  const error = result.error as { code: string; message: string; hint: string };
  expect(error.code).toBe('adapter-ambiguous');
  expect(error.hint).toBe(
    'Choose one with `--port`, or in the profile: `adapter: { path: "1-1" }` or `adapter: { path: "1-5" }`.',
  );
});

test('two with serial numbers: the hint has these', async () => {
  const { result } = await run('two-line', 'two-adapters');
  expect((result.error as { hint: string }).hint).toBe(
    'Choose one with `--port`, or in the profile: `adapter: { serialNumber: "SIM00001" }` or `adapter: { serialNumber: "SIM00002" }`.',
  );
});

describe('nothing at the named path', () => {
  // The bench is made for one place, the job is told another: the adapter was plugged in elsewhere.
  const elsewhere = (host: 'linux' | 'win32') => {
    const made = findProfile(board('made', '{ path: "1-3" }'), { cwd: '/' });
    return createSimBench({ profile: made, scenario: 'crashed', host });
  };
  test('what is there is named with its place, and nothing was opened', async () => {
    const bench = elsewhere('linux');
    const argv = ['enter', '--profile', board('told', '{ path: "1-7" }'), '--simulate', 'crashed', '--json'];
    const { result } = await runCommand(argv, { bench });
    expect(result.error).toMatchObject({
      code: 'adapter-missing',
      message: expect.stringMatching(/No USB-serial adapter at USB path 1-7 found; ports here: .*USB path 1-3/),
      hint: expect.stringContaining('`adapter: { path: "1-3" }`'),
    });
    expect(bench.truth.of('lines')).toEqual([]);
  });
});

test('profile show, --dry-run and its JSON name the path', async () => {
  const path = board('shown', '{ path: "1-3.2" }');
  const show = await runCommand(['profile', 'show', path]);
  expect(show.stdout).toMatch(/^adapter +the adapter at USB path 1-3\.2$/m);
  const dry = await runCommand(['recover', '--dry-run', '--json', '--profile', path]);
  expect(dry.events[0]).toMatchObject({ adapter: { path: '1-3.2' } });
});

test('a path that is none is refused with its place', async () => {
  const { stderr, status } = await runCommand(['profile', 'check', board('wrong', '{ path: "/dev/ttyUSB0" }')]);
  expect(status).toBe(2);
  expect(stderr).toMatch(/adapter\.path: found "\/dev\/ttyUSB0"; allowed: a USB path in quotes, such as "1-2\.3"/);
});
