import { assign, setup } from 'xstate';
import { changed, isAnyBusy, type Mode, type Queue, type SlotPhase, turnsOf } from './station.policy.ts';
import { reasonOf, type StationReason } from './station-reason.ts';
import { errorOf, type StateMeta, unprovided } from './unprovided.ts';

export interface StationInput {
  readonly mode: Mode;
  /** How many slots work at once at most. */
  readonly together: number;
  /** The station ends after so many good units; without it when it is told to. */
  readonly units: number | undefined;
  /** In the order of jig.yaml. */
  readonly slots: readonly string[];
}

export interface StationContext extends Queue {
  /** Slots that may begin now. */
  readonly turns: readonly string[];
  /** Slots with a golden unit: they may begin while golden units are due. */
  readonly golden: readonly string[];
  readonly isGoldenDue: boolean;
  readonly heldBy: StationReason | undefined;
  /** What the fleet has against a unit; it goes away by itself. */
  readonly heldByFleet: StationReason | undefined;
  /** Jobs under way are to be aborted. */
  readonly aborts: boolean;
}

export interface SlotChanged {
  readonly type: 'slot.changed';
  readonly slot: string;
  readonly phase: SlotPhase;
  /** The unit that it is ready with is a golden one. */
  readonly isGolden: boolean;
}

export type StationMachineEvent =
  | SlotChanged
  | { readonly type: 'unit.passed' }
  | { readonly type: 'station.held'; readonly why: StationReason }
  | { readonly type: 'station.cleared' }
  | { readonly type: 'fleet.held'; readonly why: StationReason }
  | { readonly type: 'fleet.released' }
  | { readonly type: 'golden.due' }
  | { readonly type: 'golden.passed' }
  | { readonly type: 'station.ended'; readonly aborts: boolean };

const station = setup({
  types: {
    input: {} as StationInput,
    context: {} as StationContext,
    events: {} as StationMachineEvent,
    meta: {} as StateMeta,
  },
  actors: { prepare: unprovided<void, void>('prepare') },
  guards: {
    isIdle: ({ context }) => !isAnyBusy(context),
    isGoldenDue: ({ context }) => context.isGoldenDue,
    isEnough: ({ context }) => context.left === 0,
    isHeld: ({ context }) => (context.heldBy ?? context.heldByFleet) !== undefined,
  },
  actions: {
    keepSlot: assign(({ context }, { slot, phase, isGolden }: SlotChanged) => ({
      ...changed(context, slot, phase),
      golden: isGolden ? [...new Set([...context.golden, slot])] : context.golden.filter((one) => one !== slot),
    })),
    giveTurns: assign({ turns: ({ context }) => turnsOf(context) }),
    giveGoldenTurns: assign({
      turns: ({ context }) =>
        turnsOf({ ...context, ready: context.ready.filter((one) => context.golden.includes(one)) }),
    }),
    giveNoTurns: assign({ turns: [] }),
    hold: assign({ heldBy: (_, why: StationReason) => why }),
    holdByError: assign({ heldBy: ({ event }) => reasonOf(errorOf(event)) }),
    countPassed: assign({ left: ({ context: { left } }) => left && left - 1 }),
    clear: assign({ heldBy: undefined }),
    holdByFleet: assign({ heldByFleet: (_, why: StationReason) => why }),
    releaseByFleet: assign({ heldByFleet: undefined }),
    noteGoldenDue: assign({ isGoldenDue: true }),
    noteGoldenPassed: assign({ isGoldenDue: false }),
    noteEnd: assign({ aborts: ({ context }, aborts: boolean) => context.aborts || aborts }),
  },
});

const keepSlot = { type: 'keepSlot', params: ({ event }: { event: SlotChanged }) => event } as const;
const hold = { type: 'hold', params: ({ event }: { event: { why: StationReason } }) => event.why } as const;
const holdByFleet = {
  type: 'holdByFleet',
  params: ({ event }: { event: { why: StationReason } }) => event.why,
} as const;
const noteEnd = { type: 'noteEnd', params: ({ event }: { event: { aborts: boolean } }) => event.aborts } as const;

/** One station: which slot may begin, when nothing may, and the end in order. */
export const stationMachine = station.createMachine({
  id: 'station',
  description: 'One station: which slot may begin, when none may, and the end in order.',
  context: ({ input: { mode, together, units, slots } }) => ({
    mode,
    together,
    left: units,
    phases: new Map(slots.map((slot) => [slot, 'idle'] as const)),
    ready: [],
    batch: [],
    turns: [],
    golden: [],
    isGoldenDue: false,
    heldBy: undefined,
    heldByFleet: undefined,
    aborts: false,
  }),
  initial: 'starting',
  on: {
    'slot.changed': { actions: keepSlot },
    'unit.passed': { actions: 'countPassed' },
    'station.ended': { target: '.draining', actions: noteEnd },
    'station.held': { actions: hold },
    'station.cleared': { actions: 'clear' },
    'fleet.held': { actions: holdByFleet },
    'fleet.released': { actions: 'releaseByFleet' },
    'golden.due': { actions: 'noteGoldenDue' },
    'golden.passed': { actions: 'noteGoldenPassed' },
  },
  states: {
    starting: {
      description: 'The processes of the slots start, and the bus is looked at.',
      invoke: {
        src: 'prepare',
        onDone: 'ready',
        onError: { target: 'held', actions: 'holdByError' },
      },
    },
    ready: {
      description: 'Slots begin as their turn comes: one at a time, each by itself, or all together.',
      meta: { runs: ['slot'] },
      entry: 'giveTurns',
      always: [
        { guard: 'isEnough', target: 'draining' },
        { guard: 'isHeld', target: 'held' },
        { guard: 'isGoldenDue', target: 'checking' },
      ],
      on: {
        'slot.changed': { actions: [keepSlot, 'giveTurns'] },
      },
    },
    checking: {
      description: 'Golden units are due: only they begin, until each has ended as it should.',
      entry: 'giveGoldenTurns',
      always: { guard: 'isHeld', target: 'held' },
      on: {
        'slot.changed': { actions: [keepSlot, 'giveGoldenTurns'] },
        'golden.passed': { target: 'ready', actions: 'noteGoldenPassed' },
      },
    },
    held: {
      description:
        'No slot begins until the lead has cleared the station, or its fleet has released it. Jobs under way go on to their end.',
      entry: 'giveNoTurns',
      always: { guard: 'isEnough', target: 'draining' },
      on: {
        'station.cleared': { target: 'ready', actions: 'clear' },
        'fleet.released': { target: 'ready', actions: 'releaseByFleet' },
      },
    },
    draining: {
      description: 'No slot begins any more. Jobs under way come to their end, or are aborted with their lines idle.',
      entry: 'giveNoTurns',
      always: { guard: 'isIdle', target: 'stopped' },
    },
    stopped: { description: 'All slots are idle, and the records are whole.', type: 'final' },
  },
});
