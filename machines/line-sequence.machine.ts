import { assign, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import type { LinePlan } from '../src/board/circuit/plan.ts';
import { type Stage, type StageName, stagesOf } from './line-sequence.policy.ts';
import { aborted, errorOf, unprovided } from './unprovided.ts';

export interface LineSequenceInput {
  readonly plan: LinePlan;
}

export interface LineSequenceOutput {
  /** Why the sequence did not come to its end. */
  readonly error: BootctlError | null;
}

interface Context extends LineSequenceOutput {
  readonly stages: readonly Stage[];
  /** Of `stages`; −1 before the first one. */
  readonly index: number;
}

const lineSequence = setup({
  types: { input: {} as LineSequenceInput, context: {} as Context, output: {} as LineSequenceOutput },
  actors: {
    /** Moves RTS and DTR and holds them. */
    driveLines: unprovided<void, Stage>('driveLines'),
  },
  guards: {
    nextIs: ({ context: { stages, index } }, name: StageName) => stages[index + 1]?.name === name,
  },
  actions: {
    nextStage: assign({ index: ({ context }) => context.index + 1 }),
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepAbort: assign({ error: aborted }),
  },
});

const next = <Name extends StageName>(name: Name) => ({ target: name, actions: 'nextStage' }) as const;
const nextIf = <Name extends StageName>(name: Name) =>
  ({ guard: { type: 'nextIs', params: name }, ...next(name) }) as const;
const driveLines = {
  src: 'driveLines',
  input: ({ context: { stages, index } }: { context: Context }) => stages[index]!,
  onError: { target: 'failed', actions: 'keepError' },
} as const;

/** One timed sequence of RTS and DTR: what it moves and how long it holds comes from the plan. */
export const lineSequenceMachine = lineSequence.createMachine({
  id: 'lineSequence',
  description:
    'One timed sequence of RTS and DTR, from the plan of a rung or of a reset into the application. The lines named below are those of the circuit `rc-cap`: RTS asserted makes NRST 0, DTR asserted makes BOOT0 1.',
  context: ({ input }) => ({ stages: stagesOf(input.plan), index: -1, error: null }),
  initial: 'planned',
  on: { 'operator.aborted': { target: '.failed', actions: 'keepAbort' } },
  states: {
    planned: {
      description: 'The plan says how the sequence begins.',
      always: [nextIf('settling'), nextIf('charging'), next('resetting')],
    },
    settling: {
      description:
        'RTS released, DTR released: NRST is 1. BOOT0 becomes surely 0 before a reset into the application; its capacitor bleeds.',
      invoke: { ...driveLines, onDone: next('resetting') },
    },
    charging: {
      description: 'RTS released, DTR asserted: NRST is 1, and the capacitor on BOOT0 is charged.',
      invoke: { ...driveLines, onDone: next('holdWindow') },
    },
    resetting: {
      description:
        'RTS asserted: NRST is 0. DTR asserted holds BOOT0 at 1 where the ROM is to start; DTR released where the application is.',
      invoke: { ...driveLines, onDone: next('starting') },
    },
    holdWindow: {
      description:
        'RTS asserted and DTR released: NRST is 0, and only the capacitor holds BOOT0 at 1. It ends with RTS released: the target samples BOOT0 as NRST rises. Both edges are timed.',
      invoke: { ...driveLines, onDone: next('starting') },
    },
    starting: {
      description:
        'RTS released: NRST is 1 and the target starts. DTR asserted holds BOOT0 while the ROM of a dual-bank target reads it again; otherwise DTR released.',
      invoke: { ...driveLines, onDone: [nextIf('releasing'), { target: 'idle' }] },
    },
    releasing: {
      description: 'RTS released, DTR released: both lines go back to idle.',
      invoke: { ...driveLines, onDone: { target: 'idle' } },
    },
    idle: {
      description: 'RTS released, DTR released: the sequence is over, and the board runs by itself.',
      type: 'final',
    },
    failed: {
      description:
        'The adapter did not move its lines, or a person has interrupted the job. The caller releases the lines.',
      type: 'final',
    },
  },
  output: ({ context: { error } }) => ({ error }),
});
