import { assign, setup } from 'xstate';
import type { Experiment } from '../src/board/learning/experiment.ts';
import {
  type Baseline,
  type LearningContext,
  startOf,
  type Wanted,
  wantedOf,
  wayHome,
  withBaseline,
  withChoice,
  withObservation,
} from './learning.policy.ts';
import type { Observation } from './learning-evidence.policy.ts';
import { aborted, errorOf, type StateMeta, unprovided } from './unprovided.ts';

const learning = setup({
  types: {
    context: {} as LearningContext,
    output: {} as LearningContext,
    meta: {} as StateMeta,
  },
  actors: {
    listen: unprovided<Baseline, void>('listen'),
    tryLines: unprovided<Observation, Wanted>('tryLines'),
    leaveIdle: unprovided<void, Experiment | null>('leaveIdle'),
  },
  guards: {
    hasNext: ({ context }) => context.next !== null,
    hasFailed: ({ context }) => context.error !== null,
  },
  actions: {
    choose: assign(({ context }) => withChoice(context)),
    keepBaseline: assign(({ context }, baseline: Baseline) => withBaseline(context, baseline)),
    keepObservation: assign(({ context }, observation: Observation) => withObservation(context, observation)),
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepAbort: assign({ error: aborted }),
    keepFirstError: assign({ error: ({ context, event }) => context.error ?? errorOf(event) }),
  },
});

const keepBaseline = {
  type: 'keepBaseline',
  params: ({ event }: { event: { output: Baseline } }) => event.output,
} as const;
const keepObservation = {
  type: 'keepObservation',
  params: ({ event }: { event: { output: Observation } }) => event.output,
} as const;
const onError = { target: 'leavingIdle', actions: 'keepError' } as const;

/** Finds out what the lines of an adapter do to a board that nobody has described. */
export const learningMachine = learning.createMachine({
  id: 'learning',
  description:
    'Finds out what RTS and DTR do to a board, by trying their states: each excludes circuits by what follows. What remains alone is claimed. Nothing is erased or written.',
  context: startOf,
  initial: 'listening',
  states: {
    listening: {
      description: 'The adapter is open and its lines are idle: what comes and goes by itself says nothing later.',
      on: { 'operator.aborted': { target: 'leavingIdle', actions: 'keepAbort' } },
      invoke: { src: 'listen', onDone: { target: 'choosing', actions: keepBaseline }, onError },
    },
    choosing: {
      description:
        'The experiment is chosen by which most circuits lead into the ROM; once it has shown and come again, the one that excludes most of those that remain; then the times of a capacitor.',
      entry: 'choose',
      always: [{ guard: 'hasNext', target: 'trying' }, { target: 'leavingIdle' }],
    },
    trying: {
      description: 'One or two states of the lines, from idle and back, and what follows on USB and on the USART.',
      on: { 'operator.aborted': { target: 'leavingIdle', actions: 'keepAbort' } },
      invoke: {
        src: 'tryLines',
        input: ({ context }) => wantedOf(context),
        onDone: { target: 'choosing', actions: keepObservation },
        onError,
      },
    },
    leavingIdle: {
      description:
        'Where the target is in its ROM and a way out of it has been seen, that is taken; then the lines are released for good.',
      invoke: {
        src: 'leaveIdle',
        input: ({ context }) => wayHome(context),
        onDone: [{ guard: 'hasFailed', target: 'failed' }, { target: 'learned' }],
        onError: { target: 'failed', actions: 'keepFirstError' },
      },
    },
    learned: { description: 'Nothing that these lines can do would exclude another circuit.', type: 'final' },
    failed: { description: 'It was interrupted, or the adapter or the bus failed.', type: 'final' },
  },
  output: ({ context }) => context,
});
