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

  test('a process that finds itself there has its place', async () => {
    const worker = start({ greet: failure('worker-taken-over') });
    worker.next.look = { workers: [beat('rack-0', 4), beat('rack-1', 3, 'one')], still: [] };
    while (worker.said.at(-1) !== 'look') await new Promise((resolve) => setImmediate(resolve));
    worker.next.greet = own;
    await worker.settle();
    expect([worker.said, worker.state()]).toEqual([['connect', 'greet', 'look', 'greet'], idle]);
  });

  test('its own beats that stand still are no reason to give itself up', async () => {
    const worker = start();
    await worker.settle();
    const itself = beat('rack-1', 7, 'one');
    worker.next.beat = { isKnown: true, workers: [itself], still: [itself] };
    await worker.pass(2_000);
    expect([worker.said.slice(2), worker.state()]).toEqual([['beat'], idle]);
  });

  test('a mistake of ours ends it, with that mistake', async () => {
    const worker = start({ greet: Object.assign(new TypeError('a mistake'), { code: 'fleet-unreachable' }) });
    await worker.settle();
    expect([worker.state(), worker.failure()]).toEqual(['failed', worker.next.greet]);
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
    const error = failure('fleet-unreachable');
    worker.actor.send({ type: 'connection.lost', error });
    expect(worker.news().slice(2)).toEqual([{ news: 'away', error }]);
  });

  test('is said to be back also where it is told to end meanwhile', async () => {
    const worker = start();
    await worker.settle();
    worker.actor.send({ type: 'connection.lost', error: failure('fleet-unreachable') });
    worker.actor.send({ type: 'worker.stopping' });
    await worker.pass(1_000);
    expect([worker.news().at(-1), worker.said.slice(2), worker.state()]).toEqual([{ news: 'back' }, ['connect'], idle]);
    worker.actor.send({ type: 'connection.lost', error: failure('fleet-unreachable') });
    expect([worker.state(), worker.news()]).toEqual(['away', worker.news().slice(0, 2)]);
  });

  test.each(['look', 'giveUp'] as const)('in the midst of %s, while another process has the place', async (effect) => {
    const other = beat('rack-1', 7);
    const worker = start({ greet: failure('worker-taken-over'), look: { workers: [other], still: [other] } });
    worker.next[effect] = failure('fleet-unreachable');
    await worker.settle();
    expect(worker.state()).toBe('away');
  });

  test('in the midst of giving up another worker', async () => {
    const worker = start({ giveUp: failure('fleet-unreachable') });
    await worker.settle();
    const dead = beat('rack-3', 1);
    worker.next.beat = { isKnown: true, workers: [dead], still: [dead] };
    await worker.pass(2_000);
    expect(worker.state()).toBe('away');
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
    const worker = start({ greet: shared });
    await worker.settle();
    const dead = [beat('rack-3', 1), beat('rack-4', 2)];
    worker.next.beat = { isKnown: true, workers: dead, still: dead };
    await worker.pass(2_000);
    expect(worker.said.slice(2).map((one) => one.split(' ')[0])).toEqual(['beat', 'giveUp', 'giveUp']);
    expect(worker.news().slice(1)).toEqual(['rack-3', 'rack-4'].map((name) => ({ news: 'gave-up', worker: name })));
  });

  test('where one is its own, it stays, whoever beats and whoever has left', async () => {
    const worker = start({ greet: [...shared, { board: 'plane', owner: 'rack-9' }] });
    await worker.settle();
    for (const beats of [7, 8, 9]) {
      worker.next.beat = { isKnown: true, workers: [beat('rack-8', 1), beat('rack-2', beats)], still: [] };
      await worker.pass(2_000);
    }
    expect(worker.state()).toEqual(idle);
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
    await worker.pass(2_000);
    expect(worker.state()).toEqual({ connected: 'waitingForOwn' });
    expect(worker.said.at(-1)).toBe(`giveUp ${JSON.stringify(seen(7).workers[0])}`);
    Object.assign(worker.next, { greet: own, giveUp: { isGone: true } });
    await worker.pass(2_000);
    expect([worker.state(), worker.said.at(-1)]).toEqual([idle, 'greet']);
    expect(worker.news()).toEqual([{ news: 'waiting-for-own', worker: 'rack-1' }]);
  });

  test('is waited for beat by beat, and that is said once', async () => {
    const worker = waiting(seen(7));
    for (let turn = 0; turn < 3; turn++) await worker.pass(2_000);
    expect(worker.said.filter((word) => word === 'look')).toHaveLength(4 - 1);
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
    expect(worker.actor.getSnapshot().status).toBe('done');
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
