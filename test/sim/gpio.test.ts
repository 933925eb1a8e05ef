import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BootctlError } from '../../src/base/errors.ts';
import { sleep } from '../../src/bench/clock.ts';
import { gpioLines } from '../../src/board/circuit/host-lines.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { doctor } from '../../src/ops/doctor.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import { recover } from '../../src/ops/recover.ts';
import { reset } from '../../src/ops/reset.ts';
import type { ScenarioDifferences } from '../../src/sim/scenario.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { imageOf } from '../helpers/rack.ts';

// Lines that are GPIO of this host: alone, with an adapter for the USART, or one of them beside a modem line.

const nrst = '{ line: gpio, chip: gpiochip0, offset: 21, asserted: 0 }';
const boot0 = '{ line: gpio, chip: gpiochip0, offset: 20, asserted: 1 }';
const rc = 'boot0: { chargeResistor: 220ohm, capacitor: 4.7uF, bleedResistor: 47kohm }';
const seen = 'application: { expect: usb, vendorId: "0483", productId: "5740" }';
const usartOnly = ['usb: { connected: false }', 'usart: { connected: true }', 'application: { expect: none }'];

const profileOf = (wiring: string, methods: string, ...lines: readonly string[]): BoardProfile =>
  parseProfile(
    ['id: hat', 'description: a board on GPIO', `wiring: ${wiring}`, `methods: [${methods}]`, ...lines].join('\n'),
    'hat.yaml',
  );

const boards = {
  direct: profileOf(`{ nrst: ${nrst}, boot0: ${boot0} }`, 'lines', seen),
  inverted: profileOf(
    `{ nrst: ${nrst.replace('}', ', inverted: true }')}, boot0: ${boot0.replace('}', ', inverted: true }')} }`,
    'lines',
    seen,
  ),
  capacitor: profileOf(`{ nrst: ${nrst}, boot0: ${boot0} }`, 'rc-cap, lines', rc, seen),
  'two chips': profileOf(`{ nrst: ${nrst}, boot0: ${boot0.replace('gpiochip0', 'gpiochip1')} }`, 'lines', seen),
  'NRST beside RTS': profileOf(`{ nrst: ${nrst}, boot0: { line: rts, asserted: 1 } }`, 'lines', seen),
  'BOOT0 beside DTR': profileOf(`{ nrst: { line: dtr, asserted: 0 }, boot0: ${boot0} }`, 'rc-cap, lines', rc, seen),
  'with a USART': profileOf(`{ nrst: ${nrst}, boot0: ${boot0} }`, 'lines', ...usartOnly),
} as const;

async function run(profile: BoardProfile, differences: ScenarioDifferences = {}, stopAfter?: number) {
  const events: ProgressEvent[] = [];
  const bench = createSimBench({ profile, scenario: { ...scenarioNamed('crashed'), ...differences } });
  const stop = new AbortController();
  if (stopAfter !== undefined) bench.clock.setTimeout(() => stop.abort(), stopAfter);
  const onProgress = (event: ProgressEvent) => void events.push(event);
  const result = await recover({ profile, image: imageOf(1), bench, onProgress, signal: stop.signal });
  return { result, bench, events };
}

/** Levels that the GPIO of a bench were left at, by `chip/offset`; and whether all were given back. */
function left({ truth }: SimBench) {
  const levels = new Map(truth.of('gpio').map((event) => [`${event.chip}/${event.offset}`, event.level]));
  return {
    levels: Object.fromEntries(levels),
    isGivenBack: truth.of('gpio-held').length === truth.of('gpio-given-back').length,
    lines: truth.of('lines').at(-1) ?? { rts: 'released', dtr: 'released' },
  };
}

const idleOf = ({ hostLines = {} }: BoardProfile) =>
  Object.fromEntries(gpioLines(hostLines).map(({ chip, offset, idle }) => [`${chip}/${offset}`, idle]));

function expectIdle(profile: BoardProfile, bench: SimBench): void {
  const { levels, isGivenBack, lines } = left(bench);
  expect({ ...idleOf(profile), ...levels }).toEqual(idleOf(profile));
  expect(isGivenBack).toBe(true);
  expect(lines).toMatchObject({ rts: 'released', dtr: 'released' });
}

describe('a board on GPIO of this host is brought back', () => {
  test.each(Object.entries(boards))('%s', async (_name, profile) => {
    const { result, bench } = await run(profile);
    expect(result).toMatchObject({ ok: true, verified: true, flash: 'verified' });
    expect(bench.truth.of('boot0-sampled').some(({ boots }) => boots === 'rom')).toBe(true);
    expectIdle(profile, bench);
  });

  test('without an adapter on the bus, where the USB of the target is enough', async () => {
    const { result, bench, events } = await run(boards.direct, { adapter: { count: 0 } });
    expect(result).toMatchObject({ ok: true, method: 'lines', bootloader: 'dfu', application: 'seen' });
    expect(events).toContainEqual({ event: 'gpio.opened', chip: 'gpiochip0', offsets: [21, 20] });
    expect(events.some(({ event }) => event === 'adapter.opened')).toBe(false);
    expectIdle(boards.direct, bench);
  });

  test('over a serial port without modem lines', async () => {
    const { result } = await run(boards['with a USART'], { adapter: { linesUnsupported: true } });
    expect(result).toMatchObject({ ok: true, method: 'lines', bootloader: 'usart', verified: true });
  });

  test('NRST is never pushed high: its GPIO is an open drain, unless a transistor is between', () => {
    expect(boards.direct.hostLines).toMatchObject({ rts: { offset: 21, isOpenDrain: true, idle: 1 } });
    expect(boards.direct.hostLines).toMatchObject({ dtr: { offset: 20, isOpenDrain: false, idle: 0 } });
    expect(boards.inverted.hostLines).toMatchObject({ rts: { offset: 21, isOpenDrain: false, idle: 0 } });
    expect(boards.inverted.hostLines).toMatchObject({ dtr: { offset: 20, isOpenDrain: false, idle: 1 } });
  });

  test('taking the lines and opening the port of the USART reset nothing', async () => {
    const bench = createSimBench({ profile: boards['with a USART'], scenario: 'healthy' });
    const { error } = await recover({ profile: boards['with a USART'], bench, noEntry: true });
    expect(error?.code).toBe('bootloader-absent');
    expect(bench.truth.of('nrst')).toEqual([]);
    expect(bench.truth.of('gpio')).toEqual([]);
  });

  test('`reset` starts the application', async () => {
    const bench = createSimBench({ profile: boards.direct, scenario: 'healthy' });
    expect(await reset({ profile: boards.direct, bench })).toMatchObject({ ok: true, target: 'application' });
    await sleep(bench.clock, 100); // NRST rises
    expect(bench.truth.of('boot0-sampled').at(-1)).toMatchObject({ boots: 'application' });
    expectIdle(boards.direct, bench);
  });
});

describe('`doctor` looks at the lines and takes none', () => {
  const host = { platform: 'linux', nodeVersion: '22.1.0', isRoot: true, modemManagerRuns: false, modules: [] };
  const facts = { ...host, ports: {}, runtimeDfu: [] };
  test.each([
    [{}, 'ok', /^line 21 of gpiochip0 and line 20 of gpiochip0/],
    [{ heldBy: 'spi0 CS0' }, 'problem', /held by "spi0 CS0"/],
  ] as const)('%j', async (gpio, verdict, seen) => {
    const scenario = { ...scenarioNamed('healthy'), adapter: { count: 0 as const }, gpio };
    const bench = createSimBench({ profile: boards.direct, scenario });
    const { findings } = await doctor({
      bench,
      host: facts,
      profile: boards.direct,
      portTrouble: async () => undefined,
    });
    const rows = findings.filter(({ check }) => check === 'profile-gpio');
    expect(rows).toMatchObject([{ verdict, seen: expect.stringMatching(seen) }]);
    expect(findings.filter(({ check }) => check === 'profile-adapter')).toEqual([]);
    expect(bench.truth.events.filter(({ what }) => what.startsWith('gpio'))).toEqual([]);
  });
});

describe('refusals name what was seen', () => {
  test('a USART that has no adapter may be a port of the computer itself', async () => {
    const { result } = await run(boards['with a USART'], { adapter: { count: 0 } });
    expect(result.error).toMatchObject({
      code: 'adapter-missing',
      hint: expect.stringContaining('--port /dev/serial0'),
    });
  });

  const cases: readonly [string, ScenarioDifferences['gpio'], BootctlError['code'], RegExp][] = [
    ['held', { heldBy: 'spi0 CS0' }, 'gpio-busy', /Line 21 of gpiochip0 is held by "spi0 CS0"/],
    ['denied', { denied: true }, 'gpio-denied', /\/dev\/gpiochip0 may not be opened/],
    ['no such chip', { missing: 'chip' }, 'gpio-missing', /no GPIO chip gpiochip0 here; chips here: gpiochip/],
    ['no GPIO at all', { missing: 'all' }, 'gpio-unavailable', /no GPIO/],
  ];
  test.each(cases)('%s', async (_name, gpio, code, message) => {
    const { result, bench } = await run(boards.direct, { gpio: gpio! });
    expect(result).toMatchObject({ ok: false, exitCode: 3, target: 'untouched', error: { code } });
    expect(result.error?.message).toMatch(message);
    expect(result.attempts.length).toBeLessThanOrEqual(1);
    expect(bench.truth.of('nrst')).toEqual([]);
  });

  test('a chip that fails in the midst of a job ends it, with every line idle that can be moved', async () => {
    const profile = boards['NRST beside RTS'];
    const { result, bench } = await run(profile, { gpio: { failsAfter: 2 } });
    expect(result).toMatchObject({ ok: false, exitCode: 3, error: { code: 'gpio-failed' } });
    expect(bench.truth.of('lines').at(-1)).toMatchObject({ rts: 'released' });
    expect(left(bench).isGivenBack).toBe(true);
  });

  test('a job on a bench without GPIO is refused', async () => {
    const { gpio: _none, ...bench } = createSimBench({ profile: boards.direct });
    const result = await recover({ profile: boards.direct, bench });
    expect(result).toMatchObject({ ok: false, error: { code: 'gpio-unavailable' } });
  });
});

describe('the lines end idle and given back, whatever happens', () => {
  test('by an abort at any time, with any fault', async () => {
    const faults: readonly ScenarioDifferences[] = [
      {},
      { board: { boot0Stuck: 0 } },
      { board: { nrstOpen: true } },
      { usbDenied: true },
      { cablePulled: true },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(boards)),
        fc.constantFrom(...faults),
        fc.option(fc.integer({ min: 0, max: 4_000 }), { nil: undefined }),
        async (profile, fault, stopAfter) => {
          const { bench } = await run(profile, fault, stopAfter);
          expectIdle(profile, bench);
        },
      ),
      { numRuns: 60 },
    );
  });
});
