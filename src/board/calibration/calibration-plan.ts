import type { Milliseconds } from '../../base/units.ts';
import { guaranteedClearTime } from '../circuit/corners.ts';
import { commandLines } from '../circuit/host-lines.ts';
import type { LinePlan } from '../circuit/plan.ts';
import { endIdle, step } from '../circuit/planner.ts';
import { bleedTimeConstant, chargeTime, chargeTimeConstant, holdTime } from '../circuit/rc.ts';
import { linesFor } from '../circuit/wiring.ts';
import type { BoardProfile } from '../profile.ts';
import type { Interval, Side } from './threshold.ts';

/** What is found by resets with changed timing. */
export type QuantityName = 'hold' | 'charge';

/** One quantity and how it is searched. */
export interface Quantity {
  readonly name: QuantityName;
  readonly side: Side;
  /** Where it can be at all. */
  readonly range: Interval;
}

/** The times of one reset. */
export interface ResetTimes {
  readonly charge: Milliseconds;
  /** From the release of BOOT0's line to that of NRST's. */
  readonly window: Milliseconds;
}

/** Five time constants are 99.3 % of the charge. */
const fullCharge = 5;
/** Of the real parts against the list: a tenth of the capacitance to a threshold of a third of VIH and twice the parts. Our choice. */
const range = { hold: { low: 0.05, high: 4 }, charge: { low: 0.05, high: 20 } } as const;
/** As long as the guaranteed time to VIL several times over: then less than a hundredth of the charge is left. */
const timesToEmpty = 3;

/**
 * Lines that charge BOOT0 alone, and that reset without charging it: with both the time between two edges is free. Nobody
 * knows how long a command takes.
 */
export const canTime = ({ wiring, boot0, hostLines }: Pick<BoardProfile, 'wiring' | 'boot0' | 'hostLines'>): boolean =>
  boot0 !== undefined &&
  commandLines(hostLines ?? {}).length === 0 &&
  [
    { boot0: 1, nrst: 1 },
    { boot0: 0, nrst: 0 },
  ].every((pins) => linesFor(wiring, pins as { boot0: 0 | 1; nrst: 0 | 1 }) !== undefined);

/** What can be found out about a board by resets. */
export function quantitiesOf(profile: BoardProfile): readonly Quantity[] {
  const { boot0 } = profile;
  if (!boot0 || !canTime(profile)) return [];
  const hold = Math.max(holdTime(boot0, Number.POSITIVE_INFINITY, 'nominal'), bleedTimeConstant(boot0, 'nominal') / 10);
  const charge = Math.min(chargeTime(boot0, boot0.vih, 'nominal'), fullCharge * chargeTimeConstant(boot0, 'nominal'));
  return [
    { name: 'hold', side: 'below', range: { low: range.hold.low * hold, high: range.hold.high * hold } },
    { name: 'charge', side: 'above', range: { low: range.charge.low * charge, high: range.charge.high * charge } },
  ];
}

/** The times at which one quantity is tried: the other one is as sure as it can be. */
export function timesFor(profile: BoardProfile, name: QuantityName, time: Milliseconds): ResetTimes {
  const { boot0, nrst } = profile;
  const full = boot0 ? Math.max(50, 2 * fullCharge * chargeTimeConstant(boot0, 'high')) : 0;
  return name === 'hold' ? { charge: full, window: time } : { charge: time, window: nrst.pulse };
}

/** A reset with these times, ending idle. */
export function planTimed({ wiring }: BoardProfile, { charge, window }: ResetTimes): LinePlan {
  const lines = (boot0: 0 | 1, nrst: 0 | 1) => linesFor(wiring, { boot0, nrst })!;
  return {
    steps: endIdle(wiring, [
      step(wiring, lines(1, 1), charge, 'charge BOOT0'),
      step(wiring, lines(0, 0), window, 'reset while the capacitor holds BOOT0'),
      step(wiring, lines(0, 1), 0, 'BOOT0 is read'),
    ]),
    window: { opens: 1, closes: 2, nrstRelease: 0, needed: window, limit: Number.POSITIVE_INFINITY },
    margin: 0,
    clear: 0,
  };
}

/** How long BOOT0 stays released before a charge counts as one from 0 V. */
export const emptyAfter = ({ boot0 }: BoardProfile): Milliseconds =>
  boot0 ? timesToEmpty * guaranteedClearTime(boot0) : 0;
