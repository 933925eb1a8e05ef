import { describe, expect, test, vi } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import type { GrantStock } from '../../machines/fleet-grant.policy.ts';
import { fleetLinkMachine } from '../../machines/fleet-link.machine.ts';
import { failure, scriptedEffects } from '../helpers/machines.ts';

type Effect = 'greet' | 'report' | 'beat' | 'fetchLots' | 'giveBack' | 'ask' | 'send';

const answers: Readonly<Record<Effect, unknown>> = {
  greet: { acked: 0, mustReport: false, heldBy: undefined },
  report: undefined,
  beat: { mustReport: false, heldBy: undefined, lots: 'some' },
  fetchLots: undefined,
  giveBack: undefined,
  ask: { given: 500 },
  send: { acked: 0 },
};

function start(written = 0) {
  const { said, next, effect, settle } = scriptedEffects(answers);
  const clock = new SimulatedClock();
  const machine = fleetLinkMachine.provide({
    actors: {
      ...{ greet: effect('greet'), report: effect('report'), beat: effect('beat'), fetchLots: effect('fetchLots') },
      ...{ giveBack: effect('giveBack'), ask: effect('ask'), send: effect('send') },
    },
  });
  const actor = createActor(machine, { input: { written, acked: 0 }, clock }).start();
  return {
    ...{ actor, said, next, settle },
    state: () => actor.getSnapshot().value,
    pass: (ms: number) => {
      clock.increment(ms);
      return settle();
    },
  };
}

const stock = (changes: Partial<GrantStock> = {}): GrantStock => ({
  ...{ lot: 'L1', isOpen: true, units: 100, numbers: 400 },
  ...changes,
});

describe('what is said', () => {
  test('hello, a beat, the lots, and then nothing until the next beat', async () => {
    const link = start();
    await link.settle();
    expect(link.said).toEqual(['greet', 'beat', 'fetchLots']);
    expect(link.state()).toEqual({ connected: 'idle' });
    await link.pass(2_000);
    expect(link.said.slice(3)).toEqual(['beat']);
  });

  test('records go out from where the centre is, until all are there', async () => {
    const link = start(5);
    link.next.greet = { acked: 2, mustReport: false, heldBy: undefined };
    link.next.send = { acked: 5 };
    await link.settle();
    expect(link.said).toEqual(['greet', 'beat', 'fetchLots', 'send {"after":2,"rows":50}']);
    link.next.send = { acked: 6 };
    link.actor.send({ type: 'records.written', written: 6 });
    await link.settle();
    expect(link.said.at(-1)).toBe('send {"after":5,"rows":50}');
  });

  test('after a restore grants are told before anything else', async () => {
    const link = start(3);
    link.next.greet = { acked: 0, mustReport: true, heldBy: undefined };
    link.next.send = { acked: 3 };
    await link.settle();
    expect(link.said).toEqual(['greet', 'report', 'beat', 'fetchLots', 'send {"after":0,"rows":50}']);
  });

  test('lots are fetched again when somebody has changed one, and when a beat says so', async () => {
    const link = start();
    await link.settle();
    link.actor.send({ type: 'lots.changed' });
    await link.settle();
    expect(link.said.slice(3)).toEqual(['fetchLots']);
    link.next.beat = { mustReport: false, heldBy: undefined, lots: 'others' };
    await link.pass(2_000);
    expect(link.said.slice(4)).toEqual(['beat', 'fetchLots']);
  });
});

describe('grants', () => {
  test('units are asked for before the last is used, and numbers as many as there are units for', async () => {
    const link = start();
    await link.settle();
    link.actor.send({ type: 'stock.changed', stock: stock({ units: 20, numbers: 20 }), hasBack: false });
    await link.settle();
    expect(link.said).toHaveLength(3);
    link.next.ask = { given: 0 };
    link.actor.send({ type: 'stock.changed', stock: stock({ units: 19, numbers: 12 }), hasBack: false });
    await link.settle();
    const [units, numbers] = [
      'ask {"lot":"L1","kind":"units","most":500}',
      'ask {"lot":"L1","kind":"numbers","most":7}',
    ];
    expect(link.said.slice(3)).toEqual([units, numbers]);
    await link.pass(10_000);
    expect(link.said.slice(5)).toEqual(expect.arrayContaining([units, numbers]));
  });

  test('nothing is asked of a lot that is not open, by a station that is held, or where there are no numbers', async () => {
    const link = start();
    await link.settle();
    link.actor.send({ type: 'stock.changed', stock: stock({ units: 0, isOpen: false }), hasBack: false });
    link.actor.send({ type: 'stock.changed', stock: stock({ numbers: undefined }), hasBack: false });
    link.next.beat = { mustReport: false, heldBy: 'two computers', lots: 'some' };
    await link.pass(2_000);
    link.actor.send({ type: 'stock.changed', stock: stock({ units: 0 }), hasBack: false });
    await link.settle();
    expect(link.said.slice(3)).toEqual(['beat']);
    expect(link.state()).toEqual({ connected: 'held' });
  });

  test.each(['lot-held', 'lot-unknown'] as const)('a lot that is stopped meanwhile is no failure: %s', async (code) => {
    const link = start();
    link.next.ask = failure(code);
    link.actor.send({ type: 'stock.changed', stock: stock({ units: 0 }), hasBack: false });
    await link.settle();
    expect(link.state()).toEqual({ connected: 'idle' });
    expect(link.actor.getSnapshot().context.dry).toEqual(['units']);
    const asked = () => link.said.filter((word) => word.startsWith('ask')).length;
    await link.pass(9_999);
    expect(asked()).toBe(1);
    await link.pass(1);
    expect(asked()).toBe(2);
  });

  test('as long as the centre gives some, more is asked for; a drought begins anew with each answer', async () => {
    const link = start();
    await link.settle();
    const asked = () => link.said.filter((word) => word.startsWith('ask')).length;
    link.actor.send({ type: 'stock.changed', stock: stock({ units: 5, numbers: 5 }), hasBack: false });
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(1));
    expect(link.actor.getSnapshot().context.dry).toEqual([]);
    link.next.ask = { given: 0 };
    await link.settle();
    const before = asked();
    link.actor.send({ type: 'stock.changed', stock: undefined, hasBack: false });
    await link.pass(6_000);
    link.actor.send({ type: 'lots.changed' });
    link.actor.send({ type: 'stock.changed', stock: stock({ units: 5, numbers: 5 }), hasBack: false });
    await link.settle();
    expect(asked()).toBe(before + 1);
    await link.pass(9_999);
    expect(asked()).toBe(before + 1);
    await link.pass(1);
    expect(asked()).toBe(before + 2);
  });

  test('a station that ends asks for no more', async () => {
    const link = start();
    await link.settle();
    link.actor.send({ type: 'link.ended' });
    link.actor.send({ type: 'stock.changed', stock: stock({ units: 5 }), hasBack: false });
    await link.settle();
    expect([link.said.slice(3), link.state()]).toEqual([['beat'], 'ended']);
  });

  test('a station that is held goes on with beats, lots, records and what it gives back', async () => {
    const link = start();
    link.next.beat = { mustReport: false, heldBy: 'two computers', lots: 'some' };
    await link.settle();
    expect(link.state()).toEqual({ connected: 'held' });
    link.said.length = 0;
    link.actor.send({ type: 'lots.changed' });
    await link.settle();
    link.actor.send({ type: 'stock.changed', stock: undefined, hasBack: true });
    await link.settle();
    link.next.send = { acked: 1 };
    link.actor.send({ type: 'records.written', written: 1 });
    await link.settle();
    await link.pass(2_000);
    expect(link.said).toEqual(['fetchLots', 'giveBack', 'send {"after":0,"rows":50}', 'beat']);
    expect(link.state()).toEqual({ connected: 'held' });
  });

  test('what was written off is told', async () => {
    const link = start();
    await link.settle();
    link.actor.send({ type: 'stock.changed', stock: undefined, hasBack: true });
    await link.settle();
    expect(link.said.slice(3)).toEqual(['giveBack']);
  });
});

describe('a centre that is not reached', () => {
  test('is tried again, each time later, and at once after it has answered', async () => {
    const link = start();
    link.next.greet = failure('fleet-unreachable');
    await link.settle();
    expect(link.state()).toBe('offline');
    for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const before = link.said.length;
      await link.pass(pause - 1);
      expect(link.said).toHaveLength(before);
      await link.pass(1);
      expect(link.said).toHaveLength(before + 1);
    }
    delete link.next.greet;
    await link.pass(30_000);
    expect(link.actor.getSnapshot().context).toMatchObject({ error: undefined, pause: 500 });
    link.actor.send({ type: 'connection.lost', error: failure('fleet-unreachable') });
    expect(link.state()).toBe('offline');
  });

  test.each(['report', 'beat', 'fetchLots', 'giveBack', 'ask', 'send'] as const)(
    'in the midst of %s: it is tried again, and one that refuses waits for a person',
    async (effect) => {
      for (const [code, state] of [['fleet-unreachable', 'offline'] as const, ['fleet-refused', 'refused'] as const]) {
        const link = start(1);
        link.next.greet = { acked: 0, mustReport: effect === 'report', heldBy: undefined };
        link.next.send = { acked: 1 };
        const error = failure(code);
        link.next[effect] = error;
        const few = effect === 'ask' ? stock({ units: 5 }) : undefined;
        link.actor.send({ type: 'stock.changed', stock: few, hasBack: true });
        await vi.waitFor(() => expect(link.state()).toBe(state));
        expect(link.actor.getSnapshot().context.error).toBe(error);
        const said = link.said.length;
        await link.pass(999);
        expect(link.said).toHaveLength(said);
      }
    },
  );

  test('a connection that is lost is noticed without a question', async () => {
    const link = start();
    await link.settle();
    const error = failure('fleet-unreachable');
    link.actor.send({ type: 'connection.lost', error });
    expect([link.state(), link.actor.getSnapshot().context.error]).toEqual(['offline', error]);
    await link.pass(1_000);
    expect(link.state()).toEqual({ connected: 'idle' });
  });

  test('a network that is too slow gets fewer rows at once, and more again', async () => {
    const link = start(500);
    link.next.send = failure('fleet-unreachable');
    await link.settle();
    await link.pass(1_000);
    expect(link.said.filter((word) => word.startsWith('send'))).toEqual([
      'send {"after":0,"rows":50}',
      'send {"after":0,"rows":12}',
    ]);
    link.next.send = { acked: 500 };
    await link.pass(2_000);
    expect(link.actor.getSnapshot().context.batch).toBe(6);
  });

  test.each(['fleet-refused', 'fleet-missing', 'fleet-newer', 'fleet-records-forked', 'station-taken-over'] as const)(
    '%s waits for a person, and is asked again after 30 s',
    async (code) => {
      const link = start();
      link.next.greet = failure(code);
      await link.settle();
      expect(link.state()).toBe('refused');
      await link.pass(29_999);
      expect(link.said).toHaveLength(1);
      await link.pass(1);
      expect(link.said).toHaveLength(2);
    },
  );
});

describe('the end', () => {
  test('comes when the last record has arrived', async () => {
    const link = start();
    await link.settle();
    link.next.send = { acked: 2 };
    link.actor.send({ type: 'records.written', written: 2 });
    link.actor.send({ type: 'link.ended' });
    await link.settle();
    expect(link.said.slice(3)).toEqual(['send {"after":0,"rows":50}', 'beat']);
    expect(link.state()).toBe('ended');
  });

  test('leaves no timer behind that would keep the process', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const link = start();
    await link.settle();
    link.next.ask = { given: 0 };
    link.actor.send({ type: 'stock.changed', stock: stock({ units: 0, numbers: undefined }), hasBack: false });
    link.actor.send({ type: 'link.ended' });
    await link.settle();
    expect(link.state()).toBe('ended');
    await link.pass(60_000);
    // xstate warns of what is sent to an actor that has ended.
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  test('comes at once where the centre is not reached, and after 5 s where it does not answer', async () => {
    const offline = start();
    offline.next.greet = failure('fleet-unreachable');
    await offline.settle();
    offline.actor.send({ type: 'link.ended' });
    expect([offline.state(), offline.actor.getSnapshot().status]).toEqual(['ended', 'done']);
    const refused = start();
    refused.next.greet = failure('fleet-refused');
    await refused.settle();
    refused.actor.send({ type: 'link.ended' });
    expect(refused.state()).toBe('ended');
    const silent = start();
    silent.next.beat = new Promise(() => {});
    await silent.settle();
    silent.actor.send({ type: 'link.ended' });
    await silent.pass(4_999);
    expect(silent.state()).toEqual({ connected: 'beating' });
    await silent.pass(1);
    expect(silent.state()).toBe('ended');
  });
});
