import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { Bench } from '../../src/bench/bench.ts';
import type { PortInfo } from '../../src/bench/serial-link.ts';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { type CliSetup, jsonLines, runCli } from '../helpers/cli-context.ts';
import { firmware, runCommand } from '../helpers/command.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'bootctl-new-'));
});

/** A host on whose bus these ports are; nothing of it may be opened. */
const hostWith = (ports: readonly PortInfo[]) => async (): Promise<Bench> => {
  const bench = createSimBench({ profile: builtInProfile('rc-cap')! });
  const open = () => Promise.reject(new Error('no port may be opened'));
  return { ...bench, serial: { list: async () => ports, open }, [Symbol.asyncDispose]: async () => {} };
};

const answer = (lines: readonly string[], argv: readonly string[] = [], setup: CliSetup = {}) =>
  runCli(['profile', 'new', ...argv], {
    cwd,
    openBench: hostWith([]),
    standardInput: Buffer.from(lines.map((line) => `${line}\n`).join('')),
    ...setup,
  });
const defaults = (count: number) => Array.from({ length: count }, () => '');

describe('profile new by a pipe', () => {
  test('empty lines are the first answers: the reference circuit', async () => {
    const { status, stdout, stderr } = await answer(defaults(9));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^my-board\.yaml: written\nNext: bootctl recover --profile \.\/my-board\.yaml --dry-run /);
    const text = readFileSync(join(cwd, 'my-board.yaml'), 'utf8');
    expect(text).toMatch(/^ {2}nrst: \{ line: rts, asserted: 0 \}/m);
    expect(text).toMatch(/^ {2}capacitor: 4\.7uF # from BOOT0 to ground$/m);
    expect(text).toContain('hardware/circuits/rc-cap.svg');
    expect(readdirSync(cwd)).toEqual(['my-board.yaml']);
    expect(stderr).toMatch(/^What is between the lines and the pins NRST and BOOT0\? rc-cap$/m);
    const checked = await runCli(['profile', 'check', 'my-board.yaml'], { cwd });
    expect(checked.stdout).toBe('my-board.yaml: good\n');
  });

  test('a part names the line; a number, a name in any case and a label are answers', async () => {
    const { status } = await answer([
      'STM32F407VG',
      'any',
      '2',
      'DTR',
      '100nF',
      'yes',
      'no',
      'serial',
      'ready',
      'bench-7',
    ]);
    expect(status).toBe(0);
    const text = readFileSync(join(cwd, 'bench-7.yaml'), 'utf8');
    expect(text).toMatch(/^target: \{ family: F405_407 \}/m);
    expect(text).toMatch(/^ {2}nrst: \{ line: dtr, asserted: 0 \}/m);
    expect(text).toMatch(/^usb: \{ connected: false \}/m);
    expect(text).toMatch(/^application: \{ expect: serial, match: "ready" \}/m);
  });

  test('only the time constant is known: parts are chosen, and said to be', async () => {
    const { status, stderr } = await answer(['F405_407', '', 'rc-cap', '', 'time', '330ms', 'none', '', '', 'mine']);
    expect([status, stderr]).toEqual([0, expect.stringContaining('33k and 10uF stand for it')]);
    const text = readFileSync(join(cwd, 'mine.yaml'), 'utf8');
    expect(text).toMatch(/^ {2}capacitor: 10uF # chosen: only the product is known, R times C is 330ms$/m);
    expect(text).toMatch(/^nrst: \{ capacitor: 0F \}/m);
  });

  test('parts one by one, with what the board itself pulls down', async () => {
    const { status } = await answer([
      'F405_407',
      '',
      'rc-cap',
      '',
      'parts',
      '470R',
      '22uF',
      '47k',
      '10k',
      '',
      '',
      '',
      'mine',
    ]);
    expect(status).toBe(0);
    expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toMatch(/^ {2}boardPullDown: 10k /m);
  });

  test('GPIO of this host', async () => {
    const { status } = await answer(['STM32F103C8', 'any', 'gpio', '', '', '', '', 'no', '', 'hat']);
    expect(status).toBe(0);
    const text = readFileSync(join(cwd, 'hat.yaml'), 'utf8');
    expect(text).toMatch(/^ {2}nrst: \{ line: gpio, chip: gpiochip0, offset: 21, asserted: 0 \}$/m);
    // The ROM of an F103 has no DFU: its USART is not asked for.
    expect(text).toMatch(/^usart: \{ connected: true \}/m);
  });

  test('a board with only its own cable', async () => {
    const { status } = await answer(['', 'none', '', 'usb', '1d50:614E', 'cable']);
    expect(status).toBe(0);
    const text = readFileSync(join(cwd, 'cable.yaml'), 'utf8');
    expect(text).toMatch(/^methods: \[manual\]/m);
    expect(text).toMatch(/^application: \{ expect: usb, vendorId: "1d50", productId: "614e" \}/m);
    expect(text).not.toMatch(/^wiring/m);
  });

  test('as JSON', async () => {
    const { stdout } = await answer(defaults(8), ['--json', '--output', 'mine.yaml']);
    const [made, result] = jsonLines(stdout);
    expect(made).toMatchObject({ event: 'profile.made', id: 'mine', path: 'mine.yaml', warnings: [] });
    expect(made?.text).toBe(readFileSync(join(cwd, 'mine.yaml'), 'utf8'));
    expect(result).toMatchObject({ event: 'result', ok: true });
  });
});

describe('adapters on the bus', () => {
  const ch340: PortInfo = { path: '/dev/ttyUSB0', vendorId: '1a86', productId: '7523', usbPath: '1-3.2' };
  const ft232: PortInfo = { path: '/dev/ttyUSB1', vendorId: '0403', productId: '6001', serialNumber: 'A9QX"\u001b[2J' };
  const stlink: PortInfo = { path: '/dev/ttyACM0', vendorId: '0483', productId: '374b', serialNumber: '066D' };

  test('the one that is plugged in comes first, by its place where it has no serial number; with a CH340 the one-key circuit', async () => {
    const { status } = await answer(defaults(8), ['--output', 'mine.yaml'], { openBench: hostWith([ch340]) });
    expect(status).toBe(0);
    const text = readFileSync(join(cwd, 'mine.yaml'), 'utf8');
    expect(text).toMatch(/^adapter: \{ vendorId: "1a86", productId: "7523", path: "1-3\.2" \}/m);
    expect(text).toContain('one-key.svg');
    expect(text).toMatch(/^usart: \{ connected: true \}/m);
  });

  test('by its path; whatever its serial number is, it stays a text', async () => {
    const setup = { openBench: hostWith([stlink, ft232]) };
    const { status, stderr } = await answer(['', '/dev/ttyUSB1', ...defaults(7)], ['--output', 'mine.yaml'], setup);
    expect(status).toBe(0);
    expect(stderr).not.toContain('\u001b');
    expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toContain('serialNumber: "A9QX\\"\\u001b[2J"');
  });

  test('the port of an ST-LINK moves no line: a person does', async () => {
    const setup = { openBench: hostWith([stlink]) };
    const { status } = await answer(defaults(6), ['--output', 'mine.yaml'], setup);
    expect(status).toBe(0);
    expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toMatch(/^methods: \[manual\]/m);
  });

  test('a host that cannot list its ports has none to offer', async () => {
    const openBench = async () => ({
      ...(await hostWith([])()),
      serial: {
        list: () => Promise.reject(new BootctlError('adapter-failed', 'no ports here')),
        open: () => Promise.reject(new Error('no')),
      },
    });
    expect(await answer(defaults(9), [], { openBench })).toMatchObject({ status: 0 });
  });
});

describe('nothing is written', () => {
  afterEach(() => expect(readdirSync(cwd)).toEqual([]));

  test.each([0, 1, 4, 8])('where the input ends after %i answers', async (count) => {
    const { status, stdout, stderr } = await answer(defaults(count), ['--json']);
    expect(status).toBe(2);
    expect(stderr).toContain(`standard input has ended before the answer to question ${count + 1}, `);
    expect(jsonLines(stdout)).toMatchObject([{ event: 'result', ok: false, error: { code: 'answers-ended' } }]);
  });

  test.each([
    [
      ['F105_17'],
      'line 1 of the answers: found "F105_17" for line; allowed: a part such as STM32F103C8',
      'did you mean "F105_107"?',
    ],
    [['', 'all'], 'line 2 of the answers: found "all" for adapter; allowed: any, none', ''],
    [['', '', 'rc-cup'], 'line 3 of the answers: found "rc-cup" for circuit', 'did you mean "rc-cap"?'],
    [['', '', '', '', 'time', '5'], 'found "5" for time; allowed: a time with its unit', 'such as 50ms'],
    [['', '', '', '', 'time', '1ms'], 'allowed: a time from 5ms to 30s', ''],
    [['', '', 'gpio', '', '21', '21'], 'found "21" for BOOT0; allowed: another line than that of NRST', ''],
    [
      ['', '', '', '', 'parts', '', '100nF', '', '', '', '', '', 'mine'],
      'the capacitor holds BOOT0 above',
      'Use a capacitor of',
    ],
    [[...defaults(8), 'my board'], 'found "my board" for name; allowed: letters, digits, - and _', ''],
  ])('where an answer is none: %j', async (lines, message, near) => {
    const { status, stderr } = await answer(lines);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(near);
  });

  test('where it is interrupted', async () => {
    const controller = new AbortController();
    const openBench = async () => {
      controller.abort(new BootctlError('aborted', 'Interrupted by SIGTERM'));
      return hostWith([])();
    };
    const run = await answer(defaults(9), [], { signal: controller.signal, openBench });
    expect(run).toMatchObject({ status: 130, stderr: expect.stringContaining('[aborted]') });
  });
});

test('whatever the lines are: a profile that the check accepts, or a refusal and no file', {
  timeout: 60_000,
}, async () => {
  const line = fc.oneof(
    { weight: 16, arbitrary: fc.constant('') },
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        ...[
          'STM32F103C8',
          'F405_407',
          'any',
          'none',
          'rc-cap',
          'cross-coupled',
          'one-key',
          'gpio',
          'no-lines',
          'dtr',
          'rts',
        ],
        ...[
          'time',
          'parts',
          '220ms',
          '1k',
          '100nF',
          '4.7uF',
          '47k',
          'yes',
          'no',
          'usb',
          'serial',
          '1d50:614e',
          'mine',
          '1',
          '2',
          '3',
        ],
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }).map((text) => text.replace(/[\r\n]/g, '')) },
  );
  let made = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, goesOn) => {
      const { status } = await answer([...lines, ...defaults(goesOn ? 14 : 0)], ['--output', 'mine.yaml']);
      const isThere = readdirSync(cwd).includes('mine.yaml');
      expect([status, isThere]).toEqual(status === 0 ? [0, true] : [2, false]);
      if (status !== 0) return;
      made++;
      expect((await runCli(['profile', 'check', 'mine.yaml'], { cwd })).status).toBe(0);
      rmSync(join(cwd, 'mine.yaml'));
    }),
    { seed: 17, numRuns: 200 },
  );
  expect(made).toBeGreaterThan(20);
});

test('a folder that is not there is refused before the first question', async () => {
  const { status, stderr } = await answer([], ['--output', 'nowhere/mine.yaml']);
  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(/^bootctl: nowhere\/mine\.yaml cannot be written: ENOENT/),
  ]);
});

test('a file that is there is replaced only with --force, and is refused before the first question', async () => {
  writeFileSync(join(cwd, 'mine.yaml'), 'mine');
  const refused = await answer(defaults(9), ['--output', 'mine.yaml']);
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(/^bootctl: mine\.yaml is there already/) });
  const byName = await answer([...defaults(8), 'mine']);
  expect(byName).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('another name: mine.yaml is there already'),
  });
  expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toBe('mine');
  expect(await answer(defaults(8), ['--output', 'mine.yaml', '--force'])).toMatchObject({ status: 0 });
  expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toMatch(/^id: mine$/m);
});

test.each([
  ['rc-cap', 'rc-cap', defaults(6)],
  ['two-line', 'lines', defaults(5)],
  ['direct', 'lines', defaults(5)],
  ['one-key', 'lines', defaults(5)],
  ['cross-coupled', 'rc-cap', defaults(6)],
] as const)('a board like the built-in %s: the profile gets in by %s', async (circuit, method, rest) => {
  const { status } = await answer(['', '', circuit, ...rest], ['--output', 'mine.yaml']);
  expect(status).toBe(0);
  const bench = createSimBench({ profile: builtInProfile(circuit)!, scenario: 'crashed' });
  const profile = join(cwd, 'mine.yaml');
  const run = await runCommand(['recover', firmware, '--profile', profile, '--simulate', 'crashed', '--json'], {
    bench,
  });
  expect(run.result).toMatchObject({ ok: true, method, verified: true });
});
