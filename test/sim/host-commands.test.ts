import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bootLadder } from '../../src/board/ladder.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import { recover } from '../../src/ops/recover.ts';
import type { ScenarioDifferences } from '../../src/sim/scenario.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { runCommand } from '../helpers/command.ts';
import { boardFile } from '../helpers/profile-file.ts';
import { imageOf } from '../helpers/rack.ts';

// Pins that programs of the host move: a relay, a hub port that is switched, a debug probe's own tool.

const boot0 = 'boot0High: [relay, "1", "on"], boot0Low: [relay, "1", "off"]';
const rc = 'boot0: { chargeResistor: 220ohm, capacitor: 4.7uF, bleedResistor: 47kohm }';
const seen = 'application: { expect: usb, vendorId: "0483", productId: "5740" }';
const lineOf = (nrst: string, boot0: string) => `wiring: { nrst: ${nrst}, boot0: ${boot0} }`;

const row = (rts: string, dtr: string, boot0: number, nrst: number) =>
  `"rts ${rts}, dtr ${dtr}": { boot0: ${boot0}, nrst: ${nrst} }`;
const crossed = `{ ${[
  row('released', 'released', 0, 1),
  row('asserted', 'released', 0, 0),
  row('released', 'asserted', 1, 1),
  row('asserted', 'asserted', 1, 0),
].join(', ')} }`;

const textOf = (...lines: readonly string[]): string =>
  ['id: slow', 'description: a board on relays', seen, ...lines].join('\n');
const profileOf = (...lines: readonly string[]): BoardProfile => parseProfile(textOf(...lines), 'slow.yaml');

const boards = {
  'all by commands': profileOf(`commands: { ${boot0}, reset: [relay, "2", pulse] }`, 'methods: [lines]'),
  'power as the reset': profileOf(`commands: { ${boot0}, powerCycle: [uhubctl, -a, cycle] }`, 'methods: [lines]'),
  'with a capacitor': profileOf(`commands: { ${boot0}, reset: [relay, "2", pulse] }`, 'methods: [lines]', rc),
  'BOOT0 by a command, NRST by RTS': profileOf(
    lineOf('{ line: rts, asserted: 0 }', '{ line: none }'),
    `commands: { ${boot0} }`,
    'methods: [lines]',
  ),
  'BOOT0 by GPIO, power by a command': profileOf(
    lineOf('{ line: none }', '{ line: gpio, chip: gpiochip0, offset: 20, asserted: 1 }'),
    'commands: { powerCycle: [uhubctl, -a, cycle] }',
    'methods: [lines]',
  ),
} as const;
const byRelays = boards['all by commands'];

async function run(profile: BoardProfile, differences: ScenarioDifferences = {}, stopAfter?: number) {
  const events: ProgressEvent[] = [];
  const bench = createSimBench({ profile, scenario: { ...scenarioNamed('crashed'), ...differences } });
  const stop = new AbortController();
  if (stopAfter !== undefined) bench.clock.setTimeout(() => stop.abort(), stopAfter);
  const onProgress = (event: ProgressEvent) => void events.push(event);
  const result = await recover({ profile, image: imageOf(1), bench, onProgress, signal: stop.signal });
  return { result, bench, events };
}

const commandsOf = ({ truth }: SimBench): readonly string[] => truth.of('command').map(({ argv }) => argv.join(' '));

describe('a board on commands is brought back', () => {
  test.each(Object.entries(boards))('%s', async (_name, profile) => {
    const { result, bench } = await run(profile);
    expect(result).toMatchObject({ ok: true, method: 'lines', verified: true, application: 'seen' });
    expect(bench.truth.of('boot0-sampled').some(({ boots }) => boots === 'rom')).toBe(true);
    const relay = commandsOf(bench).filter((text) => text.startsWith('relay 1'));
    expect(relay.at(-1) ?? 'relay 1 off').toBe('relay 1 off');
  });

  test('BOOT0 stands before the reset begins, and stays until the ROM has started', async () => {
    const { bench } = await run(byRelays);
    expect(commandsOf(bench).slice(0, 3)).toEqual(['relay 1 on', 'relay 2 pulse', 'relay 1 off']);
    expect(bench.truth.of('boot0-sampled')[0]).toMatchObject({ level: 1, boots: 'rom' });
  });

  test('what was not put high is not put low: opening runs nothing', async () => {
    const { bench } = await run(byRelays, { startsInRom: 'dfuIDLE' });
    expect(commandsOf(bench)[0]).not.toBe('relay 1 off');
  });

  test('`--no-entry` runs none', async () => {
    const bench = createSimBench({
      profile: byRelays,
      scenario: { ...scenarioNamed('crashed'), startsInRom: 'dfuIDLE' },
    });
    const result = await recover({ profile: byRelays, bench, noEntry: true });
    expect(result).toMatchObject({ ok: true, method: 'already-there' });
    expect(commandsOf(bench)).toEqual([]);
  });

  test('by half: a command resets again and again while a person holds BOOT0', async () => {
    const profile = profileOf('commands: { reset: [relay, "2", pulse] }', 'methods: [manual]', 'usb: { path: "1-2" }');
    const bench = createSimBench({ profile, scenario: scenarioNamed('crashed') });
    const [{ board }] = bench.boards;
    bench.clock.setTimeout(() => board.holdBoot0(true), 3_000);
    bench.truth.onEvent(({ what }) => what === 'usb-opened' && board.holdBoot0(false));
    const result = await recover({ profile, bench, interactive: true });
    expect(result).toMatchObject({ ok: true, method: 'manual', bootloader: 'dfu' });
    expect(new Set(commandsOf(bench))).toEqual(new Set(['relay 2 pulse']));
  });
});

const cycle = 'powerCycle: [uhubctl, -a, cycle]';
const withPower = {
  'beside a command that resets': profileOf(
    `commands: { ${boot0}, reset: [relay, "2", pulse], ${cycle} }`,
    'methods: [lines]',
  ),
  'beside lines of an adapter': profileOf(
    lineOf('{ line: rts, asserted: 0 }', '{ line: dtr, asserted: 1 }'),
    `commands: { ${cycle} }`,
    'methods: [lines]',
  ),
  'beside a truth table': profileOf(`wiring: { table: ${crossed} }`, `commands: { ${cycle} }`, 'methods: [lines]'),
  'with a capacitor': profileOf(
    lineOf('{ line: rts, asserted: 0 }', '{ line: dtr, asserted: 1 }'),
    `commands: { ${cycle} }`,
    'methods: [rc-cap, lines]',
    rc,
  ),
} as const;

describe.each(Object.entries(withPower))('power that a command cuts, %s', (_name, profile) => {
  const cuts = (bench: SimBench) => commandsOf(bench).filter((text) => text === 'uhubctl -a cycle').length;

  test('is left on where NRST does it', async () => {
    const { result, bench } = await run(profile);
    expect(result).toMatchObject({ ok: true, verified: true });
    expect(cuts(bench)).toBe(0);
  });

  test('is cut with BOOT0 high after all that moves NRST, and again to show whose the device is', async () => {
    const { result, bench, events } = await run(profile, { board: { nrstOpen: true } });
    expect(result).toMatchObject({ method: profile.methods.at(-1), bootloader: 'dfu', verified: true });
    expect(cuts(bench)).toBe(2);
    const attempts = events.filter(({ event }) => event === 'attempt.started');
    expect(attempts.at(-1)).toMatchObject({ change: 'power cycle' });
    expect(bench.truth.of('boot0-sampled').find(({ boots }) => boots === 'rom')).toMatchObject({ level: 1 });
    expect(bench.truth.of('lines').at(-1) ?? {}).not.toMatchObject({ rts: 'asserted' });
    expect(bench.truth.of('lines').at(-1) ?? {}).not.toMatchObject({ dtr: 'asserted' });
  });

  test('whose program is not there is said before anything moves', async () => {
    const { result, bench } = await run(profile, { commands: { missing: 'uhubctl' } });
    expect(result).toMatchObject({ ok: false, target: 'untouched', error: { code: 'command-missing' } });
    expect(bench.truth.of('lines')).toEqual([]);
  });
});

test('without a state of the lines that holds BOOT0 alone no power is cut', async () => {
  const oneKey = `{ ${[
    row('released', 'released', 0, 1),
    row('asserted', 'released', 0, 0),
    row('released', 'asserted', 0, 1),
    row('asserted', 'asserted', 1, 0),
  ].join(', ')} }`;
  const profile = parseProfile(
    textOf(`wiring: { table: ${oneKey} }`, `commands: { ${cycle} }`, 'methods: [manual]'),
    'slow.yaml',
  );
  expect(bootLadder(profile).map(({ change }) => change)).toEqual(['nominal']);
});

describe('failures say what was seen', () => {
  test('a program that is not there is refused before anything moves', async () => {
    const { result, bench } = await run(byRelays, { commands: { missing: 'relay' } });
    expect(result).toMatchObject({ ok: false, exitCode: 3, target: 'untouched', error: { code: 'command-missing' } });
    expect(commandsOf(bench)).toEqual([]);
  });

  test.each([
    ['command-failed', { fails: 'uhubctl' }, /`uhubctl -a cycle` ended with exit status 1; it said last: no relay/],
    ['command-timeout', { takes: 60_000 }, /did not end within/],
  ] as const)('%s', async (code, commands, message) => {
    const { result, bench } = await run(boards['power as the reset'], { commands });
    expect(result).toMatchObject({ ok: false, exitCode: 3, error: { code, message: expect.stringMatching(message) } });
    expect(
      commandsOf(bench)
        .filter((text) => text.startsWith('relay'))
        .at(-1),
    ).toBe('relay 1 off');
  });

  test('a bench that runs no programs says so', async () => {
    const { commands: _none, ...bench } = createSimBench({ profile: byRelays });
    expect(await recover({ profile: byRelays, bench })).toMatchObject({ error: { code: 'command-missing' } });
  });
});

test('boot0Low is run after boot0High, whenever a job is stopped', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.values(boards)),
      fc.constantFrom<ScenarioDifferences>(
        {},
        { board: { boot0Stuck: 0 } },
        { usbDenied: true },
        { cablePulled: true },
      ),
      fc.option(fc.integer({ min: 0, max: 6_000 }), { nil: undefined }),
      async (profile, fault, stopAfter) => {
        const { bench } = await run(profile, fault, stopAfter);
        const relay = commandsOf(bench).filter((text) => text.startsWith('relay 1'));
        expect(relay.at(-1) ?? 'relay 1 off').toBe('relay 1 off');
        expect(bench.truth.of('lines').at(-1) ?? {}).not.toMatchObject({ rts: 'asserted' });
        expect(bench.truth.of('lines').at(-1) ?? {}).not.toMatchObject({ dtr: 'asserted' });
      },
    ),
    { numRuns: 60 },
  );
});

describe('a profile that contradicts itself is refused', () => {
  test.each([
    [
      'a hold window',
      [`commands: { ${boot0} }`, lineOf('{ line: rts, asserted: 0 }', '{ line: none }'), rc, 'methods: [rc-cap]'],
      /nobody knows how long a command takes/,
    ],
    [
      'BOOT0 twice',
      [
        `commands: { ${boot0} }`,
        lineOf('{ line: rts, asserted: 0 }', '{ line: dtr, asserted: 1 }'),
        'methods: [lines]',
      ],
      /`boot0: \{ line: none \}` in `wiring` beside boot0High/,
    ],
    [
      'NRST twice',
      ['commands: { reset: [a] }', lineOf('{ line: rts, asserted: 0 }', '{ line: none }'), 'methods: [lines]'],
      /`nrst: \{ line: none \}` in `wiring` beside reset/,
    ],
    ['one half of BOOT0', ['commands: { boot0High: [a] }', 'methods: [manual]'], /boot0High and boot0Low together/],
    [
      'a reset beside a table',
      [`wiring: { table: ${crossed} }`, 'commands: { reset: [a], powerCycle: [b] }', 'methods: [lines]'],
      /not beside a table/,
    ],
    ['no command', ['commands: {}', 'methods: [manual]'], /one command at least/],
    ['a shell line', ['commands: { reset: "relay 2" }', 'methods: [manual]'], /a list of a program and its arguments/],
  ] as const)('%s', (_name, lines, message) => {
    expect(() => profileOf(...lines)).toThrow(message);
  });
});

test('`--dry-run` shows the commands and runs none', async () => {
  const path = boardFile('slow', `commands: { ${boot0}, reset: [relay, "2", pulse] }`, 'methods: [lines]');
  const { stdout } = await runCommand(['recover', '--profile', path, '--dry-run']);
  expect(stdout).toMatch(/commands +reset: relay 2 pulse\n +BOOT0 high: relay 1 on\n +BOOT0 low: relay 1 off/);
});
