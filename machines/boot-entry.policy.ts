import type { Recovery } from '../src/error-catalog/row.ts';
import { BootctlError } from '../src/errors.ts';
import type { UsbDeviceInfo } from '../src/io/usb-bus.ts';
import type { Rung } from '../src/lines/plan.ts';
import type { Bootloader } from '../src/ops/bootloader/bootloader.ts';
import type { Milliseconds } from '../src/units.ts';

/** What driving a rung came to: what was on the bus just before the reset, and how long BOOT0 had to hold. */
export interface Driven {
  readonly known: readonly string[];
  /** From the release of BOOT0 to its sampling, as measured; absent without a hold window. */
  readonly held?: Milliseconds;
  /** USB path where the bootloader has to appear, where driving found it out. */
  readonly path?: string;
  /** Where the host's log of failed enumerations was before the reset. */
  readonly troubleMark?: number;
}

/** One try, in the order they were made; without `error` it reached the bootloader. */
export interface Attempt {
  readonly rung: Rung;
  readonly held?: Milliseconds;
  /** The ROM's USART was called as well, because no DFU device appeared. */
  readonly usart?: 'silent' | 'answered';
  readonly error?: BootctlError;
}

export interface BootEntryInput {
  readonly rungs: readonly Rung[];
  /** How often a missed hold window is repeated before the ladder goes on. */
  readonly repeats: number;
  /** The adapter reaches a USART of the ROM: worth calling where no DFU device appears, and never before. */
  readonly usart: boolean;
}

export interface BootEntryContext extends BootEntryInput {
  /** Rung under way; −1 while looking for a bootloader that is already there. */
  readonly index: number;
  readonly repeated: number;
  readonly driven: Driven | null;
  readonly usartCalled: boolean;
  readonly device: UsbDeviceInfo | null;
  readonly target: Bootloader | null;
  readonly error: BootctlError | null;
  readonly attempts: readonly Attempt[];
}

export type BootEntryOutput = Pick<BootEntryContext, 'target' | 'error' | 'attempts'> & {
  /** The rung that got in; null where the bootloader was already there, or none was reached. */
  readonly rung: Rung | null;
};

export const startOf = (input: BootEntryInput): BootEntryContext => ({
  ...input,
  index: -1,
  repeated: 0,
  driven: null,
  usartCalled: false,
  device: null,
  target: null,
  error: null,
  attempts: [],
});

export const rungOf = ({ rungs, index }: BootEntryContext): Rung | undefined => rungs[index];

/** The error's own column, except that a bootloader which appeared but did not answer properly is worth another reset. */
export const recoveryOf = (error: BootctlError | null): Recovery =>
  error?.kind === 'protocol' ? 'next-rung' : (error?.recovery ?? 'stop');

/** Index of the first later rung with another method; −1 where there is none. */
export const nextMethodIndex = ({ rungs, index }: BootEntryContext): number =>
  rungs.findIndex((rung, at) => at > index && rung.method !== rungs[index]?.method);

/** Adds the try under way to the report, with the error that ended it. */
export function withAttempt(context: BootEntryContext, error?: BootctlError): Partial<BootEntryContext> {
  const rung = rungOf(context);
  const held = context.driven?.held;
  const attempt = rung && {
    rung,
    ...(held === undefined ? {} : { held }),
    ...(context.usartCalled ? { usart: error ? ('silent' as const) : ('answered' as const) } : {}),
    ...(error ? { error } : {}),
  };
  return { error: error ?? null, attempts: attempt ? [...context.attempts, attempt] : context.attempts };
}

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
  usart && driven !== null && error.code === 'dfu-not-seen';

/** A silent USART adds nothing to the silence on USB; any other failure is news. */
export const afterUsart = (context: BootEntryContext, error: BootctlError): Partial<BootEntryContext> =>
  withAttempt(context, error.code === 'usart-no-sync' && context.error ? context.error : error);
