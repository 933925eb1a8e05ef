import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { StartSlotProcess } from '../../src/jig/station/slot-worker.ts';
import type { StationSpec } from '../../src/jig/station/station-spec.ts';
import type { StationEvent, StationRequest } from '../../src/jig/station-view.ts';
import { emptyResult } from '../../src/ops/result.ts';
import { chipOfUnit, type JigRun, jigPlan, startJig } from '../helpers/jig.ts';
import { device } from '../helpers/machines.ts';

/** Resolves with the first event that is meant. */
const seen = <Event extends StationEvent>(
  jig: JigRun,
  isMeant: (event: StationEvent) => event is Event,
): Promise<Event> =>
  new Promise((resolve) => {
    const stop = jig.station.subscribe((event) => {
      if (!isMeant(event)) return;
      stop();
      resolve(event);
    });
  });

const slotIn =
  (name: string, state: string) =>
  (event: StationEvent): event is Extract<StationEvent, { event: 'slot' }> =>
    event.event === 'slot' && event.slot.name === name && event.slot.state === state;

const stationIn =
  (state: string) =>
  (event: StationEvent): event is Extract<StationEvent, { event: 'station' }> =>
    event.event === 'station' && event.view.state === state;

let requests = 0;
type Asked = StationRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, 'id' | 'operator'>
    : never
  : never;
const ask = ({ station }: JigRun, request: Asked) =>
  station.request({ id: `t${++requests}`, operator: 'test', ...request } as StationRequest);

const numbersOf = ({ records }: JigRun) => records.runs.map(({ number }) => number);

test('a station makes as many good units as are wanted, no more, and ends', async () => {
  const jig = await startJig({ changes: { wanted: 5 } });
  const { isEnough, view } = await jig.ended;
  expect([isEnough, view.state]).toEqual([true, 'stopped']);
  expect(jig.records.runs.map(({ serial, end }) => [serial, end?.outcome])).toEqual(
    [1, 2, 3, 4, 5].map((number) => [`SN${number}`, 'pass']),
  );
  const [{ end, request }] = jig.records.runs as [JigRun['records']['runs'][number]];
  expect(end).toMatchObject({ method: 'rc-cap', flash: 'verified', code: undefined });
  expect(end?.measurements.map(({ name }) => name)).toEqual(['enter', 'program', 'applicationSeen', 'holdMargin']);
  expect(request).toMatchObject({ slot: expect.stringMatching(/^A[12]$/), lot: 'L1', purpose: 'production' });
});

test('a verdict is shown once its row is on the disk', async () => {
  const jig = await startJig({ changes: { wanted: 3 } });
  let shown = 0;
  jig.station.subscribe((event) => {
    if (event.event !== 'slot' || event.slot.verdict === undefined) return;
    shown += 1;
    expect(jig.records.runs.find(({ run }) => run === event.slot.run)?.end?.outcome).toBe(event.slot.verdict.outcome);
  });
  await jig.ended;
  expect(shown).toBeGreaterThanOrEqual(3);
});

test('a slot whose process is killed has an error and comes back; the other slot makes its units meanwhile', async () => {
  const jig = await startJig({ changes: { wanted: 6 } });
  await seen(jig, slotIn('A1', 'running'));
  process.kill(jig.pids()[0]!, 'SIGKILL');
  const { slot } = await seen(jig, slotIn('A1', 'verdict'));
  expect(slot.verdict).toMatchObject({
    outcome: 'error',
    code: 'slot-lost',
    message: expect.stringContaining('SIGKILL'),
  });
  await jig.ended;
  const of = (name: string) =>
    jig.records.runs.filter(({ request }) => request.slot === name).map(({ end }) => end?.outcome);
  expect(of('A1').slice(0, 2)).toEqual(['error', 'pass']);
  expect(of('A2').every((outcome) => outcome === 'pass')).toBe(true);
  expect(jig.records.runs[0]!.end?.flash).toBe('unknown');
  expect(new Set(numbersOf(jig)).size).toBe(jig.records.runs.length);
});

test('a slot that loses its adapter has an error, and goes on when it is back', async () => {
  let lost = 0;
  const simulatedUnit = (slot: string) => ({
    scenario: slot === 'A1' && lost++ === 0 ? 'adapter-lost' : 'crashed',
    chipUid: chipOfUnit(1),
  });
  const jig = await startJig({ changes: { wanted: 4, simulatedUnit } });
  await jig.ended;
  const codes = jig.records.runs.map(({ request, end }) => `${request.slot} ${end?.outcome} ${end?.code ?? ''}`);
  expect(codes).toContain('A1 error adapter-lost');
  expect(codes).toContain('A1 pass ');
  expect(codes.filter((code) => code.startsWith('A2')).every((code) => code === 'A2 pass ')).toBe(true);
});

test('an adapter that is plugged in after the start begins nothing; its slot says that it was missing, and works with a unit', async () => {
  const at = (path: string, id: string) => device(path, `${path}#1`, id);
  let devices = [at('1-1.1', '0403:6001')];
  let look = () => {};
  const bus: StationSpec['bus'] = {
    list: async () => devices,
    onChange: (listener) => {
      look = listener;
      return () => {};
    },
  };
  const jig = await startJig({ operates: false, changes: { bus } });
  await seen(jig, stationIn('ready'));
  const adapterOf = (name: string) => jig.station.view().slots.find((slot) => slot.name === name)?.adapter;
  expect([adapterOf('A1'), adapterOf('A2')]).toEqual([undefined, { is: 'missing', place: '1-1.2' }]);
  const begun = seen(jig, slotIn('A2', 'running'));
  const alone = seen(
    jig,
    (event): event is StationEvent => event.event === 'slot' && event.slot.adapter?.is === 'alone',
  );
  devices = [...devices, at('1-1.2', '0403:6001')];
  look();
  await alone;
  await new Promise((resolve) => setTimeout(resolve, 10 * jigPlan().start.settle));
  expect([jig.station.view().slots[1]?.state, jig.records.runs]).toEqual(['absent', []]);
  devices = [...devices, at('1-2.2', '0483:5740')];
  look();
  await begun;
  expect(adapterOf('A2')).toBeUndefined();
  jig.station.end({ aborts: true });
  await jig.ended;
});

test('adapters that come with their units begin runs', async () => {
  const jig = await startJig({ plan: { ...jigPlan(), adapters: 'unit' }, changes: { wanted: 3 } });
  const { view } = await jig.ended;
  expect(view.counts.passed).toBe(3);
  expect(jig.events.some((event) => event.event === 'slot' && event.slot.adapter !== undefined)).toBe(false);
});

test('records that take no more hold the station: no verdict is shown, and what is missing is written when it is cleared', async () => {
  const plan = jigPlan({ start: { on: ['button'], settle: 5 } }, 1);
  const jig = await startJig({ plan, operates: false });
  await seen(jig, stationIn('ready'));
  const running = seen(jig, slotIn('A1', 'running'));
  expect(ask(jig, { request: 'start', slot: 'A1' })).toEqual({ ok: true });
  await running;
  jig.records.trouble = new BootctlError('records-unwritable', 'the disk is full');
  const { slot } = await seen(jig, slotIn('A1', 'held'));
  expect([slot.heldBy, slot.verdict]).toEqual(['the disk is full', undefined]);
  expect(jig.station.view()).toMatchObject({
    ...{ state: 'held', heldBy: 'the disk is full' },
    heldReason: { code: 'records-unusable', error: 'records-unwritable', detail: 'the disk is full' },
  });
  jig.records.trouble = undefined;
  const shown = seen(jig, slotIn('A1', 'verdict'));
  ask(jig, { request: 'clear', why: 'made room' });
  expect((await shown).slot.verdict?.outcome).toBe('pass');
  expect(jig.records.runs.map(({ end }) => end?.outcome)).toEqual(['pass']);
  jig.station.end({ aborts: true });
  await jig.ended;
});

test('the end aborts what runs, with its row closed', async () => {
  const jig = await startJig({ changes: { simulated: 'real' } });
  await seen(jig, slotIn('A1', 'running'));
  jig.station.end({ aborts: true });
  const { isEnough } = await jig.ended;
  expect(isEnough).toBe(false);
  expect(jig.records.runs.map(({ end }) => end?.outcome)).not.toContain(undefined);
  expect(jig.records.runs.map(({ end }) => end?.outcome)).toContain('aborted');
});

describe('units with a label', () => {
  const plan = jigPlan({ start: { on: ['insert', 'scan'], settle: 5 } });

  test('begin when both have come, under the scanned number', async () => {
    const jig = await startJig({ plan, changes: { wanted: 4 } });
    await jig.ended;
    const serials = jig.records.runs.map(({ serial }) => serial);
    expect(new Set(serials).size).toBe(serials.length);
    expect(serials.every((serial) => /^SN\d+$/.test(serial ?? ''))).toBe(true);
  });

  test('are not in two slots at once; a code without a slot goes to the only one that waits', async () => {
    const jig = await startJig({ plan, operates: false });
    await seen(jig, stationIn('ready'));
    expect(ask(jig, { request: 'scan', code: 'SN1' })).toMatchObject({
      ...{ ok: false, code: 'usage', reason: { code: 'many-wait', slots: 'A1, A2' } },
    });
    expect(ask(jig, { request: 'scan', code: 'SN1', slot: 'A1' })).toEqual({ ok: true });
    expect(ask(jig, { request: 'scan', code: 'SN1', slot: 'A2' })).toMatchObject({
      ...{ ok: false, code: 'unit-refused', reason: { code: 'label-elsewhere', label: 'SN1', slot: 'A1' } },
    });
    expect(ask(jig, { request: 'scan', code: 'SN2' })).toEqual({ ok: true });
    expect(jig.station.view().slots.map(({ serial }) => serial)).toEqual(['SN1', 'SN2']);
    expect(ask(jig, { request: 'scan', code: 'SN3', slot: 'B7' })).toMatchObject({
      ...{ ok: false, code: 'usage', reason: { code: 'slot-unknown', slot: 'B7', slots: 'A1, A2' } },
    });
    expect(ask(jig, { request: 'scan', code: 'SN3' })).toMatchObject({ reason: { code: 'none-waits' } });
    expect(ask(jig, { request: 'start', slot: 'A1' })).toMatchObject({ reason: { code: 'no-button' } });
    expect(ask(jig, { request: 'again', slot: 'A1' })).toMatchObject({ reason: { code: 'no-run', slot: 'A1' } });
    jig.station.end({ aborts: true });
    await jig.ended;
  });
});

test('a request with the same id is the same request', async () => {
  const jig = await startJig({ plan: jigPlan({ start: { on: ['scan'], settle: 5 } }), operates: false });
  await seen(jig, stationIn('ready'));
  const request = { id: 'once', operator: 'test', request: 'hold', why: 'lunch' } as const;
  expect(jig.station.request(request)).toEqual({ ok: true });
  expect(jig.station.request(request)).toEqual({ ok: true });
  expect(jig.records.notes).toEqual(['hold']);
  expect(jig.station.view()).toMatchObject({
    ...{ state: 'held', heldBy: 'lunch', heldReason: { code: 'lead', why: 'lunch' } },
  });
  jig.station.end({ aborts: true });
  await jig.ended;
});

test('three failures in a row hold a slot, and say so', async () => {
  const plan = jigPlan({ start: { on: ['button'], settle: 5 } }, 1);
  const jig = await startJig({
    plan,
    operates: false,
    changes: { simulatedUnit: () => ({ scenario: 'nrst-open', chipUid: chipOfUnit(1) }) },
  });
  await seen(jig, stationIn('ready'));
  const held = seen(jig, slotIn('A1', 'held'));
  for (let run = 0; run < 3; run++) {
    const ended = seen(jig, (event): event is Extract<StationEvent, { event: 'run' }> => event.event === 'run');
    ask(jig, { request: 'start', slot: 'A1' });
    expect((await ended).run.outcome).toBe('fail');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const reason = { code: 'failures-in-a-row', slot: 'A1', failures: 3 };
  expect((await held).slot).toMatchObject({ heldBy: '3 failures in a row in slot A1', heldReason: reason });
  expect(jig.events).toContainEqual({
    ...{ event: 'alarm', slot: 'A1', message: '3 failures in a row in slot A1', reason },
    hint: 'Look at the contacts, the cables and the adapter of the slot, then clear it.',
  });
  ask(jig, { request: 'clear', slot: 'A1', why: 'new contacts' });
  expect(jig.events).toContainEqual({ event: 'cleared', slot: 'A1' });
  expect(jig.station.view().slots[0]).toMatchObject({ heldBy: undefined, heldReason: undefined });
  jig.station.end({ aborts: true });
  await jig.ended;
});

test('golden units come first, and one that shows something else holds the station', async () => {
  const golden = { every: 3_600_000, units: { 'GOLD-1': 'pass', 'GOLD-BAD': 'methods-exhausted' } };
  const plan = jigPlan({ start: { on: ['scan'], settle: 5 }, hold: { failuresInARow: 3, golden } }, 1);
  let scenario = 'crashed';
  const jig = await startJig({
    plan,
    operates: false,
    changes: { simulatedUnit: () => ({ scenario, chipUid: chipOfUnit(1) }) },
  });
  const runOf = async (code: string, with_: string) => {
    scenario = with_;
    const ended = seen(jig, slotIn('A1', 'verdict'));
    expect(ask(jig, { request: 'scan', code, slot: 'A1' })).toEqual({ ok: true });
    return (await ended).slot.verdict?.code;
  };
  await seen(jig, stationIn('held'));
  expect(jig.station.view().heldBy).toBe('golden units are due: GOLD-1 and GOLD-BAD');
  expect(await runOf('GOLD-1', 'crashed')).toBeUndefined();
  expect(jig.station.view().heldBy).toBe('golden units are due: GOLD-BAD');
  expect(await runOf('GOLD-BAD', 'crashed')).toBeUndefined();
  expect(jig.station.view().heldBy).toMatch(/GOLD-BAD should have shown methods-exhausted, and has shown pass/);
  ask(jig, { request: 'clear', why: 'looked at the lines' });
  expect(await runOf('GOLD-BAD', 'nrst-open')).toBe('methods-exhausted');
  expect(jig.station.view().state).toBe('ready');
  expect(jig.records.runs.every(({ request }) => request.purpose === 'golden')).toBe(true);
  jig.station.end({ aborts: true });
  await jig.ended;
});

describe('golden units of a station that starts again', () => {
  const golden = { every: 600_000, units: { 'GOLD-1': 'pass', 'GOLD-BAD': 'methods-exhausted' } };
  const plan = jigPlan({ hold: { failuresInARow: 3, golden } });
  const lastRuns = (age: number) => {
    const ended = Date.now() - age;
    return [
      { label: 'GOLD-1', outcome: 'pass', code: null, ended } as const,
      { label: 'GOLD-BAD', outcome: 'fail', code: 'methods-exhausted', ended } as const,
    ];
  };

  test('are not due while their round lasts', async () => {
    const jig = await startJig({ plan, lastGolden: lastRuns(1_000), changes: { wanted: 2 } });
    await jig.ended;
    expect(jig.records.runs.map(({ request }) => request.purpose)).toEqual(['production', 'production']);
  });

  test('are due in the midst of the work when it is over: units make way, both are brought, and the work goes on', async () => {
    const jig = await startJig({
      ...{ plan, lastGolden: lastRuns(golden.every - 1_000) },
      golden: { 'GOLD-1': 'crashed', 'GOLD-BAD': 'nrst-open' },
    });
    const { view } = await seen(jig, stationIn('held'));
    expect(view.heldReason).toEqual({ code: 'golden-due', labels: ['GOLD-1', 'GOLD-BAD'] });
    await seen(jig, stationIn('ready'));
    const isProduction = (event: StationEvent): event is Extract<StationEvent, { event: 'run' }> =>
      event.event === 'run' && event.run.serial !== 'GOLD-BAD';
    expect((await seen(jig, isProduction)).run.outcome).toBe('pass');
    jig.station.end({ aborts: true });
    await jig.ended;
    const checks = jig.records.runs.filter(({ request }) => request.purpose === 'golden');
    expect(checks.map(({ serial, end }) => [serial, end?.outcome, end?.code])).toEqual([
      ['GOLD-1', 'pass', undefined],
      ['GOLD-BAD', 'fail', 'methods-exhausted'],
    ]);
  });
});

/** Slot processes that do each job at once; `margin` of the hold window is what they measure of their n-th unit. */
const processesThat = (margin: (slot: string, unit: number) => number): StartSlotProcess => {
  const units = new Map<string, number>();
  return (onMessage) => {
    let end: (how: string) => void = () => {};
    return {
      ...{ pid: undefined, kill: () => end('killed'), exited: new Promise((resolve) => (end = resolve)) },
      send(message) {
        const sent = message as { type: string; unit?: { run: string; slot: string } };
        if (sent.type === 'setup') onMessage({ type: 'ready' });
        if (sent.type === 'stop') end('code 0');
        if (sent.type !== 'job') return;
        const { run, slot } = sent.unit!;
        const unit = units.get(slot) ?? 0;
        units.set(slot, unit + 1);
        const result = { ...emptyResult, ok: true, exitCode: 0, flash: 'verified' };
        onMessage({
          ...{ type: 'done', run, result },
          figures: [{ name: 'holdMargin', value: margin(slot, unit), unit: 'ms' }],
        });
      },
    };
  };
};

test('a capacitor that ages is told by the running station, for its slot and once, while every unit passes', async () => {
  const limits = [{ name: 'holdMargin', low: 5, high: undefined, unit: 'ms' }];
  const startProcess = processesThat((slot, unit) => (slot === 'A1' ? 12 - 0.05 * unit : 12) + (unit % 2 ? 0.1 : -0.1));
  const jig = await startJig({ plan: jigPlan({ limits }), changes: { wanted: 80, startProcess } });
  await jig.ended;
  const alarms = jig.events.filter(({ event }) => event === 'alarm');
  expect(alarms).toEqual([
    {
      ...{ event: 'alarm', slot: 'A1' },
      message: expect.stringMatching(
        /^holdMargin of slot A1 moves towards its limit: 11\.?\d* ms now, 5 ms in about \d+ runs$/,
      ),
      hint: expect.stringContaining('the capacitor on BOOT0'),
      reason: expect.objectContaining({ code: 'drift', slot: 'A1', figure: 'holdMargin', unit: 'ms', limit: 5 }),
    },
  ]);
  expect(jig.records.runs.every(({ end }) => end === undefined || end.outcome === 'pass')).toBe(true);
});
