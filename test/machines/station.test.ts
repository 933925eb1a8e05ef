import { describe, expect, test, vi } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { type StationInput, type StationMachineEvent, stationMachine } from '../../machines/station.machine.ts';
import type { SlotPhase } from '../../machines/station.policy.ts';
import { failure, later } from '../helpers/machines.ts';

async function start(input: Partial<StationInput> = {}, prepare: () => Promise<void> = async () => {}) {
  const machine = stationMachine.provide({ actors: { prepare: fromPromise(prepare) } });
  const whole = { mode: 'parallel', together: 8, units: undefined, slots: ['A', 'B', 'C'], ...input } as const;
  const actor = createActor(machine, { input: whole }).start();
  await vi.waitFor(() => expect(actor.getSnapshot().value).not.toBe('starting'));
  const send = (event: StationMachineEvent) => actor.send(event);
  return {
    send,
    state: () => actor.getSnapshot().value,
    status: () => actor.getSnapshot().status,
    turns: () => actor.getSnapshot().context.turns,
    context: () => actor.getSnapshot().context,
    slots: (phases: Readonly<Record<string, SlotPhase>>, isGolden = false) => {
      for (const [slot, phase] of Object.entries(phases)) send({ type: 'slot.changed', slot, phase, isGolden });
    },
  };
}

const held: StationMachineEvent = { type: 'station.held', why: { code: 'lead', why: 'the disk is full' } };

describe('turns', () => {
  test('parallel: each slot by itself, so many at once', async () => {
    const station = await start({ together: 2 });
    station.slots({ C: 'ready', A: 'ready', B: 'ready' });
    expect(station.turns()).toEqual(['C', 'A']);
    station.slots({ C: 'busy' });
    expect(station.turns()).toEqual(['A']);
    station.slots({ A: 'busy' });
    expect(station.turns()).toEqual([]);
    station.slots({ C: 'done' });
    expect(station.turns()).toEqual(['B']);
  });

  test('a slot that says once more that it is ready keeps its place, in the queue and in the batch', async () => {
    const station = await start();
    station.slots({ A: 'ready', B: 'ready' });
    station.slots({ A: 'ready' });
    expect(station.turns()).toEqual(['A', 'B']);
    const batch = await start({ mode: 'batch' });
    batch.slots({ A: 'ready', B: 'ready', C: 'ready' });
    batch.slots({ A: 'ready' });
    expect(batch.turns()).toEqual(['A', 'B', 'C']);
  });

  test('sequential: one at a time, the first that was ready first', async () => {
    const station = await start({ mode: 'sequential' });
    station.slots({ B: 'ready', A: 'ready' });
    expect(station.turns()).toEqual(['B']);
    station.slots({ B: 'busy' });
    expect(station.turns()).toEqual([]);
    station.slots({ B: 'done' });
    expect(station.turns()).toEqual(['A']);
  });

  test('batch: all together, and the next batch when all have done', async () => {
    const station = await start({ mode: 'batch' });
    station.slots({ A: 'ready', B: 'ready' });
    expect(station.turns()).toEqual([]);
    station.slots({ C: 'ready' });
    expect(station.turns()).toEqual(['A', 'B', 'C']);
    station.slots({ A: 'busy', B: 'busy', C: 'busy' });
    station.slots({ A: 'done' });
    station.slots({ A: 'idle' });
    station.slots({ A: 'ready' });
    expect(station.turns()).toEqual([]);
    station.slots({ B: 'done', C: 'done' });
    expect(station.turns()).toEqual([]);
    station.slots({ B: 'ready', C: 'ready' });
    expect(station.turns()).toEqual(['A', 'B', 'C']);
  });

  test('batch: a slot that is held does not keep the others waiting', async () => {
    const station = await start({ mode: 'batch' });
    station.slots({ A: 'ready', B: 'ready', C: 'held' });
    expect(station.turns()).toEqual(['A', 'B']);
  });

  test('batch: a unit that is taken out before its turn leaves the batch', async () => {
    const station = await start({ mode: 'batch', together: 2 });
    station.slots({ A: 'ready', B: 'ready', C: 'ready' });
    expect(station.turns()).toEqual(['A', 'B']);
    station.slots({ A: 'busy', B: 'busy', C: 'idle' });
    station.slots({ A: 'done', B: 'done' });
    station.slots({ A: 'ready', B: 'ready', C: 'ready' });
    expect(station.turns()).toEqual(['A', 'B']);
  });
});

test('batch: who is done early does not run again before the last of the batch has run', async () => {
  const station = await start({ mode: 'batch', together: 2 });
  station.slots({ A: 'ready', B: 'ready', C: 'ready' });
  station.slots({ A: 'busy', B: 'busy' });
  station.slots({ A: 'done', B: 'done' });
  station.slots({ A: 'ready', B: 'ready' });
  expect(station.turns()).toEqual(['C']);
  station.slots({ C: 'busy' });
  station.slots({ C: 'done' });
  station.slots({ C: 'ready' });
  expect(station.turns()).toEqual(['A', 'B']);
});

test('so many good units as are wanted are begun, and no more; then the station drains', async () => {
  const station = await start({ units: 2 });
  station.slots({ A: 'ready', B: 'ready', C: 'ready' });
  expect(station.turns()).toEqual(['A', 'B']);
  station.slots({ A: 'busy', B: 'busy' });
  expect(station.turns()).toEqual([]);
  station.send({ type: 'unit.passed' });
  station.slots({ A: 'done', B: 'done' });
  expect(station.turns()).toEqual(['C']);
  station.slots({ C: 'busy' });
  station.send({ type: 'unit.passed' });
  expect(station.state()).toBe('draining');
  station.slots({ C: 'done' });
  expect(station.state()).toBe('stopped');
});

test('a station that is held gives no turns until it is cleared', async () => {
  const station = await start();
  station.slots({ A: 'ready' });
  station.send(held);
  expect([station.state(), station.turns(), station.context().heldBy]).toEqual([
    'held',
    [],
    { code: 'lead', why: 'the disk is full' },
  ]);
  station.slots({ B: 'ready' });
  expect(station.turns()).toEqual([]);
  station.send({ type: 'station.cleared' });
  expect([station.state(), station.turns(), station.context().heldBy]).toEqual(['ready', ['A', 'B'], undefined]);
});

test('a slot process that does not start holds the station', async () => {
  const station = await start({}, () => Promise.reject(failure('slot-lost')));
  expect([station.state(), station.context().heldBy]).toEqual([
    'held',
    { code: 'failed', error: 'slot-lost', detail: 'made up: slot-lost' },
  ]);
});

test('while golden units are due only they have turns', async () => {
  const station = await start();
  station.slots({ A: 'ready' });
  station.send({ type: 'golden.due' });
  expect([station.state(), station.turns()]).toEqual(['checking', []]);
  station.slots({ B: 'ready' }, true);
  expect(station.turns()).toEqual(['B']);
  station.slots({ B: 'busy' }, true);
  station.slots({ B: 'done' });
  station.send({ type: 'golden.passed' });
  expect([station.state(), station.turns()]).toEqual(['ready', ['A']]);
});

test('a golden unit that was taken out, and comes as a usual one, has no turn while golden units are due', async () => {
  const station = await start();
  station.send({ type: 'golden.due' });
  station.slots({ A: 'ready', B: 'ready' }, true);
  station.slots({ A: 'ready' }, true);
  expect(station.context().golden).toEqual(['A', 'B']);
  station.slots({ A: 'idle' });
  station.slots({ A: 'ready' });
  expect([station.turns(), station.context().golden]).toEqual([['B'], ['B']]);
});

describe('what its fleet has against a unit', () => {
  const byFleet: StationMachineEvent = { type: 'fleet.held', why: { code: 'fleet-holds', why: 'two computers' } };
  const released: StationMachineEvent = { type: 'fleet.released' };

  test.each(['ready', 'checking'] as const)('holds it in %s, until the fleet says otherwise', async (state) => {
    const station = await start();
    if (state === 'checking') station.send({ type: 'golden.due' });
    station.slots({ A: 'ready' }, true);
    station.send(byFleet);
    expect([station.state(), station.turns(), station.context().heldByFleet]).toEqual([
      'held',
      [],
      { code: 'fleet-holds', why: 'two computers' },
    ]);
    station.send(released);
    expect([station.state(), station.turns(), station.context().heldByFleet]).toEqual([state, ['A'], undefined]);
  });

  test('and what a person has against it are two things: both have to end', async () => {
    const station = await start();
    for (const [first, second] of [
      [released, { type: 'station.cleared' }],
      [{ type: 'station.cleared' }, released],
    ] as const) {
      station.send(byFleet);
      station.send(held);
      station.send(first);
      expect(station.state()).toBe('held');
      station.send(second);
      expect(station.state()).toBe('ready');
    }
  });

  test('is known from the first moment on, as are a lead who holds it and golden units that are due', async () => {
    const prepared = later<void>();
    const machine = stationMachine.provide({ actors: { prepare: fromPromise(() => prepared.promise) } });
    const input = { mode: 'parallel', together: 1, units: undefined, slots: ['A'] } as const;
    const actor = createActor(machine, { input }).start();
    const twice: readonly StationMachineEvent[] = [
      byFleet,
      released,
      held,
      { type: 'station.cleared' },
      { type: 'golden.due' },
      { type: 'golden.passed' },
    ];
    for (const event of twice) actor.send(event);
    const none = { heldBy: undefined, heldByFleet: undefined, isGoldenDue: false };
    expect(actor.getSnapshot().context).toMatchObject(none);
    for (const event of [byFleet, held, { type: 'golden.due' } as const]) actor.send(event);
    expect(actor.getSnapshot().context).toMatchObject({
      heldBy: { code: 'lead' },
      heldByFleet: { code: 'fleet-holds' },
    });
    prepared.resolve();
    await vi.waitFor(() => expect(actor.getSnapshot().value).toBe('held'));
    actor.send(released);
    actor.send({ type: 'station.cleared' });
    expect(actor.getSnapshot().value).toBe('checking');
  });
});

test('a station that is held while golden units are due, and has made enough meanwhile, drains', async () => {
  const station = await start({ units: 1 });
  station.slots({ A: 'busy' });
  station.send(held);
  station.send({ type: 'unit.passed' });
  expect(station.state()).toBe('draining');
});

test('a golden unit that has shown something else holds the station, and they stay due', async () => {
  const station = await start();
  station.send({ type: 'golden.due' });
  station.send(held);
  station.send({ type: 'station.cleared' });
  expect(station.state()).toBe('checking');
});

describe('the end', () => {
  test('waits for what is under way, and gives no turns meanwhile', async () => {
    const station = await start();
    station.slots({ A: 'busy', B: 'ready' });
    station.send({ type: 'station.ended', aborts: false });
    expect([station.state(), station.turns(), station.context().aborts]).toEqual(['draining', [], false]);
    station.send({ type: 'station.ended', aborts: true });
    expect(station.context().aborts).toBe(true);
    station.slots({ A: 'done' });
    expect([station.state(), station.status()]).toEqual(['stopped', 'done']);
  });

  test.each(['held', 'starting'] as const)('comes from %s as well', async (from) => {
    const never = () => new Promise<void>(() => {});
    const machine = stationMachine.provide({
      actors: { prepare: fromPromise(from === 'held' ? async () => {} : never) },
    });
    const actor = createActor(machine, {
      input: { mode: 'parallel', together: 1, units: undefined, slots: ['A'] },
    }).start();
    if (from === 'held') actor.send(held);
    actor.send({ type: 'station.ended', aborts: true });
    await vi.waitFor(() => expect(actor.getSnapshot().value).toBe('stopped'));
  });
});
