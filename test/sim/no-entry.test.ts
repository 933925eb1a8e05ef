import { expect, test, vi } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { enter } from '../../src/ops/enter.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { type CommandRun, firmware, runCommand } from '../helpers/command.ts';
import { boardFile, f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

/** `--no-entry`: a script, a jumper or another tool has started the ROM; nothing may reset the target. */
const serial = 'application: { expect: none }';
/** TX and RX only. */
const wires = boardFile('wires', f405, 'usart: { connected: true }', 'methods: [manual]', serial);
/** Its ROM has no DFU. */
const g071 = boardFile('g071', 'target: { family: G07x_08x }', 'usart: { connected: true }', 'methods: [manual]');
/** DFU only. */
const buttons = boardFile('buttons', f405, 'methods: [manual]', serial);
const file = `/tmp/bootctl-no-entry-${process.pid}.bin`;

const run = (argv: readonly string[], bench?: SimBench): Promise<CommandRun> =>
  runCommand([...argv, '--no-entry', '--json'], bench ? { bench } : {});
/** Moves that bootctl has made, and resets, whoever made them; opening a port on Linux moves lines that reach nothing here. */
const moves = ({ truth, events }: CommandRun) =>
  truth.filter(({ what }) => what === 'nrst').length + events.filter(({ event }) => event === 'lines.set').length;
const opened = ({ events }: CommandRun) => events.filter(({ event }) => event === 'adapter.opened').length;

const jobs = [
  { job: ['recover', firmware] },
  { job: ['recover'] },
  { job: ['flash', firmware] },
  { job: ['flash', firmware, '--stay'] },
  { job: ['enter'] },
  { job: ['info'] },
  { job: ['read', file, '--address', '0x08000000', '--length', '1024'] },
  { job: ['erase', '--yes'] },
];

test.each(jobs)('$job over DFU: no line moves, and the adapter stays closed', async ({ job }) => {
  for (const profile of ['rc-cap', buttons]) {
    const ran = await run([...job, '--profile', profile, '--simulate', 'already-dfu']);
    expect(ran.result).toMatchObject({ ok: true, method: 'already-there', bootloader: 'dfu', attempts: [] });
    expect([moves(ran), opened(ran)]).toEqual([0, 0]);
  }
});

test.each(jobs)('$job over the USART: no line moves', async ({ job }) => {
  for (const profile of [wires, g071]) {
    const image = profile === g071 && job.includes(firmware) ? ['--force'] : [];
    const ran = await run([...job, ...image, '--profile', profile, '--simulate', 'already-usart']);
    expect(ran.result).toMatchObject({ ok: true, method: 'already-there', bootloader: 'usart', attempts: [] });
    expect([moves(ran), opened(ran)]).toEqual([0, 1]);
  }
});

test('one job after the other: a ROM that is synchronised answers NACK, and is there', async () => {
  const first = await run(['enter', '--profile', wires, '--simulate', 'already-usart']);
  expect(first.bench.truth.of('usart-measured')).toHaveLength(1);
  for (const job of [
    ['flash', firmware, '--stay'],
    ['verify', firmware],
    ['flash', firmware],
  ]) {
    const next = await run([...job, '--profile', wires, '--simulate', 'already-usart'], first.bench);
    expect(next.result).toMatchObject({ ok: true, method: 'already-there', bootloader: 'usart' });
  }
  expect(first.bench.truth.of('usart-measured')).toHaveLength(1);
  expect(first.bench.truth.of('left')).toMatchObject([{ address: 0x0800_0000 }]);
});

test.each([115_200, 230_400, 460_800])('a ROM that was left at %i baud is found', async (baud) => {
  const argv = ['--profile', wires, '--simulate', 'already-usart'];
  const first = await run(['enter', ...argv, '--baud', `${baud}`]);
  const next = await run(['flash', firmware, ...argv], first.bench);
  expect(next.result).toMatchObject({ ok: true, bootloader: 'usart', verified: true });
  expect(first.bench.boards[0].board.running).toMatch(/application/i);
});

test.each([
  { profile: buttons, says: /No DFU device 0483:df11 within 5 s\. USART: not called.*usart: \{ connected: true \}/ },
  { profile: wires, says: /No DFU device.*USART: on \/dev\/tty\S+: No answer to 0x7F at 115200 baud/ },
  { profile: g071, says: /No DFU: the ROM of STM32G07.* has no USB DFU\. USART: on / },
  { profile: 'rc-cap', says: /No DFU device/ },
])(
  '$profile without a bootloader: exit 4, what was looked for, and the application runs on',
  async ({ profile, says }) => {
    const ran = await run(['flash', firmware, '--force', '--profile', profile, '--simulate', 'healthy']);
    expect(ran.status).toBe(4);
    expect(ran.result).toMatchObject({ ok: false, flash: 'untouched', attempts: [] });
    expect(ran.result.error).toMatchObject({ code: 'bootloader-absent', message: expect.stringMatching(says) });
    expect((ran.result.error as { hint: string }).hint).toMatch(/Start the ROM first.*--no-entry/);
    expect(moves(ran)).toBe(0);
  },
);

test('opening the port would reset this board: it stays closed, that is said, and the application runs on', async () => {
  const wired = profileFile('wired', f405, wholeBoot0, 'usart: { connected: true }', 'methods: [rc-cap]');
  const ran = await run(['flash', firmware, '--profile', wired, '--simulate', 'healthy']);
  expect(ran.status).toBe(4);
  expect((ran.result.error as { message: string }).message).toMatch(/USART: not called, because opening .* resets/);
  expect((ran.result.error as { hint: string }).hint).toMatch(/Without `--no-entry`.*a profile without `wiring`/);
  expect([moves(ran), opened(ran)]).toEqual([0, 0]);
  expect(ran.bench.boards[0].board.running).toMatch(/application/i);
});

test('where opening resets, output on the adapter is no proof: the flash is written, and the application not checked', async () => {
  const heard = profileFile(
    'heard',
    f405,
    wholeBoot0,
    'methods: [rc-cap]',
    'application: { expect: serial, match: ready }',
  );
  const ran = await run(['flash', firmware, '--profile', heard, '--simulate', 'already-dfu']);
  expect(ran.result).toMatchObject({ ok: true, verified: true, application: 'not-checked' });
  expect([moves(ran), opened(ran)]).toEqual([0, 0]);
});

test('two DFU devices: neither is opened', async () => {
  const scenario = { ...scenarioNamed('already-dfu'), neighbours: [{ name: 'other', runs: 'rom' as const }] };
  const profile = findProfile('rc-cap', { cwd: '/' });
  const bench = createSimBench({ profile, scenario });
  const result = await enter({ profile, bench, noEntry: true });
  expect(result).toMatchObject({
    exitCode: 4,
    error: { code: 'dfu-ambiguous', hint: expect.stringMatching(/--usb-path/) },
  });
  expect(bench.truth.of('usb-opened')).toEqual([]);
  const named = await enter({ profile: { ...profile, usb: { ...profile.usb, path: '1-2' } }, bench, noEntry: true });
  expect(named).toMatchObject({ ok: true, method: 'already-there' });
});

test('one at another place than the named one is not opened, and its place is said', async () => {
  const ran = await run(['enter', '--profile', buttons, '--usb-path', '1-7', '--simulate', 'stranger']);
  expect(ran.status).toBe(4);
  expect(ran.result.error).toMatchObject({
    message: expect.stringMatching(/0483:df11 at 1-7 within 5 s \(there is one at (1-\S+)\)/),
    hint: expect.stringMatching(/add `--usb-path 1-/),
  });
  expect(ran.truth.filter(({ what }) => what === 'usb-opened')).toEqual([]);
});

test('a ROM that a script has started a moment ago is given the time of an enumeration', async () => {
  const argv = ['flash', firmware, '--profile', buttons, '--simulate', 'healthy', '--no-entry', '--json'];
  const ran = await runCommand(argv, {
    arrange: ({ clock, boards }) => void clock.setTimeout(() => boards[0].board.enterRom(), 2_000),
  });
  expect(ran.result).toMatchObject({ ok: true, method: 'already-there', verified: true });
});

test('a target that is lost for a moment and comes back by itself is taken again', async () => {
  const argv = ['flash', firmware, '--profile', buttons, '--no-entry', '--json', '--simulate'];
  const pulled = await runCommand([...argv, 'already-dfu'], {
    arrange: ({ truth, clock, boards }) => {
      const stop = truth.onEvent(({ what }) => {
        if (what !== 'programmed') return;
        stop();
        boards[0].cable.pull();
        clock.setTimeout(() => boards[0].cable.plug(), 200);
      });
    },
  });
  expect(pulled.result).toMatchObject({ ok: true, verified: true });
  expect(moves(pulled)).toBe(0);
});

test('an application that does not show is not reset: no line is moved', async () => {
  const says = 'application: { expect: usb, vendorId: "0483", productId: "5740" }';
  const argv = [
    'flash',
    firmware,
    '--profile',
    boardFile('seen', f405, 'methods: [manual]', says),
    '--no-entry',
    '--json',
  ];
  const { startsInRom } = scenarioNamed('already-dfu');
  const scenario = { ...scenarioNamed('app-crashes'), startsInRom: startsInRom! };
  const bench = createSimBench({ profile: findProfile(argv[3]!, { cwd: '/' }), scenario });
  const ran = await runCommand([...argv, '--simulate'], { bench });
  expect(ran.status).toBe(8);
  expect(moves(ran)).toBe(0);
});

test('a port without modem lines is as good', async () => {
  const profile = findProfile(wires, { cwd: '/' });
  const { adapter: _, ...there } = scenarioNamed('already-usart');
  const bench = createSimBench({ profile, scenario: { ...there, adapter: { linesUnsupported: true } } });
  expect(await enter({ profile, bench, noEntry: true })).toMatchObject({ ok: true, bootloader: 'usart' });
});

test('a dry run says so', async () => {
  const argv = ['flash', firmware, '--profile', 'rc-cap', '--no-entry', '--dry-run'];
  const { stdout } = await runCommand(argv);
  expect(stdout).toMatch(/is taken.*no line moves/);
  expect(stdout).not.toContain('rc-cap (');
});

test.each([
  { value: '1', method: 'already-there' },
  { value: '0', method: 'rc-cap' },
])('BOOTCTL_NO_ENTRY=$value means the same', async ({ value, method }) => {
  vi.stubEnv('BOOTCTL_NO_ENTRY', value); // where commander looks
  const argv = ['enter', '--profile', 'rc-cap', '--simulate', 'already-dfu', '--json'];
  const { result } = await runCommand(argv, { env: { BOOTCTL_NO_ENTRY: value } });
  vi.unstubAllEnvs();
  expect(result).toMatchObject({ ok: true, method });
});
