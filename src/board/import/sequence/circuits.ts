import type { LineState, ModemLines } from '../../../bench/serial-link.ts';
import type { Pins, Wiring } from '../../circuit/plan.ts';
import { lineStates, wiringKey } from '../../circuit/wiring.ts';
import { isModemLine, type Signal } from './moves.ts';

/** Level of a pin; undefined where it is not known. */
export type Level = 0 | 1 | undefined;

/** The signals as far as they are known. */
export type SignalState = ReadonlyMap<Signal, 0 | 1>;

/** A pin on a signal of its own, and its level while the signal is 1. */
export interface OwnLine {
  readonly signal: Signal;
  readonly atOne: 0 | 1;
}

/** Names for `--circuit`. */
export const circuitNames = [
  'own-lines',
  'one-key',
  'one-key-swapped',
  'cross-coupled',
  'cross-coupled-swapped',
] as const;
export type CircuitName = (typeof circuitNames)[number];

/** A circuit between the signals and the two pins. */
export interface Candidate {
  readonly name: CircuitName;
  readonly nrst: (state: SignalState) => Level;
  readonly boot0: (state: SignalState) => Level;
  /** Each pin on a line of its own, if that is the circuit; without `boot0` nobody moves that pin. */
  readonly own?: { readonly nrst: OwnLine; readonly boot0?: OwnLine };
  /** The truth table of RTS and DTR, if that is the circuit. */
  readonly table?: Wiring;
}

interface Known {
  readonly name: CircuitName;
  readonly table: Wiring;
  readonly source: string;
}

const table = (idle: Pins, rts: Pins, dtr: Pins, both: Pins): Wiring => ({
  'rts released, dtr released': idle,
  'rts asserted, dtr released': rts,
  'rts released, dtr asserted': dtr,
  'rts asserted, dtr asserted': both,
});

const swapped = (wiring: Wiring): Wiring =>
  table(
    wiring['rts released, dtr released'],
    wiring['rts released, dtr asserted'],
    wiring['rts asserted, dtr released'],
    wiring['rts asserted, dtr asserted'],
  );

const runs: Pins = { boot0: 0, nrst: 1 };
const oneKey = table(runs, { boot0: 1, nrst: 0 }, runs, { boot0: 1, nrst: 1 });
const crossCoupled = table(runs, { boot0: 0, nrst: 0 }, { boot0: 1, nrst: 1 }, runs);

/** Circuits of two transistors, as in the built-in profiles of these names, and with RTS and DTR the other way round. */
const knownCircuits: readonly Known[] = [
  {
    name: 'one-key',
    table: oneKey,
    source: 'hxxful/stm32flash@3708f1f README.txt: both transistors conduct while DTR# is high and RTS# low',
  },
  {
    name: 'one-key-swapped',
    table: swapped(oneKey),
    source: 'the same circuit with the two lines the other way round: ours',
  },
  {
    name: 'cross-coupled',
    table: crossCoupled,
    source:
      'espressif/esptool@0480a5e docs/en/advanced-topics/boot-mode-selection.rst: EN on RTS, the boot pin on DTR; both asserted together reset nothing',
  },
  {
    name: 'cross-coupled-swapped',
    table: swapped(crossCoupled),
    source: 'the same circuit with the two lines the other way round: ours',
  },
];

/** Where the row of a circuit of two transistors is from. */
export const circuitSource = (name: CircuitName): string | undefined =>
  knownCircuits.find((known) => known.name === name)?.source;

/** The truth table of a circuit of two transistors. */
export const circuitTable = (name: CircuitName): Wiring | undefined =>
  knownCircuits.find((known) => known.name === name)?.table;

const lineState = (level: 0 | 1): LineState => (level === 1 ? 'asserted' : 'released');

function fromTable({ name, table: wiring }: Known): Candidate {
  const pin =
    (which: keyof Pins) =>
    (state: SignalState): Level => {
      const [rts, dtr] = [state.get('rts'), state.get('dtr')];
      if (rts === undefined || dtr === undefined) return undefined;
      return wiring[wiringKey({ rts: lineState(rts), dtr: lineState(dtr) })][which];
    };
  return { name, nrst: pin('nrst'), boot0: pin('boot0'), table: wiring };
}

const follow =
  ({ signal, atOne }: OwnLine) =>
  (state: SignalState): Level => {
    const level = state.get(signal);
    if (level === undefined) return undefined;
    return level === 1 ? atOne : atOne === 1 ? 0 : 1;
  };

/** The circuit in which each pin follows one signal; without `boot0` nobody moves that pin. */
export const ownLines = (nrst: OwnLine, boot0?: OwnLine): Candidate => ({
  name: 'own-lines',
  nrst: follow(nrst),
  boot0: boot0 ? follow(boot0) : () => undefined,
  own: { nrst, ...(boot0 && { boot0 }) },
});

/** Direct wires before inverted ones, as people read a sequence. */
const polarities = (signal: Signal): readonly OwnLine[] =>
  isModemLine(signal)
    ? [
        { signal, atOne: 0 },
        { signal, atOne: 1 },
      ]
    : [
        { signal, atOne: 1 },
        { signal, atOne: 0 },
      ];

/** All circuits that these signals can move the two pins through. */
export function candidatesFor(signals: readonly Signal[]): readonly Candidate[] {
  const pins = signals.flatMap(polarities);
  const own =
    signals.length === 1
      ? pins.map((nrst) => ownLines(nrst))
      : pins.flatMap((nrst) =>
          pins.filter(({ signal }) => signal !== nrst.signal).map((boot0) => ownLines(nrst, boot0)),
        );
  const known = signals.some(isModemLine) ? knownCircuits.map(fromTable) : [];
  return [...own, ...known];
}

const idle = new Map<Signal, 0 | 1>([
  ['rts', 0],
  ['dtr', 0],
]);

/** NRST while no program has the port open. A GPIO stays as bootctl leaves it: NRST released. */
export const idleNrst = ({ own, nrst }: Candidate): Level => (own && !isModemLine(own.nrst.signal) ? 1 : nrst(idle));

/** BOOT0 likewise. */
export const idleBoot0 = ({ own, boot0 }: Candidate): Level =>
  own && (!own.boot0 || !isModemLine(own.boot0.signal)) ? 0 : boot0(idle);

/** The rows of a table in the order of a profile. */
export const tableRows = (wiring: Wiring): readonly (readonly [string, Pins])[] =>
  lineStates.map((lines: ModemLines) => [wiringKey(lines), wiring[wiringKey(lines)]] as const);
