import { describe, expect, test } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { type RackWorkerEmitted, rackWorkerMachine } from '../../machines/rack-worker.machine.ts';
import type { WorkerBeat, WorkersSeen } from '../../machines/rack-worker.policy.ts';
import { failure, scriptedEffects } from '../helpers/machines.ts';

type Effect = 'connect' | 'greet' | 'look' | 'beat' | 'giveUp' | 'leave';

const nobody: WorkersSeen = { workers: [], still: [] };
const own = [{ board: 'crane', owner: 'rack-1' }];

const answers: Readonly<Record<Effect, unknown>> = {
  connect: undefined,
  greet: own,
  look: nobody,
  beat: { isKnown: true, ...nobody },
  giveUp: { isGone: true },
  leave: undefined,
};

/** Worker rack-1, as process `one`. */
function start(changes: Partial<Record<Effect, unknown>> = {}) {
  const { said, next, effect, settle } = scriptedEffects(answers);
  Object.assign(next, changes);
  const clock = new SimulatedClock();
  const machine = rackWorkerMachine.provide({
    actors: {
      ...{ connect: effect('connect'), greet: effect('greet'), look: effect('look'), beat: effect('beat') },
      ...{ giveUp: effect('giveUp'), leave: effect('leave') },
    },
  });
  const actor = createActor(machine, { input: { worker: 'rack-1', life: 'one' }, clock });
  const emitted: RackWorkerEmitted[] = [];
  actor.on('*', (event) => emitted.push(event));
  actor.start();
  return {
    ...{ actor, said, next, settle },
    news: () => emitted.flatMap((one) => (one.type === 'worker.news' ? [one.news] : [])),
    given: () => emitted.flatMap((one) => (one.type === 'boards.given' ? [one.boards] : [])),
    state: () => actor.getSnapshot().value,
    failure: () => actor.getSnapshot().output?.failure,
    stop: async () => {
      actor.send({ type: 'worker.stopping' });
      actor.send({ type: 'jobs.ended' });
      await settle();
    },
    pass: (ms: number) => {
      clock.increment(ms);
      return settle();
    },
  };
}

const beat = (name: string, beats: number, life = 'other'): WorkerBeat => ({ name, life, beats });
const idle = { connected: 'idle' };

describe('a database that answers', () => {
  test('hello, the boards, and a beat every two seconds', async () => {
    const worker = start();
    await worker.settle();
    expect([worker.said, worker.given(), worker.news(), worker.state()]).toEqual([
      ['connect', 'greet'],
      [['crane']],
      [],
      idle,
    ]);
    await worker.pass(2_000);
    await worker.pass(2_000);
    expect(worker.said.slice(2)).toEqual(['beat', 'beat']);
  });

  test('a worker that was given up, and one whose queue broke, say hello again', async () => {
    const worker = start();
    await worker.settle();
    worker.next.beat = { isKnown: false, ...nobody };
    await worker.pass(2_000);
    worker.actor.send({ type: 'queue.broken' });
    await worker.settle();
    expect(worker.said.slice(2)).toEqual(['beat', 'greet', 'greet']);
    expect(worker.given()).toEqual([['crane'], ['crane'], ['crane']]);
  });

  test('what the database refuses ends it', async () => {
    const worker = start({ greet: failure('fleet-refused') });
    await worker.settle();
    expect([worker.state(), worker.failure()]).toEqual(['failed', worker.next.greet]);
  });

  test('a job that could not be done for a mistake of ours ends it, with that mistake', async () => {
    const worker = start();
    await worker.settle();
    const error = new TypeError('a mistake');
    worker.actor.send({ type: 'job.failed', error });
    expect([worker.state(), worker.failure()]).toEqual(['failed', error]);
  });
});

describe('a database that is away', () => {
  test('is said once, looked for every second, and said when it is back', async () => {
    const worker = start({ connect: failure('fleet-unreachable') });
    await worker.settle();
    expect(worker.state()).toBe('away');
    await worker.pass(1_000);
    expect(worker.said).toEqual(['connect', 'connect']);
    expect(worker.news()).toEqual([{ news: 'away', error: worker.next.connect }]);
    delete worker.next.connect;
    await worker.pass(1_000);
    expect([worker.state(), worker.news().at(-1)]).toEqual([idle, { news: 'back' }]);
  });

  test.each(['greet', 'beat'] as const)(
    'in the midst of %s: hello comes again, behind a new connection',
    async (effect) => {
      const worker = start();
      worker.next[effect] = failure('fleet-unreachable');
      await worker.pass(2_000);
      await worker.pass(2_000);
      expect(worker.state()).toBe('away');
      delete worker.next[effect];
      worker.said.length = 0;
      await worker.pass(1_000);
      expect([worker.said, worker.state()]).toEqual([['connect', 'greet'], idle]);
    },
  );

  test('a connection that is lost is noticed without a question', async () => {
    const worker = start();
    await worker.settle();
    const error = failure('fleet-unreachable');
    worker.actor.send({ type: 'connection.lost', error });
    expect([worker.state(), worker.news()]).toEqual(['away', [{ news: 'away', error }]]);
  });
});

describe('boards of other workers', () => {
  const shared = [...own, { board: 'drone', owner: 'rack-2' }];

  test('are named once, and left to them', async () => {
    const worker = start({ greet: shared });
    await worker.settle();
    worker.actor.send({ type: 'queue.broken' });
    await worker.settle();
    expect(worker.news()).toEqual([{ news: 'refused', board: 'drone', owner: 'rack-2' }]);
    expect(worker.given()).toEqual([['crane'], ['crane']]);
  });

  test('are asked for again when their worker has stood still and is given up', async () => {
    const worker = start({ greet: shared });
    await worker.settle();
    const dead = beat('rack-2', 7);
    worker.next.beat = { isKnown: true, workers: [dead], still: [dead] };
    await worker.pass(2_000);
    expect(worker.said.slice(2)).toEqual(['beat', `giveUp ${JSON.stringify(dead)}`, 'greet']);
    expect(worker.news().at(-1)).toEqual({ news: 'gave-up', worker: 'rack-2' });
  });

  test('stay where they are while their worker beats after all', async () => {
    const worker = start({ greet: shared, giveUp: { isGone: false } });
    await worker.settle();
    const dead = beat('rack-2', 7);
    worker.next.beat = { isKnown: true, workers: [dead], still: [dead] };
    await worker.pass(2_000);
    expect([worker.said.slice(3), worker.news()]).toEqual([
      [`giveUp ${JSON.stringify(dead)}`],
      [{ news: 'refused', board: 'drone', owner: 'rack-2' }],
    ]);
  });

  test('a worker of other boards that stands still is given up, and no hello follows', async () => {
    const worker = start();
    await worker.settle();
    const dead = [beat('rack-3', 1), beat('rack-4', 2)];
    worker.next.beat = { isKnown: true, workers: dead, still: dead };
    await worker.pass(2_000);
    expect(worker.said.slice(2).map((one) => one.split(' ')[0])).toEqual(['beat', 'giveUp', 'giveUp']);
    expect(worker.news().map((one) => 'worker' in one && one.worker)).toEqual(['rack-3', 'rack-4']);
  });

  test('where all belong to others, it ends once each of them was seen to beat', async () => {
    const worker = start({ greet: [{ board: 'drone', owner: 'rack-2' }] });
    await worker.settle();
    worker.next.beat = { isKnown: true, workers: [beat('rack-2', 7)], still: [] };
    await worker.pass(2_000);
    await worker.pass(2_000);
    expect(worker.state()).toEqual(idle);
    worker.next.beat = { isKnown: true, workers: [beat('rack-2', 8)], still: [] };
    await worker.pass(2_000);
    expect(worker.failure()).toMatchObject({
      code: 'board-taken',
      message: 'No board is left to worker rack-1: drone belongs to worker rack-2',
    });
  });
});

describe('a place that another process of this worker has', () => {
  const taken = failure('worker-taken-over');
  const seen = (beats: number, life?: string): WorkersSeen => ({ workers: [beat('rack-1', beats, life)], still: [] });
  const waiting = (look: WorkersSeen) => start({ greet: taken, look });

  test.each([
    { what: 'beats', later: seen(8) },
    { what: 'was started anew', later: seen(7, 'third') },
  ])('is kept by one that $what', async ({ later }) => {
    const worker = waiting(seen(7));
    await worker.settle();
    expect(worker.news()).toEqual([{ news: 'waiting-for-own', worker: 'rack-1' }]);
    worker.next.look = later;
    await worker.pass(2_000);
    expect([worker.state(), worker.failure()]).toEqual(['failed', taken]);
  });

  test('is taken when that one has left', async () => {
    const worker = waiting(seen(7));
    await worker.settle();
    Object.assign(worker.next, { greet: own, look: nobody });
    await worker.pass(2_000);
    expect([worker.state(), worker.given()]).toEqual([idle, [['crane']]]);
  });

  test('is taken when that one stands still, and not before it is given up', async () => {
    const worker = waiting(seen(7));
    await worker.settle();
    Object.assign(worker.next, { look: { ...seen(7), still: seen(7).workers }, giveUp: { isGone: false } });
    await worker.pass(2_000);
    expect(worker.state()).toEqual({ connected: 'waitingForOwn' });
    Object.assign(worker.next, { greet: own, giveUp: { isGone: true } });
    await worker.pass(2_000);
    expect([worker.state(), worker.said.at(-1)]).toEqual([idle, 'greet']);
    expect(worker.news()).toEqual([{ news: 'waiting-for-own', worker: 'rack-1' }]);
  });

  test('is waited for no longer when it is told to end', async () => {
    const worker = waiting(seen(7));
    await worker.settle();
    worker.actor.send({ type: 'worker.stopping' });
    expect([worker.state(), worker.failure()]).toEqual(['ended', undefined]);
  });
});

describe('the end', () => {
  test('beats go on until the jobs have ended, and then it says goodbye', async () => {
    const worker = start();
    await worker.settle();
    worker.actor.send({ type: 'worker.stopping' });
    worker.next.beat = { isKnown: false, ...nobody };
    await worker.pass(2_000);
    expect(worker.said.slice(2)).toEqual(['beat']);
    worker.actor.send({ type: 'jobs.ended' });
    await worker.settle();
    expect([worker.said.at(-1), worker.state()]).toEqual(['leave', 'ended']);
  });

  test('a database that is away is not waited for', async () => {
    const worker = start({ connect: failure('fleet-unreachable') });
    await worker.settle();
    await worker.stop();
    expect([worker.state(), worker.failure()]).toEqual(['ended', undefined]);
  });

  test('one that goes away at the goodbye is no failure', async () => {
    const worker = start({ leave: failure('fleet-unreachable') });
    await worker.settle();
    await worker.stop();
    expect([worker.said.at(-1), worker.state()]).toEqual(['leave', 'ended']);
  });

  test('told to end at its hello: no job is taken, and it says goodbye', async () => {
    const worker = start();
    await worker.stop();
    expect([worker.said, worker.given(), worker.state()]).toEqual([['connect'], [], 'ended']);
    const greeted = start();
    while (greeted.said.at(-1) !== 'greet') await new Promise((resolve) => setImmediate(resolve));
    await greeted.stop();
    expect([greeted.said, greeted.given(), greeted.state()]).toEqual([['connect', 'greet', 'leave'], [], 'ended']);
  });
});
