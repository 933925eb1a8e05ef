import { boot0Levels } from '../../chips/boot0-levels.ts';
import { findChip } from '../../chips/find-chip.ts';
import { jumpLimit } from '../../chips/firmware/jump-limit.ts';
import { flashBootloaderOf } from '../../chips/flash-bootloaders.ts';
import { contradictions } from '../calibration/contradictions.ts';
import { movesNrst, whyNoReset } from '../circuit/application-reset.ts';
import { lineStates, pinsOf } from '../circuit/wiring.ts';
import type { BoardProfile } from '../profile.ts';

const volts = (value: number): string => `${value.toFixed(2)} V`;

const movesBoot0 = ({ wiring }: BoardProfile): boolean =>
  new Set(lineStates.map((lines) => pinsOf(wiring, lines).boot0)).size > 1;

/** Thresholds in the profile that promise more than the target's data sheet. */
function levelWarnings({ boot0, target }: BoardProfile): readonly string[] {
  if (!boot0) return [];
  const family = target && findChip(target.family);
  const levels = boot0Levels(family);
  const known = (name: 'vih' | 'vil') => levels[name].ofVdd * boot0.supply + levels[name].plus;
  const of = family ? `BOOT0 of ${family.name}` : 'BOOT0 of a target that is not named';
  const source = (name: 'vih' | 'vil') =>
    family?.boot0?.[name] ? 'its data sheet' : 'a safe default, since no data sheet is known';
  return [
    ...(boot0.vih < known('vih') - 1e-9
      ? [
          `boot0.vih is ${volts(boot0.vih)}, but ${of} surely reads 1 only from ${volts(known('vih'))} on (${source('vih')})`,
        ]
      : []),
    ...(boot0.vil > known('vil') + 1e-9
      ? [
          `boot0.vil is ${volts(boot0.vil)}, but ${of} surely reads 0 only up to ${volts(known('vil'))} (${source('vil')})`,
        ]
      : []),
  ];
}

/** A BOOT0 pin that the application or a debugger uses as well. */
function pinWarnings(profile: BoardProfile): readonly string[] {
  const family = profile.target && findChip(profile.target.family);
  const pin = family?.boot0?.sharedPin;
  if (!family || pin === undefined || !movesBoot0(profile)) return [];
  const capacitor = profile.boot0 ? ', and no capacitor straight at the pin' : '';
  const debug = pin.includes('SWCLK') ? ' A debugger works only while the circuit is off the pin.' : '';
  return [
    `BOOT0 of ${family.name} is ${pin}: put 1 kΩ between the circuit and the pin${capacitor}; ` +
      `an application that drives the pin high charges the circuit, and its next reset starts the ROM.${debug}`,
  ];
}

/** Lines that reset the target, and cannot start its application. */
function resetWarnings(profile: BoardProfile): readonly string[] {
  const why = movesNrst(profile.wiring) ? whyNoReset(profile) : undefined;
  return why === undefined
    ? []
    : [`${why.replace(/\.$/, '')}: the application starts only from the bootloader, or by hand`];
}

/** A bootloader in flash with ids of its own, which a DfuSe program cannot speak to. */
function bootloaderWarnings({ usb }: BoardProfile): readonly string[] {
  const found = flashBootloaderOf(usb);
  if (!found || found.speaksDfuSe) return [];
  return [
    `usb names ${usb.vendorId}:${usb.productId}, which is ${found.name}, a bootloader in the flash: bootctl does not speak to it; use ${found.tool}`,
  ];
}

/** A soft jump on a line where it is limited; a charge of BOOT0 is none. */
function jumpWarnings({ methods, softJump, target }: BoardProfile): readonly string[] {
  const family = target && findChip(target.family);
  const jumps = methods.includes('soft-jump') && softJump.some(({ trigger }) => trigger !== 'self-charge');
  const limit = family && jumps ? jumpLimit(family) : undefined;
  return limit === undefined ? [] : [limit];
}

/** Allowed settings with surprising effects, one sentence each. */
export const profileWarnings = (profile: BoardProfile): readonly string[] => [
  ...levelWarnings(profile),
  ...pinWarnings(profile),
  ...resetWarnings(profile),
  ...bootloaderWarnings(profile),
  ...jumpWarnings(profile),
  ...contradictions(profile.boot0, profile.nrst, profile.measured),
];
