import { assign, emit, enqueueActions, setup } from 'xstate';
import { BootctlError, type ErrorCode } from '../src/base/errors.ts';
import {
  beatOf,
  livingOwners,
  type OwnedBoard,
  type OwnPlace,
  ownPlace,
  reconnectPause,
  refusedBoards,
  type WorkerBeat,
  type WorkersSeen,
  withOwners,
  workerBeat,
} from './rack-worker.policy.ts';
import { type StateMeta, unprovided } from './unprovided.ts';

export interface RackWorkerInput {
  readonly worker: string;
  /** Of this process: another one of the same worker has another. */
  readonly life: string;
}

/** What the database answers a beat, and what is seen of the workers after it. */
export interface Beaten extends WorkersSeen {
  /** False where this process was given up. */
  readonly isKnown: boolean;
}

export interface RackWorkerContext extends RackWorkerInput {
  /** Boards that are asked for here, as the last hello was answered. */
  readonly boards: readonly OwnedBoard[];
  /** The other process of this worker, as it was seen first. */
  readonly first: WorkerBeat | undefined;
  /** The answer to the hello: another process has the place. */
  readonly taken: unknown;
  readonly seen: WorkersSeen;
  /** How often the owners of boards that were refused had beaten when they were first seen. */
  readonly before: ReadonlyMap<string, number>;
  /** A hello has to be said again: whose the boards are may be another. */
  readonly isStale: boolean;
  /** The database knows this process as the worker. */
  readonly isKnown: boolean;
  readonly isStopping: boolean;
  readonly haveJobsEnded: boolean;
  /** Why the database is away; undefined while it answers. */
  readonly away: BootctlError | undefined;
  /** Why it cannot go on. What is no BootctlError is a mistake of ours. */
  readonly failure: unknown;
}

export type RackWorkerEvent =
  | { readonly type: 'connection.lost'; readonly error: unknown }
  /** A job was done, and the queue could not say so: it takes nothing more. */
  | { readonly type: 'queue.broken' }
  | { readonly type: 'job.failed'; readonly error: unknown }
  | { readonly type: 'worker.stopping' }
  /** Comes after `worker.stopping`. */
  | { readonly type: 'jobs.ended' };

/** What a worker says of itself. */
export type WorkerNews =
  /** Another worker that is there has the board. */
  | { readonly news: 'refused'; readonly board: string; readonly owner: string }
  | { readonly news: 'waiting-for-own'; readonly worker: string }
  /** The database: once, until it is back. */
  | { readonly news: 'away'; readonly error: BootctlError }
  | { readonly news: 'back' }
  | { readonly news: 'gave-up'; readonly worker: string };

export type RackWorkerEmitted =
  | { readonly type: 'worker.news'; readonly news: WorkerNews }
  /** Jobs of these boards may be taken, and of no others. */
  | { readonly type: 'boards.given'; readonly boards: readonly string[] };

const isCode = (event: object, code: ErrorCode): boolean =>
  'error' in event && event.error instanceof BootctlError && event.error.code === code;
const placeOf = (context: RackWorkerContext): OwnPlace => ownPlace(context, context.seen);
const refused = ({ boards, worker }: RackWorkerContext): readonly OwnedBoard[] => refusedBoards(boards, worker);
const nextDead = ({ seen, worker }: RackWorkerContext): WorkerBeat | undefined =>
  seen.still.find(({ name }) => name !== worker);

/** No board is left, once each of the others was seen to live. */
function areAllOthers(context: RackWorkerContext): boolean {
  const living = livingOwners(context.before, refused(context), context.seen.workers);
  return living.length > 0 && living.length === context.boards.length;
}

const rackWorker = setup({
  types: {
    input: {} as RackWorkerInput,
    context: {} as RackWorkerContext,
    events: {} as RackWorkerEvent,
    emitted: {} as RackWorkerEmitted,
    output: {} as { readonly failure: unknown },
    meta: {} as StateMeta,
  },
  actors: {
    connect: unprovided<void, void>('connect'),
    greet: unprovided<readonly OwnedBoard[], void>('greet'),
    look: unprovided<WorkersSeen, void>('look'),
    beat: unprovided<Beaten, void>('beat'),
    giveUp: unprovided<{ readonly isGone: boolean }, WorkerBeat>('giveUp'),
    leave: unprovided<void, void>('leave'),
  },
  delays: { workerBeat, reconnectPause },
  guards: {
    isStopping: ({ context }) => context.isStopping,
    haveJobsEnded: ({ context }) => context.haveJobsEnded,
    mustLeave: ({ context }) => context.haveJobsEnded && context.isKnown,
    mustGreet: ({ context }) => context.isStale && !context.isStopping,
    isUnreachable: ({ event }) => isCode(event, 'fleet-unreachable'),
    isPlaceTaken: ({ event }) => isCode(event, 'worker-taken-over'),
    isPlaceFree: ({ context }) => placeOf(context) === 'free',
    isOwnAlive: ({ context }) => placeOf(context) === 'lives',
    isOwnDead: ({ context }) => placeOf(context) === 'dead',
    isFirstLook: ({ context }) => context.first === undefined,
    hasDead: ({ context }) => nextDead(context) !== undefined,
    areAllOthers: ({ context }) => !context.isStopping && areAllOthers(context),
    isGone: (_, isGone: boolean) => isGone,
  },
  actions: {
    tellAway: enqueueActions(({ context, enqueue }, error: unknown) => {
      if (context.away || context.isStopping) return;
      enqueue.emit({ type: 'worker.news', news: { news: 'away', error: error as BootctlError } });
    }),
    keepAway: assign({ away: (_, error: unknown) => error as BootctlError }),
    tellBack: enqueueActions(({ context, enqueue }) => {
      if (context.away) enqueue.emit({ type: 'worker.news', news: { news: 'back' } });
    }),
    noteBack: assign({ away: undefined }),
    noteStale: assign({ isStale: true }),
    noteStopping: assign({ isStopping: true }),
    noteJobsEnded: assign({ haveJobsEnded: true }),
    keepTaken: assign({ taken: (_, taken: unknown) => taken }),
    tellRefused: enqueueActions(({ context, enqueue }, boards: readonly OwnedBoard[]) => {
      const known = new Set(refused(context).map(({ board }) => board));
      for (const one of refusedBoards(boards, context.worker))
        if (!known.has(one.board)) enqueue.emit({ type: 'worker.news', news: { news: 'refused', ...one } });
    }),
    keepBoards: assign((_, boards: readonly OwnedBoard[]) => ({ boards, isKnown: true, isStale: false })),
    giveBoards: emit(({ context: { boards, worker } }) => ({
      type: 'boards.given',
      boards: boards.filter(({ owner }) => owner === worker).map(({ board }) => board),
    })),
    keepSeen: assign({ seen: (_, seen: WorkersSeen) => seen }),
    keepFirst: assign({ first: ({ context: { seen, worker } }) => beatOf(seen.workers, worker) }),
    tellWaiting: emit(({ context: { worker } }) => ({
      type: 'worker.news',
      news: { news: 'waiting-for-own', worker },
    })),
    keepBeaten: assign(({ context }, { workers, still, isKnown }: Beaten) => ({
      seen: { workers, still },
      before: withOwners(context.before, refused(context), workers),
      isStale: context.isStale || !isKnown,
    })),
    tellGaveUp: emit(({ context }) => ({
      type: 'worker.news',
      news: { news: 'gave-up', worker: nextDead(context)!.name },
    })),
    noteGaveUp: assign({
      isStale: ({ context }) =>
        context.isStale || refused(context).some(({ owner }) => owner === nextDead(context)!.name),
    }),
    passDead: assign({
      seen: ({ context }) => ({
        ...context.seen,
        still: context.seen.still.filter((one) => one !== nextDead(context)),
      }),
    }),
    keepFailure: assign({ failure: (_, failure: unknown) => failure }),
    failTaken: assign({ failure: ({ context }) => context.taken }),
    failAllOthers: assign({
      failure: ({ context: { boards, worker } }) => {
        const named = boards.map(({ board, owner }) => `${board} belongs to worker ${owner}`);
        return new BootctlError('board-taken', `No board is left to worker ${worker}: ${named.join(', ')}`);
      },
    }),
  },
});

const errorOf = ({ event }: { event: { error: unknown } }): unknown => event.error;
const output = <Output>({ event }: { event: { output: Output } }): Output => event.output;
const fail = { target: '#rackWorker.failed', actions: { type: 'keepFailure', params: errorOf } } as const;
const goAway = {
  target: '#rackWorker.away',
  actions: [
    { type: 'tellAway', params: errorOf },
    { type: 'keepAway', params: errorOf },
  ],
} as const;
const whenLost = [{ guard: 'isUnreachable', ...goAway }, fail] as const;
const isGone = {
  type: 'isGone',
  params: ({ event }: { event: { output: { isGone: boolean } } }) => event.output.isGone,
} as const;
const keepBoards = { type: 'keepBoards', params: output } as const;

/** The worker of a host with boards: says hello for them, says that it lives, and sees which other workers stand still. */
export const rackWorkerMachine = rackWorker.createMachine({
  id: 'rackWorker',
  description:
    'The worker of a host with boards: whose they are, when their jobs may be taken, and which other workers stand still. A job under way waits for none of it.',
  context: ({ input }) => ({
    ...input,
    ...{ boards: [], first: undefined, taken: undefined, seen: { workers: [], still: [] }, before: new Map() },
    ...{ isStale: true, isKnown: false, isStopping: false, haveJobsEnded: false },
    ...{ away: undefined, failure: undefined },
  }),
  initial: 'connecting',
  on: {
    'queue.broken': { actions: 'noteStale' },
    'job.failed': fail,
    'worker.stopping': { actions: 'noteStopping' },
    'jobs.ended': { actions: 'noteJobsEnded' },
  },
  states: {
    connecting: {
      description: 'The database is looked for.',
      invoke: {
        src: 'connect',
        onDone: [
          { guard: 'isStopping', target: 'connected.idle', actions: ['tellBack', 'noteBack'] },
          { target: 'connected' },
        ],
        onError: [...whenLost],
      },
    },
    away: {
      description: 'The database is away. What runs goes on; it is looked for again and again.',
      always: { guard: 'haveJobsEnded', target: 'ended' },
      after: { reconnectPause: 'connecting' },
    },
    connected: {
      description: 'The database answers.',
      on: { 'connection.lost': goAway },
      initial: 'greeting',
      states: {
        greeting: {
          description: 'The worker names its boards; the database answers whose each of them is.',
          invoke: {
            src: 'greet',
            onDone: [
              { guard: 'isStopping', target: 'idle', actions: [keepBoards, 'tellBack', 'noteBack'] },
              {
                target: 'idle',
                actions: [{ type: 'tellRefused', params: output }, keepBoards, 'giveBoards', 'tellBack', 'noteBack'],
              },
            ],
            onError: [
              {
                guard: 'isPlaceTaken',
                target: 'lookingForOwn',
                actions: { type: 'keepTaken', params: errorOf },
              },
              ...whenLost,
            ],
          },
        },
        lookingForOwn: {
          description: 'Another process of this worker was there and has not left: the beats of the workers are read.',
          invoke: {
            src: 'look',
            onDone: { target: 'judgingOwn', actions: { type: 'keepSeen', params: output } },
            onError: [...whenLost],
          },
        },
        judgingOwn: {
          description:
            'Whether the other process lives. One that was killed does not beat any more; one that lives keeps the place.',
          always: [
            { guard: 'isStopping', target: '#rackWorker.ended' },
            { guard: 'isPlaceFree', target: 'greeting' },
            { guard: 'isOwnAlive', target: '#rackWorker.failed', actions: 'failTaken' },
            { guard: 'isOwnDead', target: 'givingUpOwn' },
            { guard: 'isFirstLook', target: 'waitingForOwn', actions: ['keepFirst', 'tellWaiting'] },
            { target: 'waitingForOwn' },
          ],
        },
        givingUpOwn: {
          description:
            'The other process has stood still for the limit: its place is taken, unless it beats after all.',
          invoke: {
            src: 'giveUp',
            input: ({ context: { seen, worker } }) => beatOf(seen.workers, worker)!,
            onDone: [{ guard: isGone, target: 'greeting' }, { target: 'waitingForOwn' }],
            onError: [...whenLost],
          },
        },
        waitingForOwn: {
          description: 'The other process has time for a beat.',
          always: { guard: 'isStopping', target: '#rackWorker.ended' },
          after: { workerBeat: 'lookingForOwn' },
        },
        idle: {
          description: 'Jobs come to the boards by themselves. The next beat is waited for.',
          always: [
            { guard: 'mustLeave', target: 'leaving' },
            { guard: 'haveJobsEnded', target: '#rackWorker.ended' },
            { guard: 'mustGreet', target: 'greeting' },
          ],
          after: { workerBeat: 'beating' },
        },
        beating: {
          description: 'The worker says that it lives, and looks at the beats of the others.',
          invoke: {
            src: 'beat',
            onDone: { target: 'judging', actions: { type: 'keepBeaten', params: output } },
            onError: [...whenLost],
          },
        },
        judging: {
          description: 'Whether one of the others stands still, and whether a board is left here.',
          always: [
            { guard: 'hasDead', target: 'givingUp' },
            { guard: 'areAllOthers', target: '#rackWorker.failed', actions: 'failAllOthers' },
            { target: 'idle' },
          ],
        },
        givingUp: {
          description: 'A worker that has stood still for the limit is given up, unless it beats after all.',
          invoke: {
            src: 'giveUp',
            input: ({ context }) => nextDead(context)!,
            onDone: [
              { guard: isGone, target: 'judging', actions: ['tellGaveUp', 'noteGaveUp', 'passDead'] },
              { target: 'judging', actions: 'passDead' },
            ],
            onError: [...whenLost],
          },
        },
        leaving: {
          description: 'All jobs have ended. The worker says goodbye: nobody has to wait for its beats.',
          invoke: {
            src: 'leave',
            onDone: '#rackWorker.ended',
            onError: [{ guard: 'isUnreachable', target: '#rackWorker.ended' }, fail],
          },
        },
      },
    },
    ended: { description: 'It was told to end, and has.', type: 'final' },
    failed: { description: 'It cannot go on, and says why.', type: 'final' },
  },
  output: ({ context: { failure } }) => ({ failure }),
});
