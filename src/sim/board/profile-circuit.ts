import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds, Ohms, Volts } from '../../base/units.ts';
import type { BoardProfile, Boot0Circuit } from '../../board/profile.ts';
import type { Scenario } from '../scenarios.ts';
import { type BoardCircuit, thresholdsOf } from './board-circuit.ts';
import { boot0InputOf } from './boot0-inputs.ts';

/** Supply if the profile does not define it. */
const usualSupply: Volts = 3.3;
const slowerThan: Milliseconds = 100;
const nominalTimeConstants = 12;
const lostCapacity = 100;

const parallel = (a: Ohms, b: Ohms): Ohms => (a * b) / (a + b);

/** Time to charge from 0 V to `threshold` through `chargeResistor`, against the bleed resistor. */
function timeToCharge(boot0: Boot0Circuit, chargeResistor: Ohms, threshold: Volts): Milliseconds {
  const { supply, diodeDrop, bleedResistor, capacitor } = boot0;
  const final = ((supply - diodeDrop) * bleedResistor) / (chargeResistor + bleedResistor);
  if (final <= threshold) return Number.POSITIVE_INFINITY;
  return -parallel(chargeResistor, bleedResistor) * capacitor * 1e3 * Math.log(1 - threshold / final);
}

/**
 * The charge resistor with which BOOT0 takes `time` to reach `threshold`; found by halving, as the time rises with it.
 */
function chargeResistorFor(boot0: Boot0Circuit, threshold: Volts, time: Milliseconds): Ohms {
  let [low, high] = [boot0.chargeResistor, boot0.bleedResistor * ((boot0.supply - boot0.diodeDrop) / threshold)];
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (timeToCharge(boot0, middle, threshold) < time) low = middle;
    else high = middle;
  }
  return low;
}

function slowChargeResistor(boot0: Boot0Circuit, threshold: Volts): Ohms {
  const nominal = parallel(boot0.chargeResistor, boot0.bleedResistor) * boot0.capacitor * 1e3;
  return chargeResistorFor(boot0, threshold, Math.max(slowerThan, nominalTimeConstants * nominal));
}

/**
 * ±5 % for resistors, the capacitor's tolerance from the profile and what its dielectric loses, and a Schottky diode that drops 0.3 V cold, 0.15 V
 * warm.
 */
function partsAtOneEnd({ capacitor, tolerance, kept, bleedResistor }: Boot0Circuit, end: 'fast' | 'slow') {
  const { low, high } = kept ?? { low: 1, high: 1 };
  return end === 'fast'
    ? {
        capacitor: capacitor * (1 - tolerance) * low,
        bleedResistor: bleedResistor * 0.95,
        diodeDrop: 0.3,
        leakage: -1e-6,
      }
    : {
        capacitor: capacitor * (1 + tolerance) * high,
        bleedResistor: bleedResistor * 1.05,
        diodeDrop: 0.15,
        leakage: 1e-6,
      };
}

/**
 * The circuit that the profile claims, with nominal values, and the scenario's faults in it.
 * @throws BootctlError `usage` when the scenario needs an RC circuit on BOOT0 that the profile does not have
 */
export function circuitOf(profile: BoardProfile, scenario: Scenario, personality: string): BoardCircuit {
  const { boot0, nrst, wiring, usart, application, softJump } = profile;
  if ((scenario.slowCharge || scenario.weakCapacitor || scenario.boardPullDown || scenario.boot0Parts) && !boot0) {
    const message = `Scenario ${scenario.name} needs an RC circuit on BOOT0, but profile ${profile.id} has no \`boot0\` values`;
    throw new BootctlError('usage', message, { hint: 'Choose another scenario or another profile.' });
  }
  const supply = boot0?.supply ?? usualSupply;
  const thresholds = thresholdsOf(boot0InputOf(personality), supply);
  const chargeResistor = boot0 && scenario.slowCharge ? slowChargeResistor(boot0, thresholds.boot0.rising) : undefined;
  const capacitor = boot0 && scenario.weakCapacitor ? boot0.capacitor / lostCapacity : undefined;
  const talksToAdapter =
    application.expect === 'serial' || softJump.some((jump) => 'via' in jump && jump.via === 'adapter');
  return {
    wiring,
    supply,
    ...(boot0
      ? {
          boot0: {
            ...boot0,
            ...(scenario.boot0Parts && partsAtOneEnd(boot0, scenario.boot0Parts)),
            ...(scenario.boardPullDown && { boardPullDown: scenario.boardPullDown }),
            ...(chargeResistor === undefined ? {} : { chargeResistor }),
            ...(capacitor === undefined ? {} : { capacitor }),
          },
        }
      : {}),
    nrst,
    thresholds,
    usartConnected: usart.connected || talksToAdapter,
    ...(scenario.board ? { faults: scenario.board } : {}),
  };
}

/** How long the target reads 1 after a full charge of BOOT0. 0 without a capacitor. */
export function holdTimeOf({ boot0, supply, thresholds }: BoardCircuit): Milliseconds {
  if (!boot0) return 0;
  const { bleedResistor, chargeResistor, capacitor, diodeDrop } = boot0;
  const full = ((supply - diodeDrop) * bleedResistor) / (chargeResistor + bleedResistor);
  return Math.max(0, bleedResistor * capacitor * 1e3 * Math.log(full / thresholds.boot0.falling));
}
