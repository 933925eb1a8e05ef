import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { BootctlError, errorCodes } from '../../src/base/errors.ts';
import { causeNames } from '../../src/ops/entry/diagnose.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { type CliRun, firmware, jsonLines, runCli } from '../helpers/cli-context.ts';

const recover = (scenario: string, ...more: string[]) =>
  runCli(['recover', firmware, '-p', 'rc-cap', '--simulate', scenario, ...more]);

/** The result line of the contract, with nothing besides. */
const resultLine = z.strictObject({
  event: z.literal('result'),
  t: z.number().nonnegative(),
  ok: z.boolean(),
  exitCode: z.int(),
  method: z.enum(['lines', 'rc-cap', 'soft-jump', 'manual', 'already-there']).nullable(),
  bootloader: z.enum(['dfu', 'usart']).nullable(),
  image: z.strictObject({ bytes: z.int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).nullable(),
  verified: z.boolean(),
  flash: z.enum(['untouched', 'erased in part', 'written in part', 'written, not verified', 'verified', 'differs']),
  application: z.enum(['seen', 'not-seen', 'not-checked']),
  target: z.enum(['untouched', 'application', 'bootloader', 'unknown']),
  kept: z.array(z.strictObject({ path: z.string(), bytes: z.number(), reason: z.string(), isProvable: z.boolean() })),
  attempts: z.array(
    z.strictObject({
      method: z.string(),
      change: z.enum(['nominal', 'longer charge', 'longer pulse']),
      outcome: z.enum(['entered', ...errorCodes]),
      message: z.string().optional(),
      usart: z.enum(['silent', 'foreign', 'answered']).optional(),
      took: z.number(),
      plannedMargin: z.number().optional(),
      measuredMargin: z.number().optional(),
    }),
  ),
  diagnosis: z.array(z.strictObject({ cause: z.enum(causeNames), evidence: z.string(), advice: z.string() })),
  durations: z.record(z.string(), z.number()),
  error: z
    .strictObject({ code: z.enum([...errorCodes, 'internal']), message: z.string(), hint: z.string() })
    .nullable(),
  simulated: z.string().optional(),
});
const eventLine = z.looseObject({ event: z.string(), t: z.number().nonnegative() });

describe('--json', () => {
  test.each([
    ['crashed', 0],
    ['boot0-stuck-low', 4],
    ['adapter-missing', 3],
    ['stuck-bit', 7],
  ])('%s: every line has event and t in rising order, the last is the result with exit %i', async (name, exit) => {
    const { status, stdout, stderr } = await recover(name, '--json');
    expect([status, stderr]).toEqual([exit, '']);
    const lines = jsonLines(stdout).map((line) => eventLine.parse(line));
    const times = lines.map(({ t }) => t);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(lines.filter(({ event }) => event === 'result')).toHaveLength(1);
    const last = stdout.trimEnd().split('\n').at(-1)!;
    expect(last).toMatch(/^\{"event":"result",/);
    const result = resultLine.parse(JSON.parse(last));
    expect(result).toMatchObject({ ok: exit === 0, exitCode: exit, simulated: name });
    expect(result.error === null).toBe(exit === 0);
  });

  test('counts t on the clock of the bench', async () => {
    const { stdout } = await recover('no-usb', '--json', '--timeout', '30s');
    const waits = jsonLines(stdout).filter(({ event }) => event === 'waiting');
    expect(waits[0]).toMatchObject({ timeout: 30_000 });
    expect(Number(waits[1]!.t) - Number(waits[0]!.t)).toBeGreaterThanOrEqual(30_000);
  });
});

describe('text', () => {
  let good: CliRun;
  beforeAll(async () => {
    good = await recover('crashed');
  });

  test('the verdict of a pass is on stdout, everything else on stderr', () => {
    expect(good.status).toBe(0);
    expect(good.stdout.split('\n').map((line) => line.slice(0, 14).trim())).toEqual([
      '',
      'PASS (simulate',
      'method',
      'margin',
      'image',
      'verified',
      'application',
      'time',
      '',
    ]);
    expect(good.stdout).toContain('is flashed, verified and running');
    expect(good.stdout).toMatch(/method +rc-cap \(nominal\), attempt 1/);
    expect(good.stdout).toMatch(/margin +117\.6 ms planned, 113\.6 ms measured/);
    expect(good.stdout).toMatch(/image +33,700 bytes, sha256 d6ab7d620f29…/);
    expect(good.stderr).not.toContain('PASS');
  });

  test('every line of progress starts with the time', () => {
    const lines = good.stderr.trimEnd().split('\n');
    expect(lines.filter((line) => !/^ *\+\d+\.\d{3} s {2}/.test(line))).toEqual([]);
    expect(good.stderr).toContain('1. rc-cap (nominal), margin 117.6 ms');
    expect(good.stderr).toContain('simulated bench, scenario crashed');
  });

  test('without a terminal a phase is a line at its start and one at its end, not one a block', () => {
    expect(good.stderr.match(/program: .*/g)).toEqual([
      // The initial stack pointer is written when all else has been read back.
      'program: 33,724 bytes …',
      expect.stringMatching(/^program: 33,724 bytes in \d+\.\d\d s, \d+\.\d kB\/s$/),
      'program: 4 bytes …',
      expect.stringMatching(/^program: 4 bytes in \d+\.\d\d s, \d+\.\d kB\/s$/),
    ]);
    expect(good.stdout + good.stderr).not.toContain('\u001b');
  });

  test('-q leaves one line of a pass', async () => {
    const { stdout, stderr } = await recover('crashed', '-q');
    expect([stdout.split('\n').length, stderr]).toEqual([2, '']);
    expect(stdout).toMatch(/^PASS \(simulated\)/);
  });

  test('-q leaves error, hint and flash of a failure', async () => {
    const { stdout, stderr } = await recover('target-lost', '-q');
    expect(stdout).toBe('');
    expect(stderr.split('\n')).toEqual([
      expect.stringContaining('[target-lost]'),
      expect.stringContaining('check cable and power'),
      expect.stringContaining('The flash is written in part'),
      '',
    ]);
  });

  test('-v shows every edge with its pins', async () => {
    const { stderr } = await recover('crashed', '-v');
    const edges = stderr.match(/RTS \w+ +DTR \w+ +NRST [01] +BOOT0 [01] .*/g);
    expect(edges).toHaveLength(8); // idle after opening, three of the plan, three that prove whose it is, idle at the end
    expect(edges?.[1]).toMatch(/^RTS released +DTR asserted +NRST 1 +BOOT0 1 +charge BOOT0 \(took 2\.0 ms\)$/);
    expect(good.stderr).not.toContain('charge BOOT0');
  });

  test('without an image the target is said to stay in its bootloader', async () => {
    const { status, stdout } = await runCli(['enter', '-p', 'rc-cap', '--simulate']);
    expect(status).toBe(0);
    expect(stdout).toContain('the target is in its DFU bootloader');
    expect(stdout).not.toContain('verified');
  });

  test('--no-verify is not called verified', async () => {
    const { status, stdout } = await recover('crashed', '--no-verify');
    expect(status).toBe(0);
    expect(stdout).toContain('is flashed and running');
    expect(stdout).toMatch(/verified +no\n/);
  });

  test('simulate is recover --simulate', async () => {
    const { status, stderr } = await runCli(['simulate', 'crashed', firmware, '-p', 'rc-cap']);
    expect(status).toBe(0);
    expect(stderr).toBe(good.stderr);
  });

  test('simulate alone lists the scenarios', async () => {
    const { status, stdout } = await runCli(['simulate']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^crashed +The default/m);
    const { stdout: json } = await runCli(['simulate', '--json']);
    expect(jsonLines(json).filter((line) => line.default)).toMatchObject([{ name: 'crashed' }]);
  });
});

describe('a failure in text', () => {
  const sentences = {
    'boot0-stuck-low': 'The flash is untouched.',
    'target-lost': 'The flash is written in part: the application cannot run. Run the same command again.',
    'stuck-bit': 'The flash differs from the image: do not use this target before a run that ends well.',
    'app-crashes': 'The flash holds the image: it was read back and compared.',
    'two-adapters': 'The flash is untouched.',
    'readout-protected': 'The flash is untouched.',
  };
  test.each(Object.entries(sentences))('%s: FAIL with code, hint and what the flash holds', async (name, sentence) => {
    const { status, stdout, stderr } = await recover(name);
    expect(status).toBeGreaterThan(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/\n\nFAIL \(simulated\) {2}\[[a-z0-9-]+\] .+\n {2}.+\n/);
    expect(stderr).toContain(`\n  ${sentence}\n`);
    expect(stderr).toContain(`exit status ${status}, after`);
    expect(stderr).not.toContain('PASS');
  });

  test('has its attempts as a table', async () => {
    const { stderr } = await recover('boot0-stuck-low');
    const table = stderr.slice(stderr.indexOf('  #  method')).split('\n').slice(0, 7);
    expect(table[0]).toMatch(/^ {2}# {2}method +change +outcome +took +margin$/);
    expect(table[1]).toMatch(
      /^ {2}1 {2}rc-cap +nominal +dfu-not-seen +5\.\d\d s +117\.6 ms planned, 113\.6 ms measured$/,
    );
    expect(table[6]).toMatch(/^ {2}6 {2}lines +longer pulse +dfu-not-seen/);
  });

  test('an abort says that the lines are idle and what the flash holds', async () => {
    const controller = new AbortController();
    const abort = () => controller.abort(new BootctlError('aborted', 'Interrupted by SIGINT'));
    const { status, stderr } = await runCli(['recover', firmware, '-p', 'rc-cap', '--simulate'], {
      signal: controller.signal,
      openBench: async ({ profile }) => {
        const bench = createSimBench({ profile: profile! });
        bench.clock.setTimeout(abort, 1_600); // sectors are being erased: see the times of crashed
        return bench;
      },
    });
    expect(status).toBe(130);
    expect(stderr).toContain('[aborted]');
    expect(stderr).toMatch(/The flash is erased in part.*Both lines are released and the port is closed\./);
  });
});

describe('on a terminal', () => {
  let colourful: CliRun;
  beforeAll(async () => {
    colourful = await runCli(['recover', firmware, '-p', 'rc-cap', '--simulate'], { isTTY: true });
  });

  const sgr = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`);

  test('there are colours and a bar for each phase', () => {
    expect(colourful.stdout).toMatch(sgr);
    for (const phase of ['erase', 'program', 'verify'])
      expect(colourful.stderr).toMatch(new RegExp(`${phase} +[█░]+ `));
    expect(colourful.stderr).toContain('33,728 bytes in');
    expect(colourful.stderr).not.toContain('33,728 bytes …');
  });

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('%o takes the colours away', async (env) => {
    const { stdout, stderr } = await runCli(['recover', firmware, '-p', 'rc-cap', '--simulate'], { isTTY: true, env });
    expect(stdout + stderr).not.toMatch(sgr);
    expect(stdout).toContain('PASS');
  });
});
