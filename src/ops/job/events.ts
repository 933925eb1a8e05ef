import type { FlashCondition } from '../../../machines/flash-condition.ts';
import type { TargetState } from '../../../machines/target-state.ts';
import type { ErrorCode } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { ModemLines } from '../../bench/serial-link.ts';
import type { LineNames } from '../../board/circuit/host-lines.ts';
import type { MethodName, Pins, Rung } from '../../board/circuit/plan.ts';

/** Why no bootloader was reached, with what speaks for it and what to do. */
export interface Diagnosis {
  /** A row of src/ops/entry/diagnose.ts. */
  readonly cause: string;
  /** What was seen. */
  readonly evidence: string;
  /** What to do about it. */
  readonly advice: string;
}

/** Work on the flash, in the order it is done. */
export type FlashPhase = 'compare' | 'erase' | 'program' | 'verify' | 'read';

export type { FlashCondition } from '../../../machines/flash-condition.ts';

export type { TargetState } from '../../../machines/target-state.ts';

/**
 * Why a file still holds bytes that stood around an image. `cut`: the job that saved them did not come to its end;
 * `not-read-back`: the
 * flash was written and not looked at; `not-proven`: nothing proves that this is the board they were taken from; `other-board`: it is proven to be another;
 * `other-content`: the flash holds something else there now, or this job had nothing to do with those sectors; `in-place`:
 * the flash holds them, but this may be another board with the same content; `not-asked`: the job was to keep nothing.
 */
export type KeptReason =
  | 'cut'
  | 'not-read-back'
  | 'not-proven'
  | 'other-board'
  | 'other-content'
  | 'in-place'
  | 'not-asked';

/** A file with bytes that `--keep` was to keep, and that the flash was not seen to hold. */
export interface KeptReport {
  readonly path: string;
  readonly bytes: number;
  readonly reason: KeptReason;
  /** The next job with `--keep` can prove that the board is the same; else only `--restore` puts them back. */
  readonly isProvable: boolean;
}

/** What a job reports while it runs; `t` is added by the reporter. */
export type ProgressEvent =
  | { readonly event: 'adapter.opened'; readonly port: string }
  /** GPIO of this host, held from here on, at the idle levels. */
  | { readonly event: 'gpio.opened'; readonly chip: string; readonly offsets: readonly number[] }
  | {
      readonly event: 'lines.set';
      readonly lines: ModemLines;
      /** What stands in the places of RTS and DTR; absent where it is these. */
      readonly names?: LineNames;
      readonly pins: Pins;
      readonly purpose: string;
      readonly took: Milliseconds;
    }
  | {
      readonly event: 'attempt.started';
      readonly attempt: number;
      readonly method: MethodName;
      readonly change: Rung['change'];
      readonly margin?: Milliseconds;
    }
  | {
      readonly event: 'attempt.failed';
      readonly attempt: number;
      readonly method: MethodName;
      readonly code: ErrorCode;
      readonly message: string;
    }
  | { readonly event: 'window.measured'; readonly held: Milliseconds; readonly limit: Milliseconds }
  /** One reset of a calibration is over; `remaining`: what the rest takes at most, by those so far. */
  | {
      readonly event: 'calibration.progress';
      readonly done: number;
      readonly total: number;
      readonly remaining: Milliseconds;
    }
  /** What `bootctl calibrate` has found: a time in ms lies between `low` and `high`. */
  | {
      readonly event: 'calibration.measured';
      readonly quantity: 'hold' | 'charge' | 'adapterLatency' | 'enumeration';
      readonly low: Milliseconds;
      readonly high: Milliseconds;
      readonly resets?: number;
    }
  /** One experiment of `bootctl learn` is over: which states the lines had, and what followed. */
  | {
      readonly event: 'learning.tried';
      readonly done: number;
      readonly most: number;
      readonly lines: string;
      /** The ROM that is there at the end, and whether it has started in this experiment. */
      readonly rom: 'dfu' | 'usart' | null;
      readonly place: string | null;
      readonly isFresh: boolean;
      /** Devices that have left the bus. */
      readonly left: readonly string[];
      /** Something was received on the adapter. */
      readonly heard: boolean;
    }
  | { readonly event: 'operator.asked'; readonly message: string }
  | { readonly event: 'waiting'; readonly what: string; readonly timeout: Milliseconds }
  | {
      readonly event: 'bootloader.entered';
      readonly method: MethodName | 'already-there';
      readonly bootloader: 'dfu' | 'usart';
      readonly path: string;
      readonly product: string;
    }
  /** The ROM's USART was called at another baud rate; `message` says what is wrong where it does not work. */
  | { readonly event: 'usart.rate'; readonly baudRate: number; readonly works: boolean; readonly message?: string }
  | { readonly event: 'target.read'; readonly layout: string; readonly transferSize: number }
  | {
      readonly event: 'phase.started';
      readonly phase: FlashPhase;
      readonly total: number;
      readonly unit: 'bytes' | 'sectors';
    }
  | {
      readonly event: 'phase.progress';
      readonly phase: FlashPhase;
      readonly done: number;
      readonly total: number;
      readonly unit: 'bytes' | 'sectors';
    }
  /** Another memory than the flash; `message` says why it could not be read back. */
  | {
      readonly event: 'memory.written';
      readonly setting: number;
      readonly bytes: number;
      readonly readBack: 'same' | 'not-possible';
      readonly message?: string;
    }
  | { readonly event: 'target.memory'; readonly setting: number; readonly name: string; readonly layout: string }
  /** 24 hex digits, or null; `message` says why it cannot be read. */
  | { readonly event: 'target.id'; readonly uniqueId: string | null; readonly message?: string }
  /** Rows of src/chips/rom-quirks.ts that fit the ROM. */
  | { readonly event: 'target.quirks'; readonly quirks: readonly string[] }
  | {
      readonly event: 'flash.planned';
      /** Sectors that hold the image already, that are blank where it wants bytes, that have to be erased. */
      readonly kept: number;
      readonly filled: number;
      readonly erased: number;
      readonly massErase: boolean;
      /** Why the flash is not erased at once, where that would have been faster. */
      readonly massEraseRefused?: string;
      /** To be programmed. */
      readonly bytes: number;
      /** By the typical times of the flash alone. */
      readonly estimate: Milliseconds;
    }
  | { readonly event: 'phase.finished'; readonly phase: FlashPhase; readonly took: Milliseconds }
  | { readonly event: 'target.left'; readonly how: 'dfu-leave' | 'go' | 'reset' }
  | { readonly event: 'application.seen'; readonly proof: string }
  | { readonly event: 'note'; readonly message: string };

/** Receives progress; must not throw. */
export type OnProgress = (event: ProgressEvent) => void;

/** One entry of `attempts` in the result. */
export interface AttemptReport {
  readonly method: MethodName;
  readonly change: Rung['change'];
  readonly outcome: 'entered' | ErrorCode;
  readonly message?: string;
  /** The ROM's USART was called as well, because no DFU device appeared. */
  readonly usart?: 'silent' | 'foreign' | 'answered';
  readonly took: Milliseconds;
  /** Worst-corner margin of the plan, and of the hold as it was measured. */
  readonly plannedMargin?: Milliseconds;
  readonly measuredMargin?: Milliseconds;
}

/** What a job came to; also the last line of `--json` (with `event: 'result'`). */
export interface RecoverResult {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly method: MethodName | 'already-there' | null;
  readonly bootloader: 'dfu' | 'usart' | null;
  readonly image: { readonly bytes: number; readonly sha256: string } | null;
  readonly verified: boolean;
  readonly flash: FlashCondition;
  readonly application: 'seen' | 'not-seen' | 'not-checked';
  readonly target: TargetState;
  /** What `--keep` was to keep, and the flash was not seen to hold; empty in nearly every job. */
  readonly kept: readonly KeptReport[];
  readonly attempts: readonly AttemptReport[];
  /** Why no bootloader was reached: the likely causes, the likeliest first; or that the one reached is not that of an STM32. */
  readonly diagnosis: readonly Diagnosis[];
  readonly durations: Readonly<Record<string, Milliseconds>>;
  readonly error: { readonly code: ErrorCode | 'internal'; readonly message: string; readonly hint: string } | null;
}
