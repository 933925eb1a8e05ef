import { BootctlError } from '../base/errors.ts';
import { milliseconds } from '../base/text.ts';
import type { Milliseconds } from '../base/units.ts';
import {
  guaranteedChargeTime,
  guaranteedClearTime,
  guaranteedHoldTime,
  guaranteedNrstRise,
} from '../board/circuit/corners.ts';
import { chargeHold, latchDelay } from '../board/circuit/planner.ts';
import { formatValue } from '../board/pictures/format-value.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { Chip } from '../chips/chip.ts';
import { type Answers, isSelfCharge, type SelfChargeEntry } from './answers.ts';
import { boot0PinsOf, type PortPin, portPin } from './ports.ts';

/** The firmware charges the capacitor on BOOT0 by a pin, and resets. */
export interface SelfChargeWay {
  readonly method: 'self-charge';
  readonly pin: PortPin;
  readonly level: 0 | 1;
  /** Long enough with any parts. */
  readonly charge: Milliseconds;
  /** How long BOOT0 then surely reads 1, and how long the reset takes at most. */
  readonly hold: Milliseconds;
  readonly needed: Milliseconds;
  readonly largestMHz: number;
  readonly f1: boolean;
}

/** @throws BootctlError `firmware-pin-unusable`, `firmware-circuit-unusable` */
export function selfChargeWay(profile: BoardProfile, chip: Chip, { entries, delay }: Answers): SelfChargeWay {
  const charging = entries.filter(isSelfCharge);
  const [entry] = charging;
  const pin = chargingPin(chip, entry!);
  if (charging.some((other) => other.pin !== entry!.pin || other.level !== entry!.level)) {
    throw new BootctlError('firmware-pin-unusable', 'The self-charges of the profile name different pins or levels', {
      hint: 'One pin charges BOOT0: name it with its level alike in each entry.',
    });
  }
  const times = chargeTimes(profile);
  const ends = Math.max(delay, times.charge);
  const wait = Math.min(...charging.map((one) => one.wait));
  if (ends >= wait) {
    throw circuitError(
      `The charge ends ${milliseconds(ends)} after the command, but the host waits ${milliseconds(wait)}`,
      `Write \`wait: ${Math.ceil((ends * 1.5) / 100) * 100}ms\` in the entry of softJump, or use a smaller capacitor or chargeResistor.`,
    );
  }
  const { largestMHz, f1 = false } = chip.firmware!.gpio!;
  return { method: 'self-charge', pin, level: entry!.level ?? 1, ...times, largestMHz, f1 };
}

function chargingPin(chip: Chip, { pin, send }: SelfChargeEntry): PortPin {
  if (pin === undefined) {
    throw new BootctlError(
      'firmware-pin-unusable',
      'The self-charge of the profile does not say which pin charges BOOT0',
      {
        hint: `Add it to the entry: \`{ trigger: self-charge, send: ${JSON.stringify(send)}, …, pin: PB12 }\`, the pin that your board wires to the capacitor.`,
      },
    );
  }
  if (boot0PinsOf(chip).includes(pin)) {
    throw new BootctlError(
      'firmware-pin-unusable',
      `${pin} is the pin of BOOT0 itself on ${chip.name}: a reset lets go of it before it is read`,
      {
        hint: 'Take another pin, and wire it through chargeResistor to BOOT0 and its capacitor.',
      },
    );
  }
  return portPin(chip, pin);
}

/** By the planner of the host side, in the worst corner of this profile's circuit. */
function chargeTimes({ boot0, nrst, id }: BoardProfile): Pick<SelfChargeWay, 'charge' | 'hold' | 'needed'> {
  if (!boot0) {
    throw circuitError(`The profile ${id} has no capacitor on BOOT0, which would carry it across the reset`);
  }
  const charge = chargeHold(boot0, 'nominal');
  if (guaranteedChargeTime(boot0) > charge) {
    throw circuitError(
      `A pin cannot charge BOOT0 above its VIH of ${formatValue(boot0.vih, 'V')} with any parts`,
      'Use a smaller chargeResistor or a larger bleedResistor.',
    );
  }
  if (guaranteedClearTime(boot0) === Number.POSITIVE_INFINITY) {
    throw circuitError(
      'BOOT0 is never surely low again after the charge',
      'Use a smaller bleedResistor: 47 kΩ fits every STM32.',
    );
  }
  const hold = guaranteedHoldTime(boot0, charge);
  const needed = guaranteedNrstRise(nrst) + latchDelay;
  if (hold < needed) {
    throw circuitError(
      `The capacitor holds BOOT0 for ${milliseconds(hold)} in the worst corner, but the reset takes up to ${milliseconds(needed)}`,
      'Use a larger capacitor or bleedResistor, or a smaller capacitor on NRST.',
    );
  }
  return { charge, hold, needed };
}

const circuitError = (message: string, hint?: string): BootctlError =>
  new BootctlError('firmware-circuit-unusable', message, hint === undefined ? {} : { hint });
