import type { Attempt } from '../../../machines/boot-entry.policy.ts';
import { capitalised, count } from '../../base/text.ts';
import { type Chip, needsBoot1Low, quirksThatExplain, romUsarts } from '../../chips/chip.ts';
import { isApart } from '../job/application-place.ts';
import type { Facts } from './evidence.ts';
import type { SeenInstead } from './seen-instead.ts';

/** Details that say what came, stayed or failed: an attempt with one of them is no silence. */
const news = ['unawaited', 'stayed', 'enumeration', 'appeared', 'elsewhere', 'stranger'] as const;

const isSilent = ({ error }: Attempt): boolean =>
  error?.code === 'dfu-not-seen' && !news.some((detail) => detail in error.details);

/** Attempts after which the bus showed nothing new, no failed enumeration either. */
const silentAttempts = ({ attempts }: Facts): readonly Attempt[] => attempts.filter(isSilent);

const askedFirmware = ({ rung }: Attempt): boolean => rung.method === 'soft-jump';
const byLines = ({ rung }: Attempt): boolean => rung.plan !== undefined;

const leftIn = (attempts: readonly Attempt[]): SeenInstead | undefined =>
  attempts.find(({ error }) => error?.details.left !== undefined)?.error?.details as SeenInstead | undefined;

/**
 * What left the bus with the lines and has not come back, in no attempt. Where anything else came, that is the news: an
 * application that comes back in another attempt had only been slow.
 */
export function leftByLines(facts: Facts): SeenInstead | undefined {
  const reset = facts.attempts.filter(byLines);
  const others = reset.filter((attempt) => attempt.error?.code !== 'window-missed' && !isSilent(attempt));
  return others.length > 0 ? undefined : leftIn(reset);
}

/** The same after a request to the firmware, which shows only that it took the request. */
export const leftWhenAsked = (facts: Facts): SeenInstead | undefined =>
  leftIn(silentAttempts(facts).filter(askedFirmware));

/** Silent attempts of which the bus did not show more. */
export const unexplained = (facts: Facts): readonly Attempt[] =>
  silentAttempts(facts).filter(
    (attempt) => !(byLines(attempt) && leftByLines(facts)) && !(askedFirmware(attempt) && leftWhenAsked(facts)),
  );

const nameOf = ({ leftIs, left }: SeenInstead): string =>
  leftIs === 'application' ? `the application (${left})` : `a USB device (${left})`;

export const leftByLinesText = (facts: Facts, left: SeenInstead): string =>
  `${nameOf(left)} was on the bus, left it in the reset and did not come back; no DFU device came in ${count(facts.attempts.filter(byLines).length, 'attempt')}`;

export const leftWhenAskedText = (left: SeenInstead): string =>
  `${nameOf(left)} left the bus when it was asked, and no DFU device came`;

/** Where the application had been on the bus: what the reset has proven, and what is left. */
export function adviceAfterLines(facts: Facts, { leftIs }: SeenInstead): string {
  const what = isApart(facts.profile) ? 'NRST and BOOT0' : 'the USB cable, NRST and BOOT0';
  const proven = `${what} work: the reset reaches the target, and with BOOT0 = 1 it does not start its application`;
  const whose = leftIs === 'application' ? '' : 'If that was the application of this board, ';
  return [
    capitalised(`${whose}${proven}.`),
    `What is left: ${[...romWithoutUsb(facts), ...notTheRom(facts)].join('; ')}.`,
    ...knownOf(facts),
    ...usartAdvice(facts),
  ].join(' ');
}

export const adviceWhenAsked = (facts: Facts): string =>
  [
    `What is left: the jump did not reach the ROM, which only NRST and BOOT0 by the lines or a person avoid; ${romWithoutUsb(facts).join('; ')}.`,
    ...knownOf(facts),
  ].join(' ');

/** Where nothing shows what the target did. */
export const adviceInSilence = (facts: Facts): string =>
  [
    ...checks(unexplained(facts)),
    `Then: ${romWithoutUsb(facts).join('; ')}.`,
    ...knownOf(facts),
    ...usartAdvice(facts),
  ].join(' ');

/** What to check by hand, by what the attempts did. */
function checks(attempts: readonly Attempt[]): readonly string[] {
  const cable = 'Check that the USB cable carries data and goes to the target';
  if (attempts.some(byLines)) return [`${cable}, and measure BOOT0 and NRST during a reset.`];
  if (attempts.some(askedFirmware))
    return [
      `${cable}.`,
      'The firmware was asked for its bootloader, and nothing shows whether it went there: NRST and BOOT0, by the lines or a person, do not depend on it.',
    ];
  return [`${cable}, and that BOOT0 is high until NRST has risen again.`];
}

/** Why a ROM that runs is not on USB. */
const romWithoutUsb = (facts: Facts): readonly string[] => [
  `the ROM has started and listens to another device of the board: disconnect, or switch off, what drives ${pinsOf(facts)}, and tie an input that floats`,
  ...clockAdvice(facts),
  isApart(facts.profile)
    ? 'the USB cable at the connector of the ROM, which is another one than that of the application'
    : 'the USB of the ROM is on another connector than that of the application',
  `this host is a virtual machine or WSL, which has to be given ${facts.profile.usb.vendorId}:${facts.profile.usb.productId} as well`,
];

/** AN2606 §4: the first interface with activity has the ROM. */
function pinsOf({ target: chip }: Facts): string {
  const others = 'an I2C, SPI or CAN interface of the ROM (AN2606 lists the pins)';
  return chip ? `${romUsarts(chip)}, or ${others}` : `a USART, ${others}`;
}

/** What the target may have started instead of ROM and application. */
function notTheRom({ target: chip }: Facts): readonly string[] {
  const selection = needsBoot1Low(chip) ? 'BOOT1 is high, which starts the RAM' : pinsText(chip);
  return [
    ...(selection ? [selection] : []),
    'the application does not start after every reset: `bootctl reset` shows it',
  ];
}

const pinsText = (chip: Chip | undefined): string | undefined =>
  chip?.bootPins && `something else than the ROM is selected (${chip.bootPins})`;

/** The quirk of this chip in hardware/targets that would explain it. */
export const knownOf = ({ target: chip }: Facts): readonly string[] =>
  quirksThatExplain(chip, 'no-dfu-device').map((text) => `Known of ${text}.`);

/** Which clock the ROM needs before it can speak USB (AN2606). */
const clockAdvice = ({ target: chip }: Facts): readonly string[] =>
  chip?.dfuClock && chip.dfuClock.needs !== 'none'
    ? [`the crystal: DFU of ${chip.name} needs one (${chip.dfuClock.rule})`]
    : [];

const usartAdvice = ({ profile }: Facts): readonly string[] =>
  profile.usart.connected
    ? []
    : [
        "With the adapter's TX and RX at a USART of the ROM (`usart: { connected: true }`) bootctl calls it there as well: an answer shows that the ROM runs.",
      ];
