import type { Milliseconds } from '../../base/units.ts';
import type { ModemLines } from '../../bench/serial-link.ts';
import type { Wiring } from '../circuit/plan.ts';
import { idleLines, isIdle, lineStates, linesFor, pinsOf, wiringKey } from '../circuit/wiring.ts';

/** A state of both lines, and for how long. */
export interface Held {
  readonly lines: ModemLines;
  readonly hold: Milliseconds;
}

/** One to three states of the lines, from idle and back to it. */
export interface Experiment {
  readonly steps: readonly Held[];
}

/** How long the states of an experiment are held, and how long the ROM may take to show after it. */
export interface Round {
  /** A state that may have to charge a capacitor. */
  readonly charge: Milliseconds;
  /** A state that may have to be over before a capacitor is empty. */
  readonly pulse: Milliseconds;
  /** A state that may have to hold BOOT0 while the ROM starts. */
  readonly start: Milliseconds;
  readonly watch: Milliseconds;
}

/**
 * From short to long. A pulse of 5 ms is far beyond the 300 ns that a reset needs; ROMs of dual-bank targets read BOOT0 again
 * some 200 ms after their start (AN2606). The slowest ROM needs 2.6 s until it looks at its interfaces (AN2606, Table 227).
 */
export const rounds: readonly Round[] = [
  { charge: 50, pulse: 5, start: 220, watch: 1_500 },
  { charge: 200, pulse: 10, start: 220, watch: 2_500 },
  { charge: 1_000, pulse: 20, start: 500, watch: 5_000 },
];

const moved = lineStates.filter((lines) => !isIdle(lines));
const pairs = moved.flatMap((first) => moved.filter((second) => second !== first).map((second) => [first, second]));

const held = (lines: ModemLines, hold: Milliseconds): Held => ({ lines, hold });

/**
 * All ways into the ROM that two lines can have, whatever the circuit: a state that resets; one that charges and then one that
 * resets; one that resets and then one that has BOOT0 high.
 */
export const waysIn = ({ charge, pulse, start }: Round): readonly Experiment[] => [
  ...moved.map((lines) => ({ steps: [held(lines, charge)] })),
  ...pairs.flatMap(([first, second]) => [
    { steps: [held(first!, charge), held(second!, pulse)] },
    { steps: [held(first!, charge), held(second!, start)] },
  ]),
];

const [byRts, byDtr, both] = moved as [ModemLines, ModemLines, ModemLines];
/** One line moves at a time: which of them is first where both do is then no question. */
const oneByOne = [byRts, byDtr].flatMap((first) => [byRts, byDtr].map((last) => [first, both, last]));

/** A capacitor that is charged while the lines are idle is surely empty after this time, as after an experiment (`surelyEmpty`). */
const emptying: Milliseconds = 2_100;

/** A capacitor that needs longer to charge is none that a job could use. Our choice. */
export const surelyCharges: Milliseconds = rounds.at(-1)!.charge;

/** The same with the shortest pulse, and those that begin with it: they part circuits once the ROM has shown. */
export function partings(found: Round): readonly Experiment[] {
  const round = { ...found, pulse: rounds[0]!.pulse };
  const times = [round.pulse, round.start];
  return [
    ...waysIn(round),
    ...waysIn({ ...round, charge: surelyCharges }),
    ...moved.map((lines) => ({ steps: [held(lines, round.pulse)] })),
    ...pairs.flatMap(([first, second]) =>
      times.map((time) => ({ steps: [held(first!, round.pulse), held(second!, time)] })),
    ),
    ...pairs.map(([first, second]) => ({ steps: [held(first!, emptying), held(second!, round.pulse)] })),
    ...oneByOne.map(([first, second, last]) => ({
      steps: [held(first!, emptying), held(second!, round.pulse), held(last!, round.start)],
    })),
    ...oneByOne.flatMap(([first, second, last]) =>
      [round.pulse, surelyCharges].flatMap((one) =>
        times.flatMap((two) =>
          times.map((three) => ({ steps: [held(first!, one), held(second!, two), held(last!, three)] })),
        ),
      ),
    ),
  ];
}

/** `RTS asserted, DTR released for 50 ms, then …`: for people, and to tell experiments apart. */
export const experimentText = ({ steps }: Experiment): string =>
  steps
    .map(
      ({ lines, hold }) =>
        `${wiringKey(lines).toUpperCase().replaceAll('ASSERTED', 'asserted').replaceAll('RELEASED', 'released')} for ${hold} ms`,
    )
    .join(', then ');

/**
 * A charge, and a reset that lasts as long as the capacitor has to carry BOOT0. Null where the circuit has no state that charges
 * alone, or none that resets without charging.
 */
export function timedExperiment(wiring: Wiring, charge: Milliseconds, window: Milliseconds): Experiment | null {
  const charging = linesFor(wiring, { boot0: 1, nrst: 1 });
  const reset = linesFor(wiring, { boot0: 0, nrst: 0 });
  if (!charging || !reset || pinsOf(wiring, idleLines).boot0 === 1) return null;
  return { steps: [held(charging, charge), held(reset, window)] };
}
