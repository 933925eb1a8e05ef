import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { ModemLines } from '../../bench/serial-link.ts';
import type { Boot0Circuit, NrstCircuit } from '../profile.ts';
import { earliestNrstRise, guaranteedClearTime, guaranteedNrstRise } from './corners.ts';
import type { LinePlan, Wiring } from './plan.ts';
import { checkClear, endIdle, ms, refuse, required, shortestSettle, step } from './planner.ts';
import { isIdle, lineStates, linesFor, pinsOf } from './wiring.ts';

const who = 'A reset into the application';
/**
 * From the edge of a line until a transistor has let go of BOOT0 and a pull-down of up to 100 kΩ has emptied what the pin
 * and its trace have (50 pF: 5 µs). Our choice, with room for the storage time of any transistor.
 */
const drivenFall: Milliseconds = 0.1;

/** Facts about a board's circuit that decide whether its lines can start the application. A `BoardProfile` has them. */
interface Circuit {
  readonly wiring: Wiring;
  readonly nrst: NrstCircuit;
  /** Absent where BOOT0 is driven directly. */
  readonly boot0?: Boot0Circuit;
}

/**
 * The timed sequence that resets the target into its application, ending idle: with BOOT0 = 0 throughout, or where no
 * state has that with NRST = 0, by letting both pins go together. With an RC circuit it first waits until BOOT0 has
 * bled, since opening a port on Linux charges it.
 * @throws BootctlError `profile-invalid` where no line reaches NRST, or every reset by the lines may start the ROM
 */
export function planApplicationReset(wiring: Wiring, nrst: NrstCircuit, boot0?: Boot0Circuit): LinePlan {
  if (!movesNrst(wiring)) refuse('No line of an adapter reaches NRST of this board.');
  const run = required(who, wiring, { boot0: 0, nrst: 1 });
  const clear = boot0 ? checkClear(who, boot0) : 0;
  const settle = shortestSettle + Math.ceil(clear);
  const low = linesFor(wiring, { boot0: 0, nrst: 0 });
  const { from, to, margin } = low
    ? { from: low, to: run, margin: settle - clear }
    : letBothGo({ wiring, nrst, ...(boot0 ? { boot0 } : {}) });
  const after = isIdle(to) ? 0 : Math.ceil(guaranteedNrstRise(nrst)) + shortestSettle;
  return {
    steps: endIdle(wiring, [
      step(wiring, run, settle, boot0 ? 'BOOT0 bleeds' : 'BOOT0 low'),
      step(
        wiring,
        from,
        nrst.pulse,
        low ? 'reset with BOOT0 low' : 'reset, which this circuit has with BOOT0 high only',
      ),
      step(wiring, to, after, low ? 'start the application' : 'both let go: BOOT0 is low before NRST has risen'),
    ]),
    margin,
    clear: 0,
  };
}

/** A line of an adapter moves NRST. */
export const movesNrst = (wiring: Wiring): boolean => lineStates.some((lines) => pinsOf(wiring, lines).nrst === 0);

/** The lines of an adapter can start the application by a reset. */
export const canReset = (circuit: Circuit): boolean => whyNoReset(circuit) === undefined;

/** Why no reset by the lines starts the application; undefined where one does. */
export function whyNoReset({ wiring, nrst, boot0 }: Circuit): string | undefined {
  try {
    planApplicationReset(wiring, nrst, boot0);
    return undefined;
  } catch (error) {
    if (error instanceof BootctlError) return error.message;
    throw error;
  }
}

/**
 * The circuit pulls NRST low only together with BOOT0 high. Where BOOT0 falls at once and NRST rises by its capacitor, the
 * target still reads BOOT0 = 0: from the parts of the board, at the worst end of their tolerances.
 */
function letBothGo({ wiring, nrst, boot0 }: Circuit) {
  const none = `${who}: no state of RTS and DTR gives NRST = 0 with BOOT0 = 0`;
  const fall = boot0 ? guaranteedClearTime(boot0) : drivenFall;
  const rise = earliestNrstRise(nrst);
  if (fall >= rise) {
    const times = `BOOT0 is surely low ${ms(fall)} after that, and NRST may have risen after ${ms(rise)}`;
    refuse(`${none}, and where both are let go together the ROM may start: ${times}.`);
  }
  const pair =
    letGoPair(wiring) ??
    refuse(`${none}, and RTS and DTR, which move one after the other, pass BOOT0 = 1 with NRST = 1.`);
  return { ...pair, margin: rise - fall };
}

interface Pair {
  readonly from: ModemLines;
  readonly to: ModemLines;
}

/** Two states of the lines between which both pins let go, whichever line moves first. The idle one is preferred. */
function letGoPair(wiring: Wiring): Pair | undefined {
  const has = (boot0: 0 | 1, nrst: 0 | 1) => (lines: ModemLines) => {
    const pins = pinsOf(wiring, lines);
    return pins.boot0 === boot0 && pins.nrst === nrst;
  };
  const startsRom = has(1, 1);
  const isSafe = ({ from, to }: Pair) =>
    ![
      { rts: to.rts, dtr: from.dtr },
      { rts: from.rts, dtr: to.dtr },
    ].some(startsRom);
  const pairs = lineStates
    .filter(has(0, 1))
    .flatMap((to) => lineStates.filter(has(1, 0)).map((from): Pair => ({ from, to })));
  return pairs.find(isSafe);
}
