import { BootctlError } from '../../base/errors.ts';
import type { Farads, Milliseconds, Ohms, Volts } from '../../base/units.ts';
import type { ModemLines } from '../../bench/serial-link.ts';
import { sureWindow } from '../calibration/contradictions.ts';
import type { Measured } from '../calibration/measured.ts';
import type { Boot0Circuit, NrstCircuit } from '../profile.ts';
import {
  guaranteedChargeTime,
  guaranteedClearTime,
  guaranteedHeadroom,
  guaranteedHoldTime,
  guaranteedNrstRise,
} from './corners.ts';
import { type HostLines, isPulsed } from './host-lines.ts';
import type { HoldWindow, LinePlan, LineStep, MethodName, Pins, Rung, Wiring } from './plan.ts';
import { valuesOf } from './preferred-values.ts';
import { chargedVoltage, chargeTimeConstant } from './rc.ts';
import { idleLines, isIdle, linesFor, pinsOf } from './wiring.ts';

/** Facts about a board's circuit that the planner needs. A `BoardProfile` has them. */
export interface EntryCircuit {
  /** Absent where BOOT0 is driven directly. */
  readonly boot0?: Boot0Circuit;
  readonly nrst: NrstCircuit;
  /** Lines of the host; one of them may pulse NRST as a whole. */
  readonly hostLines?: HostLines;
  /** Of this very board; they count where the parts would promise less, or the board does. */
  readonly measured?: Measured;
}

type WithCapacitor = EntryCircuit & { readonly boot0: Boot0Circuit };

/** Methods that move lines. */
export type LineMethod = 'lines' | 'rc-cap';

export const isLineMethod = (method: MethodName): method is LineMethod => method === 'lines' || method === 'rc-cap';

/** Part of the hold window that is reserved for the host: JavaScript sets lines no more precisely than ±5 ms. */
export const hostAllowance: Milliseconds = 5;
/**
 * BOOT0 is latched on the fourth SYSCLK edge after NRST has risen, about 1 µs at the reset clock (RM0090, boot
 * configuration).
 */
export const latchDelay: Milliseconds = 0.001;
/** ROMs of dual-bank targets read BOOT0 once more after their start (AN2606, dual-bank flow charts). */
const romReadsBoot0: Milliseconds = 200;
/** 99.3 % of the charge. */
const timeConstantsToCharge = 5;
/** Below this a host's own jitter is a large part of a hold. */
const shortestCharge: Milliseconds = 50;
/** BOOT0 is low before NRST falls, even if a host moves one line after the other. */
export const shortestSettle: Milliseconds = 10;

const stretch = { charge: 4, pulse: { lines: 10, 'rc-cap': 3 } } as const;

export const ms = (value: Milliseconds): string => `${value.toFixed(1)} ms`;
const volts = (value: Volts): string => `${value.toFixed(2)} V`;
export const refuse = (message: string): never => {
  throw new BootctlError('profile-invalid', message, {
    hint: 'Correct wiring, values or methods in the profile.',
  });
};

export const required = (method: string, wiring: Wiring, pins: Pins): ModemLines =>
  linesFor(wiring, pins) ??
  refuse(`${method} needs BOOT0 = ${pins.boot0} with NRST = ${pins.nrst}, which no state of RTS and DTR gives.`);

export const step = (wiring: Wiring, lines: ModemLines, hold: Milliseconds, purpose: string): LineStep => ({
  lines,
  pins: pinsOf(wiring, lines),
  hold,
  purpose,
});

/** A plan may hold its last line state, but ends with both lines released. */
export const endIdle = (wiring: Wiring, steps: readonly LineStep[]): readonly LineStep[] => {
  const last = steps.at(-1);
  return last && isIdle(last.lines) ? steps : [...steps, step(wiring, idleLines, 0, 'idle')];
};

/** No capacitor helps a divider. */
const weakDivider = ({ boardPullDown }: Boot0Circuit): string =>
  boardPullDown === undefined
    ? 'Use a smaller chargeResistor or a larger bleedResistor.'
    : 'Take off the resistor that pulls BOOT0 down on the board, or use a smaller chargeResistor.';

/** BOOT0 surely gets above VIH, and surely below VIL again. @returns the time that the latter takes */
function checkLevels(method: string, boot0: Boot0Circuit): Milliseconds {
  const charged = volts(chargedVoltage(boot0));
  const vih = volts(boot0.vih);
  if (chargedVoltage(boot0) <= boot0.vih) {
    refuse(`${method}: BOOT0 charges to ${charged} only, but its VIH is ${vih}. ${weakDivider(boot0)}`);
  }
  if (guaranteedHeadroom(boot0) <= 0) {
    const near = `too near to its VIH of ${vih} for parts with tolerances`;
    refuse(`${method}: BOOT0 charges to ${charged}, ${near}. ${weakDivider(boot0)}`);
  }
  return checkClear(method, boot0);
}

export function checkClear(method: string, boot0: Boot0Circuit): Milliseconds {
  const clear = guaranteedClearTime(boot0);
  if (clear < Number.POSITIVE_INFINITY) return clear;
  return refuse(
    `${method}: 1 µA of leakage can keep BOOT0 above its VIL of ${volts(boot0.vil)}, so that it is never surely low. ` +
      'Use a smaller bleedResistor: 47 kΩ fits every STM32.',
  );
}

/** How long a plan charges BOOT0. */
export const chargeHold = (boot0: Boot0Circuit, change: Rung['change']): Milliseconds =>
  Math.max(shortestCharge, Math.ceil(timeConstantsToCharge * chargeTimeConstant(boot0, 'high'))) *
  (change === 'longer charge' ? stretch.charge : 1);

/** BOOT0 held by its line from before NRST falls until the ROM runs. */
function planLines(wiring: Wiring, circuit: EntryCircuit, change: Rung['change']): LinePlan {
  const { boot0, nrst, hostLines } = circuit;
  if (isPulsed(hostLines)) return planPulsed(wiring, circuit, change);
  const clear = boot0 ? checkLevels('lines', boot0) : 0;
  const reset = required('lines', wiring, { boot0: 1, nrst: 0 });
  const start = required('lines', wiring, { boot0: 1, nrst: 1 });
  const pulse = nrst.pulse * (change === 'longer pulse' ? stretch.pulse.lines : 1);
  const hold = Math.max(pulse, boot0 ? chargeHold(boot0, change) : 0);
  return {
    steps: endIdle(wiring, [
      step(wiring, reset, hold, 'reset with BOOT0 held high'),
      step(wiring, start, Math.ceil(guaranteedNrstRise(nrst)) + romReadsBoot0, 'BOOT0 stays high while the ROM starts'),
    ]),
    margin: hold - (boot0 ? guaranteedChargeTime(boot0) : 0),
    clear,
  };
}

/** The same where a command pulses NRST: BOOT0 stands before it begins, since NRST is high again when it has ended. */
function planPulsed(wiring: Wiring, { boot0, nrst }: EntryCircuit, change: Rung['change']): LinePlan {
  const clear = boot0 ? checkLevels('lines', boot0) : 0;
  const start = required('lines', wiring, { boot0: 1, nrst: 1 });
  const pulse = required('lines', wiring, { boot0: 1, nrst: 0 });
  const hold = boot0 ? chargeHold(boot0, change) : shortestSettle;
  return {
    steps: endIdle(wiring, [
      step(wiring, start, hold, boot0 ? 'charge BOOT0' : 'BOOT0 high'),
      step(wiring, pulse, 0, 'the command resets with BOOT0 held high'),
      step(wiring, start, Math.ceil(guaranteedNrstRise(nrst)) + romReadsBoot0, 'BOOT0 stays high while the ROM starts'),
    ]),
    margin: hold - (boot0 ? guaranteedChargeTime(boot0) : 0),
    clear,
  };
}

/**
 * BOOT0 held by its line while the power of the target is cut and restored: its power-on reset starts the ROM, whatever
 * keeps NRST from doing it. Undefined where no state of the lines holds BOOT0 alone.
 * @throws BootctlError `profile-invalid` if BOOT0 does not reach its levels
 */
export function planPowerCycle(wiring: Wiring, { boot0, nrst }: EntryCircuit): LinePlan | undefined {
  const start = linesFor(wiring, { boot0: 1, nrst: 1 });
  if (!start) return undefined;
  const clear = boot0 ? checkLevels('lines', boot0) : 0;
  const hold = boot0 ? chargeHold(boot0, 'nominal') : shortestSettle;
  const afterPower = step(
    wiring,
    start,
    Math.ceil(guaranteedNrstRise(nrst)) + romReadsBoot0,
    'cut and restore the power with BOOT0 held high',
  );
  return {
    steps: endIdle(wiring, [
      step(wiring, start, hold, boot0 ? 'charge BOOT0' : 'BOOT0 high'),
      { ...afterPower, cutsPower: true },
    ]),
    margin: hold - (boot0 ? guaranteedChargeTime(boot0) : 0),
    clear,
  };
}

/** How long NRST may stay low while the capacitor holds BOOT0, less the host's allowance. */
function holdWindow(boot0: Boot0Circuit, nrst: NrstCircuit, charge: Milliseconds) {
  const limit = guaranteedHoldTime(boot0, charge);
  const nrstRelease = guaranteedNrstRise(nrst);
  return { limit, nrstRelease, longest: limit - nrstRelease - latchDelay - hostAllowance };
}

/** Capacitors that are advised: 100 nF to 680 µF, in the steps in which they are sold. */
export const capacitorValues: readonly Farads[] = valuesOf('E6', 100e-9, 680e-6);

/** The same by what was measured of this board, if that has room for the pulse; else by its parts. */
function windowOf({ boot0, nrst, measured }: WithCapacitor, charge: Milliseconds) {
  const parts = holdWindow(boot0, nrst, charge);
  const sure = measured && sureWindow(measured);
  if (sure === undefined) return parts;
  const longest = sure - latchDelay - hostAllowance;
  return longest < nrst.pulse ? parts : { ...parts, limit: sure + parts.nrstRelease, longest };
}

/** The smallest capacitor of the E6 series that holds BOOT0 through the reset. Undefined if none does. */
export function fittingCapacitor(boot0: Boot0Circuit, nrst: NrstCircuit): Farads | undefined {
  return capacitorValues.find((capacitor) => {
    const circuit = { ...boot0, capacitor };
    return holdWindow(circuit, nrst, chargeHold(circuit, 'nominal')).longest >= nrst.pulse;
  });
}

function capacitorAdvice(boot0: Boot0Circuit, nrst: NrstCircuit): string {
  const farads = fittingCapacitor(boot0, nrst);
  if (farads === undefined) return weakDivider(boot0);
  const other = boot0.boardPullDown ? ', or take off the resistor that pulls BOOT0 down on the board' : '';
  return `Use a capacitor of ${Number((farads * 1e6).toPrecision(2))} µF or more${other}. \`bootctl rc analyse\` says what else counts.`;
}

/** Pulse and window. */
function fitPulse(circuit: WithCapacitor, charge: Milliseconds, change: Rung['change']) {
  const { boot0, nrst } = circuit;
  const { limit, nrstRelease, longest } = windowOf(circuit, charge);
  if (longest < nrst.pulse) {
    const needed = nrst.pulse + nrstRelease + latchDelay;
    refuse(
      `rc-cap: the capacitor holds BOOT0 above ${volts(boot0.vih)} for ${ms(limit)} in the worst corner, ` +
        `but the reset needs ${ms(needed)} (pulse ${ms(nrst.pulse)}, NRST rise ${ms(nrstRelease)}) ` +
        `and the host ${ms(hostAllowance)} more. ${capacitorAdvice(boot0, nrst)}`,
    );
  }
  const wanted = nrst.pulse * stretch.pulse['rc-cap'];
  const pulse = change !== 'longer pulse' ? nrst.pulse : Math.max(nrst.pulse, Math.min(wanted, Math.floor(longest)));
  return { pulse, limit, nrstRelease, needed: pulse + nrstRelease + latchDelay };
}

/** An FT232R sinks 2 mA at up to 0.6 V (FT232R datasheet, VOL of the UART pins); adapters with a transistor are stronger. */
const weakestSink: Ohms = 300;
/** The reset circuit takes pulses from 300 ns on (DS8626, NRST pin characteristics); a host's timers have whole milliseconds. */
const shortestTimer: Milliseconds = 1;

/** How long NRST has to be held low until its capacitor is empty and the chip has seen it. */
const shortestPulse = ({ capacitor }: NrstCircuit): Milliseconds =>
  Math.max(shortestTimer, Math.ceil(timeConstantsToCharge * weakestSink * capacitor * 1000));

/** The same with a pulse no longer than NRST needs; undefined where it is that short, or no capacitor has to hold through it. */
export function withShortestPulse(plan: LinePlan, nrst: NrstCircuit): LinePlan | undefined {
  const { window, steps } = plan;
  const saved = window ? steps[window.opens]!.hold - shortestPulse(nrst) : 0;
  if (!window || saved <= 0) return undefined;
  return {
    ...plan,
    steps: steps.map((one, index) => (index === window.opens ? { ...one, hold: one.hold - saved } : one)),
    window: { ...window, needed: window.needed - saved },
    margin: plan.margin + saved,
  };
}

/** BOOT0 charged by its line and carried across the reset by the capacitor. */
function planRcCap(wiring: Wiring, { boot0, ...circuit }: EntryCircuit, change: Rung['change']): LinePlan {
  if (!boot0) return refuse('rc-cap needs the RC circuit on BOOT0, but the profile has no `boot0` values.');
  const clear = checkLevels('rc-cap', boot0);
  const charging = required('rc-cap', wiring, { boot0: 1, nrst: 1 });
  const reset = required('rc-cap', wiring, { boot0: 0, nrst: 0 });
  const released = required('rc-cap', wiring, { boot0: 0, nrst: 1 });
  const charge = chargeHold(boot0, change);
  const { pulse, ...times } = fitPulse({ boot0, ...circuit }, charge, change);
  const window: HoldWindow = { opens: 1, closes: 2, ...times };
  return {
    steps: endIdle(wiring, [
      step(wiring, charging, charge, 'charge BOOT0'),
      step(wiring, reset, pulse, 'reset while the capacitor holds BOOT0'),
      step(wiring, released, isIdle(released) ? 0 : romReadsBoot0, 'start the ROM'),
    ]),
    window,
    margin: window.limit - window.needed,
    clear,
  };
}

/**
 * The timed sequence that takes the target into its ROM bootloader, ending idle. `change` lengthens the charge
 * (×4) or the NRST pulse (×10 for `lines`; for `rc-cap` ×3, or as far as the hold window allows).
 * @throws BootctlError `profile-invalid` if the wiring does not support the method, or the hold window leaves the host
 *   less than 5 ms
 */
export const planEntry = (
  method: LineMethod,
  wiring: Wiring,
  circuit: EntryCircuit,
  change: Rung['change'] = 'nominal',
): LinePlan => (method === 'lines' ? planLines : planRcCap)(wiring, circuit, change);
