import type { LineState, ModemLines } from '../../bench/serial-link.ts';
import type { HostLines } from './host-lines.ts';
import type { Pins, Wiring, WiringKey } from './plan.ts';

/** Both lines released. A closed port does the same, so every plan ends here. */
export const idleLines: ModemLines = { rts: 'released', dtr: 'released' };

/** The four line states, idle first, so that a search prefers the state that needs no drive. */
export const lineStates: readonly ModemLines[] = [
  idleLines,
  { rts: 'asserted', dtr: 'released' },
  { rts: 'released', dtr: 'asserted' },
  { rts: 'asserted', dtr: 'asserted' },
];

/** The row of a truth table that belongs to a line state. */
export const wiringKey = ({ rts, dtr }: ModemLines): WiringKey => `rts ${rts}, dtr ${dtr}`;

/** All rows of a truth table, in the order of `lineStates`. */
export const wiringKeys: readonly WiringKey[] = lineStates.map(wiringKey);

/** Levels that the circuit puts on the pins in this line state. */
export const pinsOf = (wiring: Wiring, lines: ModemLines): Pins => wiring[wiringKey(lines)];

/** The line state that puts these levels on the pins, or undefined when the circuit cannot. */
export const linesFor = (wiring: Wiring, pins: Pins): ModemLines | undefined =>
  lineStates.find((lines) => {
    const { boot0, nrst } = pinsOf(wiring, lines);
    return boot0 === pins.boot0 && nrst === pins.nrst;
  });

export const isIdle = (lines: ModemLines): boolean => lines.rts === 'released' && lines.dtr === 'released';

/** Facts about a board that say what opening its adapter does. A `BoardProfile` has them. */
export interface WiredBoard {
  readonly wiring: Wiring;
  readonly hostLines?: HostLines;
}

/** Linux asserts both lines of an adapter while it opens the port: on this board that is a reset. */
export const opensInReset = ({ wiring, hostLines = {} }: WiredBoard): boolean =>
  pinsOf(wiring, { rts: hostLines.rts ? 'released' : 'asserted', dtr: hostLines.dtr ? 'released' : 'asserted' })
    .nrst === 0;

/** A line of the adapter moves one of the pins. */
export const usesModemLines = ({ wiring, hostLines = {} }: WiredBoard): boolean =>
  (['rts', 'dtr'] as const).some(
    (line) =>
      !hostLines[line] &&
      lineStates.some((lines) => {
        const [before, after] = [pinsOf(wiring, lines), pinsOf(wiring, { ...lines, [line]: 'released' })];
        return before.nrst !== after.nrst || before.boot0 !== after.boot0;
      }),
  );

/** Which of the two pins no line of the adapter moves, where one moves the other: a person does that part. */
export function handOf(wiring: Wiring): 'boot0' | 'nrst' | undefined {
  const all = lineStates.map((lines) => pinsOf(wiring, lines));
  const movesNrst = all.some(({ nrst }) => nrst === 0);
  const movesBoot0 = new Set(all.map(({ boot0 }) => boot0)).size > 1;
  return movesNrst === movesBoot0 ? undefined : movesNrst ? 'boot0' : 'nrst';
}

/** One pin on one line: `asserted` is the pin's level while the line is asserted; released, it has the other level. */
export interface PinLine {
  readonly line: 'rts' | 'dtr';
  readonly asserted: 0 | 1;
}

const level = (state: LineState, asserted: 0 | 1): 0 | 1 => (state === 'asserted' ? asserted : asserted === 1 ? 0 : 1);

/** The truth table of a circuit in which each pin follows one line. A pin that nobody drives is where the board has it. */
export const wiringFromPins = (nrst: PinLine | 'nobody', boot0: PinLine | 'nobody'): Wiring => {
  const row = (lines: ModemLines): readonly [WiringKey, Pins] => [
    wiringKey(lines),
    {
      boot0: boot0 === 'nobody' ? 0 : level(lines[boot0.line], boot0.asserted),
      nrst: nrst === 'nobody' ? 1 : level(lines[nrst.line], nrst.asserted),
    },
  ];
  return Object.fromEntries(lineStates.map(row)) as Record<WiringKey, Pins>;
};
