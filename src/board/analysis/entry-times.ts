import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { chargeTo, driven, fall, type Parts, thresholdAt, voltageAfter } from '../circuit/corners.ts';
import { chargeHold, type LineMethod, latchDelay, planEntry } from '../circuit/planner.ts';
import { nrstRiseTime, pullDown } from '../circuit/rc.ts';
import { linesFor } from '../circuit/wiring.ts';
import type { RcBoard, Values } from './factors.ts';

/** The two times of a plan that decide whether the capacitor does its part. */
export interface AnalysedPlan {
  readonly method: LineMethod;
  readonly charge: Milliseconds;
  readonly pulse: Milliseconds;
  /** Why the planner makes no plan with these parts; the times are then those that it would begin with. */
  readonly refused?: string;
}

/** What one board does in one entry. */
export interface EntryTimes {
  /** Until BOOT0 is above VIH. */
  readonly charge: Milliseconds;
  /** Above VIH after its line has let go. */
  readonly hold: Milliseconds;
  /** Until it is below VIL, after a full charge. */
  readonly clear: Milliseconds;
  /** From the release of NRST's line until it has risen. */
  readonly nrstRelease: Milliseconds;
  /** What the entry needs: of the hold for `rc-cap`, of the charge for `lines`. */
  readonly needed: Milliseconds;
  /** What there is of that. */
  readonly window: Milliseconds;
  /** The rest. Below 0 this board does not get in. */
  readonly margin: Milliseconds;
}

/**
 * The plan that a job would make, with what was measured of the board left aside: the question is what its parts promise.
 * @throws BootctlError `profile-invalid` where no parts would help, because the wiring has not the states
 */
export function analysedPlan(board: RcBoard, method: LineMethod): AnalysedPlan {
  const { measured: _measured, ...parts } = board;
  try {
    const { steps, window } = planEntry(method, board.wiring, parts);
    return { method, charge: steps[0]!.hold, pulse: window ? steps[window.opens]!.hold : board.nrst.pulse };
  } catch (error) {
    if (!(error instanceof BootctlError) || !isWired(board, method)) throw error;
    return { method, charge: chargeHold(board.boot0, 'nominal'), pulse: board.nrst.pulse, refused: error.message };
  }
}

const needs = {
  'rc-cap': [
    { boot0: 1, nrst: 1 },
    { boot0: 0, nrst: 0 },
    { boot0: 0, nrst: 1 },
  ],
  lines: [
    { boot0: 1, nrst: 0 },
    { boot0: 1, nrst: 1 },
  ],
} as const;

const isWired = ({ wiring }: RcBoard, method: LineMethod): boolean =>
  needs[method].every((pins) => linesFor(wiring, pins) !== undefined);

/** The parts of a board by its values. */
export function partsOf({ boot0 }: RcBoard, values: Values): Parts {
  return {
    supply: boot0.supply * values.supply,
    diodeDrop: values['diode drop'],
    chargeResistor: boot0.chargeResistor * values['charge resistor'],
    pullDown: pullDown(boot0) * values['bleed resistor'],
    capacitor:
      boot0.capacitor *
      values['capacitor tolerance'] *
      values['capacitor DC bias'] *
      values['capacitor temperature'] *
      values['capacitor age'],
    leakage: values.leakage,
  };
}

/** Each chip is taken to read 1 from its VIH on and no sooner: real ones read it at less, which only helps. */
export function entryTimes(board: RcBoard, plan: AnalysedPlan, values: Values): EntryTimes {
  const parts = partsOf(board, values);
  const vih = thresholdAt(board.boot0, 'vih', parts.supply);
  const charge = chargeTo(parts, vih);
  const hold = fall(parts, voltageAfter(parts, plan.charge), vih);
  const clear = fall(parts, driven(parts), thresholdAt(board.boot0, 'vil', parts.supply));
  const nrstRelease = nrstRiseTime({
    ...board.nrst,
    pullUp: values['NRST pull-up'],
    capacitor: board.nrst.capacitor * values['NRST capacitor'],
  });
  const jitter = values['host jitter'];
  const [window, needed] =
    plan.method === 'rc-cap'
      ? [Math.min(hold, unending), plan.pulse + nrstRelease + latchDelay + jitter]
      : [plan.charge, Math.min(charge, unending) + jitter];
  return { charge, hold, clear, nrstRelease, needed, window, margin: window - needed };
}

/** Of a charge that never gets there and a hold that never ends, so that margins stay numbers: an hour, in ms. */
const unending = 3_600_000;
