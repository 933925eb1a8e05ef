import type { Attempt } from '../../../machines/boot-entry.policy.ts';
import type { BootctlError, ErrorCode } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import { romUsarts } from '../../chips/chip.ts';
import { jumpLimit } from '../../chips/firmware/jump-limit.ts';
import type { Diagnosis } from '../job/events.ts';
import { cloneAdvice, cloneInstead, flashBootloaderAdvice, flashBootloaderInstead } from './diagnose-clone.ts';
import {
  adviceAfterLines,
  adviceInSilence,
  adviceWhenAsked,
  knownOf,
  leftByLines,
  leftByLinesText,
  leftWhenAsked,
  leftWhenAskedText,
  unexplained,
} from './diagnose-silence.ts';
import { foreignAdvice, foreignOnUsart, silentUsart, silentUsartAdvice } from './diagnose-usart.ts';
import type { Facts } from './evidence.ts';
import type { SeenInstead } from './seen-instead.ts';

interface Cause {
  /** What speaks for it; undefined where nothing does. */
  readonly evidence: (facts: Facts) => string | undefined;
  readonly advice: (facts: Facts) => string;
}

const failed = ({ attempts }: Facts, code: ErrorCode): readonly Attempt[] =>
  attempts.filter(({ error }) => error?.code === code);
const byLines = (attempts: readonly Attempt[]): readonly Attempt[] => attempts.filter(({ rung }) => rung.plan);
/** Option bits that take BOOT0 away from its pin, by their CMSIS names (AN2606, Table 2). */
const pinBits = ({ target: chip }: Facts): readonly string[] =>
  chip?.optionBits.filter((bit) => /BOOT_SEL|nSWBOOT0|BOOT_LOCK|BOOT_ADD/i.test(bit)) ?? [];
/** Attempts after which the host saw a device that it could not enumerate. */
const enumerationOf = (facts: Facts): readonly Attempt[] =>
  failed(facts, 'dfu-not-seen').filter(({ error }) => error?.details.enumeration !== undefined);
const nameOf = ({ target: chip }: Facts): string => chip?.name ?? 'the target';

/** A device that came instead of the DFU device, from the last attempt that saw one. */
const insteadIn = ({ attempts }: Facts): Attempt | undefined =>
  attempts.findLast(({ error }) => error?.details.appeared !== undefined);
const instead = (facts: Facts): BootctlError['details'] | undefined => insteadIn(facts)?.error?.details;

/** The application that stayed on the bus in an attempt, and took a request like this. */
const stayedWith = (facts: Facts, answer: SeenInstead['stayedAnswer']): string | undefined =>
  facts.attempts
    .map(({ error }) => error?.details as SeenInstead | undefined)
    .find((details) => details?.stayed !== undefined && details.stayedAnswer === answer)?.stayed;

/** Where a DFU device came that was awaited at another USB path, attempt by attempt. */
const elsewhere = (facts: Facts): readonly BootctlError['details'][] =>
  failed(facts, 'dfu-not-seen').flatMap(({ error }) => (error?.details.elsewhere ? [error.details] : []));

/** All causes, the more telling first: a cause further down is likely only where nothing above speaks. */
const causes = {
  clone: {
    evidence: (facts) => cloneInstead(instead(facts) ?? {}),
    advice: (facts) => cloneAdvice(instead(facts)?.clone),
  },
  'flash-bootloader': {
    evidence: (facts) => flashBootloaderInstead(instead(facts) ?? {}),
    advice: (facts) =>
      flashBootloaderAdvice(instead(facts)?.flashBootloader, insteadIn(facts)?.rung.method !== 'soft-jump'),
  },
  'no-dfu-in-rom': {
    evidence: ({ target: chip, profile }) =>
      chip && !chip.hasDfu && !profile.usart.connected
        ? `the ROM of ${chip.name} has no USB DFU (AN2606, Table 3)`
        : undefined,
    advice: ({ target }) =>
      `Connect TX and RX of the adapter, crossed, to a USART of the ROM (${romUsarts(target)}) and set \`usart: { connected: true }\` in the profile.`,
  },
  'reset-unnoticed': {
    evidence: (facts) => {
      const stayed = stayedWith(facts, 'silent');
      return stayed
        ? `the application (${stayed}) stayed on the bus and no longer answers: the reset has reached it, and this host has not noticed`
        : undefined;
    },
    advice: () =>
      'A resistor on the board pulls D+ up all the time, and what runs now does not show. Take the USB cable out and put it in again while the board has another supply; without one, remove that resistor, or let the firmware switch it.',
  },
  'nrst-not-moving': {
    evidence: (facts) => {
      const answering = stayedWith(facts, 'answers');
      const stayed = answering ?? stayedWith(facts, 'not-asked');
      return stayed
        ? `the application (${stayed}) stayed on the bus through ${count(failed(facts, 'dfu-not-seen').length, 'reset')}${answering ? ', and still answers' : ''}`
        : undefined;
    },
    advice: (facts) =>
      [
        facts.profile.usb.path === undefined ? 'If it is the application of this board, the' : 'The',
        'reset does not reach the target: check the wire to NRST, the line in `wiring.nrst`, and whether option bits make NRST a GPIO.',
        stayedWith(facts, 'answers') === undefined
          ? `Or the board pulls D+ up all the time, and the host has not noticed the reset: ${facts.profile.usb.path === undefined ? 'with `--usb-path` bootctl finds that out, and makes the host look again' : 'the device could not be asked; see that this user may open it'}.`
          : '',
      ]
        .filter(Boolean)
        .join(' '),
  },
  'dfu-device-stayed': {
    evidence: (facts) => {
      const places = failed(facts, 'dfu-not-seen').findLast(({ error }) => error?.details.stranger)?.error?.details
        .stranger;
      return places
        ? `a DFU device came at ${places} and stayed on the bus through a reset: it was not opened`
        : undefined;
    },
    advice: () =>
      'If it is another board, it has nothing to do with this one. If it is this board, the reset does not reach it: check the wire to NRST, or name its place with `--usb-path`.',
  },
  'dfu-device-elsewhere': {
    evidence: (facts) => {
      const last = elsewhere(facts).at(-1);
      return last
        ? `a DFU device came at ${last.elsewhere} after ${count(elsewhere(facts).length, 'reset')}, and the one at ${last.awaited} was awaited: it was not opened`
        : undefined;
    },
    advice: (facts) =>
      `If it is this board, give its place: \`--usb-path ${elsewhere(facts).at(-1)?.elsewhere}\`, or \`path\` in \`usb\` of the profile.`,
  },
  'boot0-pin-disabled': {
    evidence: (facts) => {
      const back = byLines(failed(facts, 'application-came-back'));
      const bits = pinBits(facts);
      if (back.length === 0 || bits.length === 0) return undefined;
      return `each reset worked, but started the application; option bits of ${nameOf(facts)} can overrule the BOOT0 pin (${bits.join(', ')})`;
    },
    advice: (facts) =>
      `Where they do, set ${pinBits(facts)[0]} so that the pin counts and selects the ROM, once, over SWD or after a soft jump. Where they do not, BOOT0 was low.`,
  },
  'boot0-low-at-sampling': {
    evidence: (facts) => {
      const back = byLines(failed(facts, 'application-came-back'));
      if (back.length === 0) return undefined;
      const isHeld = back.some(({ rung }) => rung.method === 'lines');
      const how = isHeld ? ', also while its line held BOOT0 through the reset' : '';
      const overruled = pinBits(facts).length > 0 ? ', or its pin did not count' : '';
      return `${count(back.length, 'reset')} worked, but started the application: BOOT0 was low when it was sampled${how}${overruled}`;
    },
    advice: () =>
      'Measure BOOT0 while its line is asserted: a wrong line, a missing transistor, a jumper that ties it to ground, or a resistor on the board that empties the capacitor (`boot0.boardPullDown`).',
  },
  'other-device': {
    evidence: (facts) => {
      const { appeared, clone, flashBootloader } = instead(facts) ?? {};
      return appeared && !clone && !flashBootloader
        ? `another USB device appeared instead of the DFU device: ${appeared}`
        : undefined;
    },
    advice: ({ profile }) =>
      [
        "If it is the target's application, the resets work and BOOT0 was low when it was sampled: measure BOOT0 while its line is asserted.",
        profile.application.expect === 'usb' ? '' : 'Named in `application`, it would be known at once.',
        'Its ids belong into `usb` of the profile only if it is a bootloader that speaks DfuSe (`lsusb -v` shows `bcdDFUVersion 1.1a`).',
      ]
        .filter(Boolean)
        .join(' '),
  },
  'host-too-slow': {
    evidence: (facts) => {
      const missed = failed(facts, 'window-missed');
      const longest = Math.max(...missed.map(({ held = 0 }) => held));
      return missed.length > 0
        ? `${count(missed.length, 'attempt')} missed the hold window; BOOT0 had to hold for up to ${longest.toFixed(0)} ms`
        : undefined;
    },
    advice: () =>
      'Use a larger capacitor or bleed resistor, the method `lines` where the wiring allows it, or a faster adapter.',
  },
  'soft-jump-limited': {
    evidence: ({ target: chip, attempts }) =>
      chip && attempts.some(({ rung }) => rung.method === 'soft-jump' && rung.softJump?.trigger !== 'self-charge')
        ? jumpLimit(chip)
        : undefined,
    advice: () =>
      'Use NRST and BOOT0 by the lines on this target, or let its firmware charge a capacitor on BOOT0 (`self-charge`).',
  },
  'enumeration-failed': {
    evidence: (facts) => {
      const said = enumerationOf(facts)[0]?.error?.details.enumeration;
      const times = count(enumerationOf(facts).length, 'attempt');
      return said
        ? `a USB device was plugged in, but the host could not enumerate it, in ${times} (${said})`
        : undefined;
    },
    advice: (facts) =>
      [
        "Something answers on the target's USB, but not so that it can be understood: check the cable, and D+ and D− for being swapped or cut.",
        'A later start of the ROM may do better: `--attempts 20` tries more often.',
        ...knownOf(facts),
        clockText(facts),
      ]
        .filter(Boolean)
        .join(' '),
  },
  'rom-not-on-usb': {
    evidence: (facts) => {
      const left = leftByLines(facts);
      return left && leftByLinesText(facts, left);
    },
    advice: (facts) => adviceAfterLines(facts, leftByLines(facts)!),
  },
  'rom-not-reached': {
    evidence: (facts) => {
      const left = leftWhenAsked(facts);
      return left && leftWhenAskedText(left);
    },
    advice: adviceWhenAsked,
  },
  'usart-foreign': { evidence: foreignOnUsart, advice: foreignAdvice },
  'rom-silent': {
    evidence: (facts) => (leftByLines(facts) ? undefined : silentUsart(facts)),
    advice: silentUsartAdvice,
  },
  'usb-silent': {
    evidence: (facts) => {
      const silent = unexplained(facts);
      return silent.length > 0 ? `no USB device appeared after ${count(silent.length, 'attempt')}` : undefined;
    },
    advice: adviceInSilence,
  },
} as const satisfies Record<string, Cause>;

export type CauseName = keyof typeof causes;
export const causeNames = Object.keys(causes) as readonly CauseName[];

/** A ROM that takes a wrong frequency for its crystal's answers at a wrong rate (AN2606, its dynamic detection). */
function clockText({ target: chip }: Facts): string {
  if (!chip?.dfuClock) return 'A ROM that measures its crystal can also take a wrong frequency: check the crystal.';
  return chip.dfuClock.needs === 'none' ? '' : `Check the crystal: DFU of ${chip.name} needs ${chip.dfuClock.rule}.`;
}

/** The likely causes of a boot entry that failed, the most telling first. */
export const diagnose = (facts: Facts): readonly Diagnosis[] =>
  causeNames.flatMap((name) => {
    const cause: Cause = causes[name];
    const evidence = cause.evidence(facts);
    return evidence === undefined ? [] : [{ cause: name, evidence, advice: cause.advice(facts) }];
  });
