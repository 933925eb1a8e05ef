import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { readTrace } from '../../src/trace/trace-file.ts';
import { firmware, jsonLines, runCli, untouchableBench } from '../helpers/cli-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootctl-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

/** Runs the main job and keeps its bench, with the truth about what happened. */
async function recover(scenario: string, ...more: string[]) {
  const benches: SimBench[] = [];
  const argv = ['recover', firmware, '-p', 'rc-cap', '--simulate', scenario, ...more];
  const run = await runCli(argv, {
    openBench: async ({ profile }) => {
      const bench = createSimBench({ profile: profile!, scenario });
      benches.push(bench);
      return bench;
    },
  });
  return { ...run, truth: benches[0]!.truth.events };
}

test('without --trace nothing of the recorder is loaded', async () => {
  const load = vi.fn((original: () => Promise<object>) => original());
  vi.doMock('../../src/trace/flight-recorder.ts', load);
  expect((await recover('crashed')).status).toBe(0);
  expect(load).not.toHaveBeenCalled();
  await recover('crashed', '--trace', file('mocked.trace'));
  expect(load).toHaveBeenCalled();
  vi.doUnmock('../../src/trace/flight-recorder.ts');
});

describe('a trace changes nothing of the job', () => {
  test.each(['crashed', 'window-missed', 'two-new-devices', 'adapter-lost', 'target-lost', 'app-crashes'])(
    '%s',
    async (scenario) => {
      const without = await recover(scenario);
      const traced = await recover(scenario, '--trace', file(`${scenario}.trace`));
      expect(traced).toEqual(without);
      const { events } = await readTrace(file(`${scenario}.trace`));
      expect(events.at(-1)).toMatchObject({ event: 'result', exitCode: without.status });
    },
  );

  test.skipIf(!existsSync('/dev/full'))('also where the disk is full, but for one line on stderr', async () => {
    const without = await recover('crashed');
    const { stderr, ...traced } = await recover('crashed', '--trace', '/dev/full');
    expect(traced).toEqual({ status: 0, stdout: without.stdout, truth: without.truth });
    const more = stderr.split('\n').filter((line) => !without.stderr.split('\n').includes(line));
    expect(more).toEqual([
      expect.stringMatching(/^bootctl: the trace \/dev\/full ends here: .*ENOSPC.*; the job goes on$/),
    ]);
  });

  test('and a dry run records nothing', async () => {
    const { status } = await runCli(['enter', '-p', 'rc-cap', '-n', '--trace', file('dry.trace')]);
    expect([status, existsSync(file('dry.trace'))]).toEqual([0, false]);
  });
});

test('what a trace holds: every edge and transfer that happened, with times, and whose it was', async () => {
  const { truth } = await recover('crashed', '--trace', file('whole.trace'));
  const { header, events } = await readTrace(file('whole.trace'));
  expect(header).toMatchObject({ profile: 'rc-cap', usb: { bootloader: '0483:df11', application: '0483:5740' } });
  expect(header.argv).toEqual([
    'recover',
    firmware,
    '-p',
    'rc-cap',
    '--simulate',
    'crashed',
    '--trace',
    file('whole.trace'),
  ]);
  expect(new Date(header.date).getTime()).toBeGreaterThan(0);
  // what bootctl asked for is what the lines did, between the moment it asked and the one it was told so
  const edges = events.filter((event) => event.event === 'lines.edge');
  expect(edges).toHaveLength(8); // two resets: the second shows whose the DFU device is
  for (const { rts, dtr, t, end } of edges.slice(1, 7)) {
    const happened = truth.filter((event) => event.what === 'lines' && event.rts === rts && event.dtr === dtr);
    expect(happened.filter((event) => event.t >= t && event.t <= end)).toHaveLength(1);
  }
  // DFU_DNLOAD with data that is no command: the bytes of the image, padded to 32
  const sent = events.filter((event) => event.event === 'usb.control' && /^2101(?!0000)/.test(event.setup));
  expect(sent.reduce((sum, event) => sum + ('data' in event ? event.data.length / 2 : 0), 0)).toBe(33_728);
});

describe('refused', () => {
  test('before anything moves: a file that cannot be written', async () => {
    const { status, stderr } = await runCli(['enter', '-p', 'rc-cap', '--trace', file('no/such/folder')], {
      openBench: untouchableBench,
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^bootctl: Cannot write the trace .*ENOENT.* \[trace-unwritable\]\n {2}Check the folder/);
  });

  test('before anything moves: the firmware as the name of the trace', async () => {
    writeFileSync(file('firmware.hex'), ':00000001FF\n');
    const { status, stderr } = await runCli(['enter', '-p', 'rc-cap', '--trace', file('firmware.hex')], {
      openBench: untouchableBench,
    });
    expect([status, stderr]).toEqual([2, expect.stringContaining('exists and is not a trace')]);
    expect(readFileSync(file('firmware.hex'), 'utf8')).toBe(':00000001FF\n');
  });

  test.each([
    { argv: ['trace', file('none')], message: '[trace-unreadable]' },
    { argv: ['trace', firmware], message: 'line 1: not JSON [trace-malformed]' },
    { argv: ['trace', file('empty')], message: 'the file is empty [trace-malformed]' },
    { argv: ['trace'], message: "missing required argument 'file'" },
    {
      argv: ['trace', 'test/fixtures/traces/crashed.trace', '--vcd', file('no/folder')],
      message: '[trace-unwritable]',
    },
    { argv: ['trace', file('own'), '--vcd', file('own')], message: 'is the trace itself' },
  ])('$argv', async ({ argv, message }) => {
    writeFileSync(file('empty'), '');
    writeFileSync(file('own'), readFileSync('test/fixtures/traces/crashed.trace'));
    const { status, stdout, stderr } = await runCli(argv);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

describe('bootctl trace', () => {
  const recorded = 'test/fixtures/traces/crashed.trace';
  let text: string;
  beforeAll(async () => {
    text = (await runCli(['trace', recorded])).stdout;
  });

  test('shows who did what and when', () => {
    for (const words of [
      /^ {2}0\.0660 s +\+52\.0 ms +lineSequence +holdWindow$/m,
      /^ {2}0\.0660 s +\+0\.0 ms +\/dev\/ttySIM0 +RTS asserted +DTR released +NRST 0 +BOOT0 0 +reset while .* \(took 2\.0 ms\)$/m,
      /^ +0\.\d{4} s +\+\d+\.\d ms +USB bus +0483:df11 appeared at 1-2 \(STM32 +BOOTLOADER\)$/m,
      /USB 1-2 +DFU_DNLOAD block 0, 5 bytes: Erase 0x0800_0000$/m,
      /USB 1-2 +DFU_GETSTATUS -> dfuDNBUSY, OK, poll 250 ms( \(took 2\.0 ms\))?$/m,
      /bootEntry +watching$/m,
      /job +PASS, exit status 0$/m,
    ])
      expect(text).toMatch(words);
    expect(text).not.toContain('The trace ends before');
    expect(text).not.toContain('\u001b');
  });

  test('folds what repeats, unless -v', async () => {
    await recover('crashed', '--trace', file('long.trace'));
    const { stdout: folded } = await runCli(['trace', file('long.trace')]);
    const { stdout: all } = await runCli(['trace', file('long.trace'), '-v']);
    // Block 2 is written for the proof of the block numbers; then what follows the vectors' sector, then that sector.
    const repeats = [...folded.matchAll(/… (\d+) times more like these 3; .*: DFU_DNLOAD block (\d+), 2048 bytes$/gm)];
    expect(repeats.map(([, times, block]) => [times, block])).toEqual([
      ['6', '17'],
      ['6', '9'],
    ]);
    expect(all).not.toContain('times more');
    expect(all.match(/DFU_DNLOAD block \d+, 2048 bytes/g)).toHaveLength(15);
    expect(folded.match(/DFU_DNLOAD block \d+, 2048 bytes/g)).toHaveLength(5);
  });

  test('--json passes the events through', async () => {
    const { status, stdout } = await runCli(['trace', recorded, '--json']);
    const { header, events } = await readTrace(recorded);
    expect(status).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines.slice(0, -1)).toEqual([header, ...events]);
    expect(lines.at(-1)).toMatchObject({ event: 'result', ok: true, exitCode: 0 });
  });

  test('--vcd writes a waveform file', async () => {
    const { status, stdout } = await runCli(['trace', recorded, '--vcd', file('a.vcd')]);
    expect([status, stdout]).toEqual([0, `${file('a.vcd')} is written\n`]);
    expect(readFileSync(file('a.vcd'), 'utf8')).toContain('$var wire 1 # nrst $end');
  });

  test('says when the recording process did not live to its end', async () => {
    const whole = readFileSync(recorded, 'utf8');
    writeFileSync(file('killed.trace'), whole.slice(0, 5000));
    const { status, stdout } = await runCli(['trace', file('killed.trace')]);
    expect(status).toBe(0);
    expect(stdout).toContain('The last line is cut off. The trace ends before the job does');
  });
});
