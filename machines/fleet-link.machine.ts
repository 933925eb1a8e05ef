import { assign, cancel, raise, setup } from 'xstate';
import type { BootctlError } from '../src/base/errors.ts';
import type { Milliseconds } from '../src/base/units.ts';
import { type GrantKind, type GrantStock, wantedGrant } from './fleet-grant.policy.ts';
import { errorOf, type StateMeta, unprovided } from './unprovided.ts';

/** What the centre says of this station at each word. */
export interface CentreWord {
  /** It was put back from a copy, and has to hear what was granted before. */
  readonly mustReport: boolean;
  /** Why it holds this station. */
  readonly heldBy: string | undefined;
}

export interface Hello extends CentreWord {
  /** The last row of the chain that is there. */
  readonly acked: number;
}

export interface Beat extends CentreWord {
  /** Another text when the lots of this station are others, or in another state. */
  readonly lots: string;
}

export interface AskedOf {
  readonly lot: string;
  readonly kind: GrantKind;
  readonly most: number;
}

export interface FleetLinkInput {
  /** The last row of the chain of the records. */
  readonly written: number;
  /** The last one that the centre was known to have. */
  readonly acked: number;
}

export interface FleetLinkContext extends CentreWord {
  readonly written: number;
  readonly acked: number;
  /** Rows that are sent at once. */
  readonly batch: number;
  /** Before the next attempt to reach the centre. */
  readonly pause: Milliseconds;
  /** Why the centre is not reached, or does not take this station. */
  readonly error: BootctlError | undefined;
  readonly isBeatDue: boolean;
  /** As the last beat has said, and as they were when they were fetched. */
  readonly lots: string | undefined;
  readonly fetched: string | undefined;
  readonly stock: GrantStock | undefined;
  /** Of these the centre has none left, or gives none now. */
  readonly dry: readonly GrantKind[];
  /** Units that were written off are to be told. */
  readonly hasBack: boolean;
  readonly isEnding: boolean;
}

export type FleetLinkEvent =
  | { readonly type: 'records.written'; readonly written: number }
  | { readonly type: 'stock.changed'; readonly stock: GrantStock | undefined; readonly hasBack: boolean }
  | { readonly type: 'lots.changed' }
  | { readonly type: 'connection.lost'; readonly error: BootctlError }
  | { readonly type: 'link.ended' }
  | { readonly type: 'beat.due' }
  | { readonly type: 'drought.over' }
  | { readonly type: 'drain.over' };

/** A station says so often that it lives, and how it is. */
const beatPause: Milliseconds = 2_000;
/** Before the centre is tried again; doubled each time. */
const firstReconnect: Milliseconds = 500;
const longestReconnect: Milliseconds = 30_000;
/** Who was refused is refused again, until a person has done something. */
const refusedPause: Milliseconds = 30_000;
/** Others may have given units back. */
const droughtPause: Milliseconds = 10_000;
/** So long the last records may take at the end; what is left is sent at the next start. */
const drainLimit: Milliseconds = 5_000;

/** Read and sent within some ms, so that nothing in the station waits; a network that is too slow for them takes fewer. */
const mostRows = 50;

/** What no second attempt changes. */
const needsPerson = ({ kind }: BootctlError): boolean => kind === 'usage';
const isNoGrant = ({ code }: BootctlError): boolean => code === 'lot-held' || code === 'lot-unknown';

const fleetLink = setup({
  types: {
    input: {} as FleetLinkInput,
    context: {} as FleetLinkContext,
    events: {} as FleetLinkEvent,
    meta: {} as StateMeta,
  },
  actors: {
    greet: unprovided<Hello, void>('greet'),
    report: unprovided<void, void>('report'),
    beat: unprovided<Beat, void>('beat'),
    fetchLots: unprovided<void, void>('fetchLots'),
    giveBack: unprovided<void, void>('giveBack'),
    ask: unprovided<{ readonly given: number }, AskedOf>('ask'),
    send: unprovided<{ readonly acked: number }, { readonly after: number; readonly rows: number }>('send'),
  },
  delays: { pause: ({ context }) => context.pause, refusedPause, beatPause },
  guards: {
    isEnding: ({ context }) => context.isEnding,
    mustReport: ({ context }) => context.mustReport,
    isBeatDue: ({ context }) => context.isBeatDue,
    areLotsOthers: ({ context }) => context.lots !== context.fetched,
    hasBack: ({ context }) => context.hasBack,
    wantsGrant: ({ context }) =>
      !context.isEnding && context.heldBy === undefined && wantedGrant(context.stock, context.dry) !== undefined,
    isUnsent: ({ context }) => context.written > context.acked,
    isHeld: ({ context }) => context.heldBy !== undefined,
    isRefused: ({ event }) => needsPerson(errorOf(event)),
    isNotGranted: ({ event }) => isNoGrant(errorOf(event)),
  },
  actions: {
    noteWritten: assign({ written: (_, written: number) => written }),
    noteStock: assign((_, { stock, hasBack }: { stock: GrantStock | undefined; hasBack: boolean }) => ({
      ...{ stock, hasBack },
    })),
    noteBeatDue: assign({ isBeatDue: true }),
    noteLotsDue: assign({ fetched: undefined, dry: [] }),
    noteEnd: assign({ isEnding: true, isBeatDue: true }),
    limitDrain: raise({ type: 'drain.over' }, { delay: drainLimit, id: 'drain' }),
    keepWord: assign((_, { mustReport, heldBy }: CentreWord) => ({ mustReport, heldBy })),
    keepHello: assign((_, { acked }: Hello) => ({
      ...{ acked, pause: firstReconnect, error: undefined, isBeatDue: true, lots: '', fetched: undefined, dry: [] },
    })),
    keepBeat: assign((_, { lots }: Beat) => ({ lots, isBeatDue: false })),
    scheduleBeat: raise({ type: 'beat.due' }, { delay: beatPause, id: 'beat' }),
    cancelBeat: cancel('beat'),
    cancelDrought: cancel('drought'),
    cancelDrain: cancel('drain'),
    noteFetched: assign({ fetched: ({ context }) => context.lots, dry: [] }),
    noteReported: assign({ mustReport: false }),
    noteBack: assign({ hasBack: false }),
    noteGiven: assign({
      dry: ({ context }, given: number) => (given > 0 ? context.dry : withDry(context)),
    }),
    noteDry: assign({ dry: ({ context }) => withDry(context) }),
    endDroughtLater: raise({ type: 'drought.over' }, { delay: droughtPause, id: 'drought' }),
    endDrought: assign({ dry: [] }),
    keepAcked: assign(({ context }, acked: number) => ({ acked, batch: Math.min(mostRows, context.batch * 2) })),
    sendFewer: assign({ batch: ({ context }) => Math.max(1, Math.floor(context.batch / 4)) }),
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    waitLonger: assign({ pause: ({ context }) => Math.min(longestReconnect, context.pause * 2) }),
  },
});

const withDry = ({ stock, dry }: FleetLinkContext): readonly GrantKind[] => {
  const wanted = wantedGrant(stock, dry);
  return wanted ? [...dry, wanted.kind] : dry;
};

const word = <Word extends CentreWord>({ event }: { event: { output: Word } }): Word => event.output;
const keepWord = { type: 'keepWord', params: word } as const;
const whenLost = [
  { guard: 'isRefused', target: '#fleetLink.refused', actions: 'keepError' },
  { target: '#fleetLink.offline', actions: 'keepError' },
] as const;
const next = 'next';

/** The link of a station to the centre of its fleet. No slot waits for it. */
export const fleetLinkMachine = fleetLink.createMachine({
  id: 'fleetLink',
  description:
    'The link of a station to the centre of its fleet: what is said next, and when it is said again. No slot waits for it, and one thing is said at a time.',
  context: ({ input: { written, acked } }) => ({
    ...{ written, acked, batch: mostRows, pause: firstReconnect, error: undefined, isBeatDue: false },
    ...{ lots: undefined, fetched: undefined, stock: undefined, dry: [], hasBack: false, isEnding: false },
    ...{ mustReport: false, heldBy: undefined },
  }),
  initial: 'greeting',
  on: {
    'records.written': { actions: { type: 'noteWritten', params: ({ event }) => event.written } },
    'stock.changed': { actions: { type: 'noteStock', params: ({ event }) => event } },
    'lots.changed': { actions: 'noteLotsDue' },
    'beat.due': { actions: 'noteBeatDue' },
    'drought.over': { actions: 'endDrought' },
    'link.ended': { actions: ['noteEnd', 'limitDrain'] },
    'drain.over': '.ended',
  },
  states: {
    offline: {
      description:
        'The centre is not reached. The station goes on with what it was granted, and tries again, each time later.',
      entry: ['cancelBeat', 'waitLonger'],
      always: { guard: 'isEnding', target: 'ended' },
      after: { pause: 'greeting' },
    },
    greeting: {
      description:
        'The station says who it is and how far its records have come; the centre answers how far they are there.',
      invoke: {
        src: 'greet',
        onDone: { target: 'connected', actions: [keepWord, { type: 'keepHello', params: word }] },
        onError: [...whenLost],
      },
    },
    refused: {
      description:
        'The centre does not take this station. A person has to do something; it is tried again after a while.',
      entry: 'cancelBeat',
      always: { guard: 'isEnding', target: 'ended' },
      after: { refusedPause: 'greeting' },
    },
    connected: {
      description: 'The centre answers.',
      on: { 'connection.lost': { target: 'offline', actions: { type: 'keepError' } } },
      initial: next,
      states: {
        next: {
          description: 'What is said next: the most urgent first.',
          always: [
            { guard: 'mustReport', target: 'reporting' },
            { guard: 'isBeatDue', target: 'beating' },
            { guard: 'areLotsOthers', target: 'fetching' },
            { guard: 'hasBack', target: 'givingBack' },
            { guard: 'wantsGrant', target: 'asking' },
            { guard: 'isUnsent', target: 'sending' },
            { guard: 'isEnding', target: '#fleetLink.ended' },
            { guard: 'isHeld', target: 'held' },
            { target: 'idle' },
          ],
        },
        reporting: {
          description:
            'The centre was put back from a copy: it is told all that this station was granted, before anything else.',
          invoke: { src: 'report', onDone: { target: next, actions: 'noteReported' }, onError: [...whenLost] },
        },
        beating: {
          description: 'The station says that it lives, what it does, and what is unsent.',
          entry: 'cancelBeat',
          invoke: {
            src: 'beat',
            onDone: { target: next, actions: [keepWord, { type: 'keepBeat', params: word }, 'scheduleBeat'] },
            onError: [...whenLost],
          },
        },
        fetching: {
          description: 'The lots of this station are others: their definitions and images are fetched.',
          invoke: { src: 'fetchLots', onDone: { target: next, actions: 'noteFetched' }, onError: [...whenLost] },
        },
        givingBack: {
          description: 'Units that were written off are told, so that other stations may make them.',
          invoke: { src: 'giveBack', onDone: { target: next, actions: 'noteBack' }, onError: [...whenLost] },
        },
        asking: {
          description: 'Units or numbers run low: the next are asked for, under an id that is on the disk already.',
          invoke: {
            src: 'ask',
            input: ({ context: { stock, dry } }) => ({ lot: stock!.lot, ...wantedGrant(stock, dry)! }),
            onDone: {
              target: next,
              actions: [
                { type: 'noteGiven', params: ({ event }) => event.output.given },
                'cancelDrought',
                'endDroughtLater',
              ],
            },
            onError: [
              { guard: 'isNotGranted', target: next, actions: ['noteDry', 'cancelDrought', 'endDroughtLater'] },
              ...whenLost,
            ],
          },
        },
        sending: {
          description: 'Records go out in their order. The centre says how far they have come.',
          invoke: {
            src: 'send',
            input: ({ context: { acked, batch } }) => ({ after: acked, rows: batch }),
            onDone: { target: next, actions: { type: 'keepAcked', params: ({ event }) => event.output.acked } },
            onError: whenLost.map(({ actions, ...way }) => ({ ...way, actions: [actions, 'sendFewer'] as const })),
          },
        },
        idle: {
          description: 'All is said. A record, a lot, a grant that runs low or the time of the next beat goes on.',
          always: [
            { guard: 'isBeatDue', target: next },
            { guard: 'areLotsOthers', target: next },
            { guard: 'hasBack', target: next },
            { guard: 'wantsGrant', target: next },
            { guard: 'isUnsent', target: next },
          ],
        },
        held: {
          description: 'The centre holds this station. Nothing is asked for; records and beats go on.',
          always: [
            { guard: 'isBeatDue', target: next },
            { guard: 'areLotsOthers', target: next },
            { guard: 'hasBack', target: next },
            { guard: 'isUnsent', target: next },
          ],
        },
      },
    },
    ended: {
      description: 'The station has ended.',
      entry: ['cancelBeat', 'cancelDrought', 'cancelDrain'],
      type: 'final',
    },
  },
});
