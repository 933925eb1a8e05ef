import type { Milliseconds } from '../../base/units.ts';
import type { CheckDigit } from '../unit-data/check-digits.ts';

/** What lets a slot begin: a unit that has come, a label that was scanned, a button. Several: all of them, in any order. */
export type StartBy = 'insert' | 'scan' | 'button';

/** `sequential`: one slot at a time. `parallel`: each by itself. `batch`: all together, and the next when all are done. */
export type JigMode = 'sequential' | 'parallel' | 'batch';

/** One place for a unit. Places are USB paths (`1-3.2`) or controller-relative (`pci-0000:00:14.0-usb-0:3.3`). */
export interface SlotPlan {
  readonly name: string;
  /** Where its adapter is plugged in. */
  readonly adapter: string;
  /** Where its target enumerates. */
  readonly target: string;
  /** Hub port that switches its power, as `PLACE#PORT`. */
  readonly power: string | undefined;
  /** Id or file of its board profile. */
  readonly profile: string;
}

/** Whose the adapters are. `jig`: they stay, and say nothing of a unit. `unit`: each is on the board of its unit, and comes and leaves with it. */
export type AdapterOwner = 'jig' | 'unit';

/** Where the serial number of a unit comes from. */
export type SerialSource =
  | { readonly from: 'range'; readonly first: number; readonly last: number; readonly format: string }
  /** The whole code has to match. */
  | { readonly from: 'scan'; readonly match: RegExp; readonly check: CheckDigit | undefined }
  | { readonly from: 'csv'; readonly file: string; readonly column: string };

/** What is made of each unit. */
export interface UnitPlan {
  readonly serial: SerialSource | undefined;
  /** Known by the unique id of its chip as well, which is read before the run is claimed. */
  readonly identifies: boolean;
  /** `ADDRESS=VALUE` as `--patch` takes it, with fields such as `{serial}` in the value. */
  readonly patch: readonly string[];
  /** Columns of the CSV file whose values are never stored, only their hash. */
  readonly secret: readonly string[];
  /** A unit that has passed before: it is refused, or programmed again under its serial number. */
  readonly again: 'refuse' | 'reprogram';
  /** The serial number of a unit that has failed: the same unit takes it again, or nobody does. */
  readonly failed: 'retry' | 'burn';
}

/** A command of the host: argv without a shell, JSON on its standard input and output. */
export interface CommandStep {
  readonly name: string;
  readonly command: readonly string[];
  readonly timeout: Milliseconds;
}

/** One exchange with the running application over the slot's adapter. */
export interface Exchange {
  /** Sent with escapes already resolved; nothing is sent without it. */
  readonly send: string | undefined;
  /** Its named groups are measurements. */
  readonly expect: RegExp | undefined;
  readonly timeout: Milliseconds;
}

export interface TalkStep {
  readonly name: string;
  readonly baudRate: number;
  readonly talk: readonly Exchange[];
}

/** What is done before the flash, or after it. */
export type JigStep = CommandStep | TalkStep;

/** Figures that bootctl measures itself, and their units in limits and records. */
export const ownFigures = { enter: 'ms', holdMargin: 'ms', program: 'kB/s', applicationSeen: 'ms' } as const;

/** A figure that has to lie between its limits for PASS, each included. */
export interface Limit {
  /** One of `ownFigures`, or a measurement of a step: a named group of `expect`, or of the answer of a command. */
  readonly name: string;
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly unit: string;
}

/** When the station stops by itself and waits for the lead. */
export interface HoldPlan {
  readonly failuresInARow: number;
  /** Golden units: due again after `every`; label to expected outcome, which is `pass` or an error code. */
  readonly golden: { readonly every: Milliseconds; readonly units: Readonly<Record<string, string>> } | undefined;
}

/** One jig.yaml, checked: what a station needs to know. Files are absolute paths. */
export interface JigPlan {
  readonly station: string;
  readonly lot: string;
  /** No more good units than this; without it the lot has no end. */
  readonly quantity: number | undefined;
  /** Image files as the command line takes them, `FILE` or `FILE@ADDRESS`. */
  readonly image: readonly string[];
  readonly slots: readonly SlotPlan[];
  readonly adapters: AdapterOwner;
  readonly start: { readonly on: readonly StartBy[]; readonly settle: Milliseconds };
  readonly mode: JigMode;
  /** How many jobs run at once at most. */
  readonly together: number;
  readonly unit: UnitPlan;
  /** A command that is asked before each unit and may refuse it. */
  readonly gate: CommandStep | undefined;
  readonly before: readonly JigStep[];
  readonly after: readonly JigStep[];
  readonly limits: readonly Limit[];
  /** How often a unit that has failed may be tried again. */
  readonly retests: number;
  readonly hold: HoldPlan;
  readonly page: { readonly host: string; readonly port: number; readonly token: string | undefined };
  /** Database of the records of the station. */
  readonly records: string;
}
