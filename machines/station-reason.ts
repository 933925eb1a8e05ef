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

/** Why a fleet lets a station begin no unit. It goes on by itself when the reason is gone. `what`: of what was granted. */
export type FleetReason =
  /** Two computers speak as this station, or its records are not those that the fleet has. */
  | { readonly code: 'fleet-double'; readonly error: ErrorCode; readonly detail: string }
  /** In the words of the centre. */
  | { readonly code: 'fleet-holds'; readonly why: string }
  | { readonly code: 'clock-wrong'; readonly seconds: number }
  /** It has no lot here, and the fleet was not reached since it began. */
  | { readonly code: 'fleet-awaited'; readonly station: string }
  | { readonly code: 'lot-none'; readonly station: string }
  /** Its files are fetched and read. */
  | { readonly code: 'lot-coming'; readonly lot: string }
  | { readonly code: 'lot-closed'; readonly lot: string }
  | { readonly code: 'lot-held'; readonly lot: string; readonly why: string }
  | { readonly code: 'lot-unusable'; readonly lot: string; readonly error: ErrorCode; readonly detail: string }
  | { readonly code: 'lease-used-up'; readonly lot: string; readonly hours: number }
  /** `since`: the time of the day from which on the fleet could not be reached. */
  | {
      readonly code: 'grant-used-up';
      readonly lot: string;
      readonly what: 'units' | 'numbers';
      readonly station: string;
      readonly since: string;
    }
  | { readonly code: 'grant-awaited' | 'lot-given-out'; readonly lot: string; readonly what: 'units' | 'numbers' };

/**
 * Why a station or a slot is held, or raises an alarm. A closed set of codes with their parameters: the terminal says them in
 * English, the page in the language of its operator.
 */
export type StationReason =
  | AlarmReason
  | FailureReason
  | FleetReason
  /** In the lead's own words. */
  | { readonly code: 'lead'; readonly why: string }
  | { readonly code: 'golden-due'; readonly labels: readonly string[] }
  /** `expected` and `found`: `pass`, an error code, or an outcome. */
  | { readonly code: 'golden-wrong'; readonly label: string; readonly expected: string; readonly found: string }
  | { readonly code: 'bus-unlisted'; readonly detail: string };

const fleetCodes: Readonly<Record<FleetReason['code'], true>> = {
  ...{ 'fleet-double': true, 'fleet-holds': true, 'clock-wrong': true, 'lot-none': true, 'lot-closed': true },
  ...{ 'fleet-awaited': true, 'lot-coming': true },
  ...{ 'lot-held': true, 'lot-unusable': true, 'lease-used-up': true },
  ...{ 'grant-used-up': true, 'grant-awaited': true, 'lot-given-out': true },
};

/** No person can clear it at the station. */
export const isOfFleet = (reason: StationReason): reason is FleetReason => Object.hasOwn(fleetCodes, reason.code);

/** A failure that nothing but a person can end. */
export function reasonOf({ code, message }: BootctlError): FailureReason {
  const of = (reason: FailureReason['code']): FailureReason => ({ code: reason, error: code, detail: message });
  if (code.startsWith('records-')) return of('records-unusable');
  return of(code === 'numbers-used-up' || code === 'lot-complete' ? code : 'failed');
}
