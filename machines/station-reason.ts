import type { BootctlError, ErrorCode } from '../src/base/errors.ts';

/** What is said at once to everybody: something is wrong with a slot. */
export type AlarmReason =
  | { readonly code: 'failures-in-a-row'; readonly slot: string; readonly failures: number }
  | { readonly code: 'worse-than-others'; readonly slot: string; readonly bad: number; readonly runs: number }
  /** A figure of a slot moves towards a limit, and reaches it in about so many runs. */
  | {
      readonly code: 'drift';
      readonly slot: string;
      readonly figure: string;
      readonly unit: string;
      readonly now: number;
      readonly limit: number;
      readonly runs: number;
    };

/** Why a failure of the station's own holds it. `detail`: what was seen, in English. */
export interface FailureReason {
  readonly code: 'records-unusable' | 'numbers-used-up' | 'lot-complete' | 'failed';
  readonly error: ErrorCode;
  readonly detail: string;
}

/**
 * Why a station or a slot is held, or raises an alarm. A closed set of codes with their parameters: the terminal says them in
 * English, the page in the language of its operator.
 */
export type StationReason =
  | AlarmReason
  | FailureReason
  /** In the lead's own words. */
  | { readonly code: 'lead'; readonly why: string }
  | { readonly code: 'golden-due'; readonly labels: readonly string[] }
  /** `expected` and `found`: `pass`, an error code, or an outcome. */
  | { readonly code: 'golden-wrong'; readonly label: string; readonly expected: string; readonly found: string }
  | { readonly code: 'bus-unlisted'; readonly detail: string };

/** A failure that nothing but a person can end. */
export function reasonOf({ code, message }: BootctlError): FailureReason {
  const of = (reason: FailureReason['code']): FailureReason => ({ code: reason, error: code, detail: message });
  if (code.startsWith('records-')) return of('records-unusable');
  return of(code === 'numbers-used-up' || code === 'lot-complete' ? code : 'failed');
}
