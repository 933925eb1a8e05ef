import type { Recovery } from '../src/base/error-catalog/row.ts';
import { BootctlError } from '../src/base/errors.ts';
import type { Milliseconds } from '../src/base/units.ts';
import type { UsbDeviceInfo } from '../src/bench/usb-bus.ts';
import type { Rung } from '../src/board/circuit/plan.ts';
import type { Tries } from '../src/board/ladder.ts';
import type { UsbFilter } from '../src/board/profile.ts';
import type { Bootloader } from './bootloader.ts';
import { twins } from './entry-refusals.policy.ts';
import { canStartAgain } from './start-again.policy.ts';
import { matches } from './usb-watch.machine.ts';

/** What driving a rung came to. */
export interface Driven {
  /** Instances that were on the bus just before the reset and stayed there: none of them is a newcomer. */
  readonly known: readonly string[];
  /** What was on the bus just before the reset, could be this board, and had left the bus when the reset was over. */
  readonly left: readonly UsbDeviceInfo[];
  /** What was on the bus before the reset, and before the opening of the adapter that may have been one. */
  readonly before?: readonly UsbDeviceInfo[];
  /** From the release of BOOT0 to its sampling, as measured; absent without a hold window. */
  readonly held?: Milliseconds;
  /** USB path where the application stood that was asked: its bootloader has to appear there. */
  readonly path?: string;
  /** The adapter could not be opened while a person is at work: only the bus is watched. */
  readonly withoutAdapter?: boolean;
  /** Where the host's log of failed enumerations was before the reset. */
  readonly troubleMark?: number;
}

/** What one more reset has shown of the DFU devices that had come. */
export interface Proof {
  /** Those that left the bus in it: they hang on the lines of this adapter. */
  readonly left: readonly UsbDeviceInfo[];
  readonly driven: Driven;
}

/** One try, in the order they were made; without `error` it reached the bootloader. */
export interface Attempt {
  readonly rung: Rung;
  readonly held?: Milliseconds;
  /** The ROM's USART was called as well, because no DFU device appeared. */
  readonly usart?: 'silent' | 'foreign' | 'answered';
  readonly error?: BootctlError;
}

export interface BootEntryInput {
  readonly rungs: readonly Rung[];
  /** How often a missed hold window is repeated before the ladder goes on. */
  readonly repeats: number;
  /** How often a rung is tried after which no DFU device could be used. */
  readonly tries: Tries;
  /** The adapter reaches a USART of the ROM: worth calling where no DFU device appears, and never before. */
  readonly usart: boolean;
  /** A person is given so many turns of watching the bus and calling the USART. */
  readonly turnsByHand: number;
  /** There is nothing to try, and the ROM may run already: its USART is called once. */
  readonly callsPresent: boolean;
  /** USB path where the board is plugged in, as a person or the profile says; null where neither does. */
  readonly named: string | null;
  /** The lines of the adapter can start the application by a reset, which can show which board hangs on them. */
  readonly canReset: boolean;
  /** The application at another connector of this board than its bootloader; absent where they share one. */
  readonly apart?: UsbFilter | undefined;
  /** Where the application is on USB is known, or guessed from where the target was before it was lost. */
  readonly isPlaced: boolean;
}

export interface BootEntryContext extends BootEntryInput {
  /** Rung under way; −1 while looking for a bootloader that is already there. */
  readonly index: number;
  readonly repeated: number;
  /** A try of this rung has missed its hold window. */
  readonly hasMissedWindow: boolean;
  readonly driven: Driven | null;
  readonly usartCalled: boolean;
  /** How often the bus was watched in this try, beside the first time. */
  readonly turn: number;
  /** New DFU devices that nothing has yet shown to be this board's. */
  readonly candidates: readonly UsbDeviceInfo[];
  /** USB path of the device that has left the bus in our last reset: this board's, if a bootloader comes there. */
  readonly shown: string | null;
  /** USB path of the application that has left the bus in our reset, and come back: the only one that may be asked. */
  readonly application: string | null;
  /** No application on USB hangs on the lines of this adapter. */
  readonly unproven: boolean;
  /** What has left the bus in the resets of this entry, beside those that prove. */
  readonly leftInResets: readonly UsbDeviceInfo[];
  /** DFU devices that stayed on the bus through a reset: other boards, or the reset did not reach this one. */
  readonly strangers: readonly UsbDeviceInfo[];
  /** Resets of this rung that were made only to see who leaves. */
  readonly proofs: number;
  readonly device: UsbDeviceInfo | null;
  readonly bootloader: Bootloader | null;
  readonly error: BootctlError | null;
  readonly attempts: readonly Attempt[];
}

export type BootEntryOutput = Pick<BootEntryContext, 'bootloader' | 'error' | 'attempts'> & {
  /** The rung that got in; null where the bootloader was already there, or none was reached. */
  readonly rung: Rung | null;
};

/** What a new try starts with. */
export const fresh = { driven: null, usartCalled: false, turn: 0, proofs: 0 } as const;

/** What a new rung starts with. */
export const freshRung = { repeated: 0, hasMissedWindow: false, ...fresh } as const;

export const startOf = (input: BootEntryInput): BootEntryContext => ({
  ...input,
  ...freshRung,
  index: -1,
  candidates: [],
  shown: null,
  application: null,
  unproven: false,
  leftInResets: [],
  strangers: [],
  device: null,
  bootloader: null,
  error: null,
  attempts: [],
});

/** The rung under way. After a missed window its pulse is the shortest one: the same again would as likely miss it again. */
export function rungOf({ rungs, index, hasMissedWindow }: BootEntryContext): Rung | undefined {
  const rung = rungs[index];
  return hasMissedWindow && rung?.shorter ? { ...rung, change: 'shorter pulse', plan: rung.shorter } : rung;
}

/** Each stranger that comes costs one more reset. More of them than this in one try are not a coincidence. */
const mostProofs = 4;

/** The only place to look at, as a person, the profile or the application says; undefined where none of them does. */
export const placeOf = ({ named, driven }: BootEntryContext): string | undefined => named ?? driven?.path;

/** The one newcomer stands where a person, the profile or the application that was asked says. */
export const isAtNamedPlace = ({ named, driven }: BootEntryContext, devices: readonly UsbDeviceInfo[]): boolean =>
  devices.length === 1 && devices[0]?.path === (named ?? driven?.path);

/**
 * The one newcomer stands where a bootloader has left the bus in a reset that was made to see that. What has left in the
 * first reset alone is no proof: where many boards are worked on side by side, another one may be reset in that moment.
 */
export const isAtShownPlace = ({ shown }: BootEntryContext, devices: readonly UsbDeviceInfo[]): boolean =>
  devices.length === 1 && devices[0]?.path === shown;

/** One more reset can tell whose the newcomers are. A person would have to hold the boot button again. */
export const canProve = (context: BootEntryContext): boolean => {
  const rung = rungOf(context);
  const hasReset = rung?.plan !== undefined || context.canReset;
  return hasReset && context.proofs < mostProofs && rung?.method !== 'manual';
};

/** A rung asks an application on USB, which may be a neighbour's of the same kind. */
export const hasToProveApplication = (context: BootEntryContext, index: number): boolean =>
  asksOnUsb(context.rungs[index]) && !context.isPlaced && context.application === null;

const asksOnUsb = (rung: Rung | undefined): boolean => rung?.softJump?.via === 'target';

/** A person is there, and has just started the ROM by hand. */
export const canConfirm = (context: BootEntryContext, devices: readonly UsbDeviceInfo[]): boolean =>
  devices.length === 1 && rungOf(context)?.method === 'manual';

/** Takes what a proof has shown: the place of the one that left, and that the others are strangers. */
export function withProof(context: BootEntryContext, { left, driven }: Proof): Partial<BootEntryContext> {
  const stayed = context.candidates.filter(({ instance }) => driven.known.includes(instance));
  return {
    driven,
    proofs: context.proofs + 1,
    shown: left.length === 1 ? left[0]!.path : null,
    strangers: [...context.strangers, ...stayed],
  };
}

/** The person says that this one is another board. */
export const withStranger = (context: BootEntryContext, device: UsbDeviceInfo): Partial<BootEntryContext> => ({
  strangers: [...context.strangers, device],
  driven: context.driven && { ...context.driven, known: [...context.driven.known, device.instance] },
});

/** Places of what hangs on the lines of this adapter: of what left the bus in the proof, and in the resets before. */
export const placesOnTheLines = (context: BootEntryContext, { left }: Proof): readonly string[] =>
  left.length === 0 ? [] : distinct(withoutApart(context, [...left, ...context.leftInResets]).map(({ path }) => path));

/** An application at another connector is no other board. */
const withoutApart = ({ apart }: BootEntryContext, devices: readonly UsbDeviceInfo[]): readonly UsbDeviceInfo[] =>
  apart === undefined ? devices : devices.filter((device) => !matches(apart, device));

/** Where boards hang on the wires of this adapter: what left the bus in the reset, and the named place. */
const placesOnTheWires = (context: BootEntryContext): readonly string[] =>
  distinct([
    ...withoutApart(context, context.leftInResets).map(({ path }) => path),
    ...(context.named === null ? [] : [context.named]),
  ]);

const distinct = (all: readonly string[]): readonly string[] => [...new Set(all)];

/** A byte on the adapter would reach each of several boards. */
export const reachesSeveral = (context: BootEntryContext, error: BootctlError): boolean =>
  canTryUsart(context, error) && placesOnTheWires(context).length > 1;

export const twinsOnTheWires = (context: BootEntryContext): BootctlError =>
  twins(placesOnTheWires(context)).withHint(
    'Take the other board off the lines: what is sent to the USART of one reaches both.',
  );

const recoveryOf = ({ error }: BootEntryContext): Recovery => error?.recovery ?? 'stop';

/** Index of the first later rung, or of the first with another method; −1 where there is none. */
export const nextRungIndex = (context: BootEntryContext): number => laterRung(context, () => true);
export const nextMethodIndex = (context: BootEntryContext): number =>
  laterRung(context, ({ method }) => method !== rungOf(context)?.method);

export const canRepeat = (context: BootEntryContext): boolean =>
  (recoveryOf(context) === 'same-rung' && context.repeated < context.repeats) ||
  canStartAgain({ rung: rungOf(context), ...context });
export const canTryNextRung = (context: BootEntryContext): boolean =>
  ['same-rung', 'next-rung'].includes(recoveryOf(context)) && nextRungIndex(context) >= 0;
export const canTryNextMethod = (context: BootEntryContext): boolean =>
  recoveryOf(context) === 'next-method' && nextMethodIndex(context) >= 0;

/** No application on USB hangs on the lines of this adapter: no other way of asking it is tried. */
const laterRung = ({ rungs, index, unproven }: BootEntryContext, isWanted: (rung: Rung) => boolean): number =>
  rungs.findIndex((rung, at) => at > index && isWanted(rung) && !(unproven && asksOnUsb(rung)));

/** Adds the try under way to the report, with the error that ended it. */
export function withAttempt(context: BootEntryContext, error?: BootctlError): Partial<BootEntryContext> {
  const rung = rungOf(context);
  const held = context.driven?.held;
  const attempt = rung && {
    rung,
    ...(held === undefined ? {} : { held }),
    ...(context.usartCalled ? { usart: usartOf(error) } : {}),
    ...(error ? { error } : {}),
  };
  return { error: error ?? null, attempts: attempt ? [...context.attempts, attempt] : context.attempts };
}

/** The application is not proven. That ends this try; unless the trouble may pass, it also ends the others that would ask it. */
export const withUnproven = (context: BootEntryContext, error: BootctlError): Partial<BootEntryContext> => ({
  ...withAttempt(context, error),
  unproven: error.code === 'application-unproven',
});

/** Why this reset was too late for the capacitor that holds BOOT0; undefined where it was in time. */
export function windowMissed(rung: Rung | undefined, { held }: Pick<Driven, 'held'>): BootctlError | undefined {
  const limit = rung?.plan?.window?.limit;
  if (held === undefined || limit === undefined || held <= limit) return undefined;
  return new BootctlError(
    'window-missed',
    `BOOT0 had to hold for ${held.toFixed(1)} ms, but the capacitor guarantees only ${limit.toFixed(1)} ms`,
    { details: { held, limit } },
  );
}

/** Silence on USB leaves one question: is the ROM alive at all? Its USART can answer it. */
export const canTryUsart = ({ usart, driven }: BootEntryContext, error: BootctlError): boolean =>
  usart && driven !== null && driven.withoutAdapter !== true && error.code === 'dfu-not-seen';

/** A person may take their time, and nothing shows that they have started the ROM yet. */
export const hasTurnLeft = (context: BootEntryContext, { code }: BootctlError): boolean =>
  rungOf(context)?.method === 'manual' &&
  (code === 'dfu-not-seen' || code === 'usart-no-sync') &&
  context.turn + 1 < context.turnsByHand;

/** A silent USART adds nothing to the silence on USB, where that was listened to; any other failure is news. */
export const afterUsart = (context: BootEntryContext, error: BootctlError): Partial<BootEntryContext> =>
  withAttempt(context, usartOf(error) === 'silent' && isAwaited(context.error) ? context.error : error);

/** What the call came to. What is heard and is no ROM is not silence; a refusal is an answer. */
function usartOf(error?: BootctlError): NonNullable<Attempt['usart']> {
  if (error?.details.heard !== undefined) return 'foreign';
  return error?.code === 'usart-no-sync' || error?.code === 'dfu-not-seen' ? 'silent' : 'answered';
}

const isAwaited = (error: BootctlError | null): error is BootctlError =>
  error !== null && error.details.unawaited === undefined;
