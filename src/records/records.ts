import type { Milliseconds } from '../base/units.ts';

/**
 * How a run ended. `fail`: the unit (entry, protocol, protection, verify, application, a limit, a step). `error`: the station
 * (adapter, rights, a lost process); it is in no yield. `aborted`: a person.
 */
export type Outcome = 'pass' | 'fail' | 'error' | 'aborted';

export type Purpose = 'production' | 'golden' | 'trial';

/** Milliseconds since 1970, UTC. */
export type Instant = number;

/** What a run is known by before it begins. */
export interface ClaimRequest {
  /** Its id, where something has been named by it before; made anew without. */
  readonly run?: string | undefined;
  readonly slot: string;
  readonly lot: string;
  /** The lot takes no more good units than this. */
  readonly quantity: number | undefined;
  /** Of a station in a fleet: of quantity and range only what this station was granted, as it stands in this file. */
  readonly isGranted?: boolean;
  readonly purpose: Purpose;
  readonly operator: string;
  /** Given (a scan, a row of a file), the next one of a range, or none. */
  readonly serial:
    | { readonly text: string }
    | { readonly first: number; readonly last: number; readonly format: (number: number) => string }
    | undefined;
  /** The run of this very unit before this one: it has not left the slot since. */
  readonly again: string | undefined;
  /** Of the chip, where it can be read: the unit's identity beside its label. */
  readonly chipUid: string | undefined;
  readonly passedBefore: 'refuse' | 'reprogram';
  readonly failedBefore: 'retry' | 'burn';
  readonly retests: number;
  /** SHA-256 of the image without the unit's data, of the profile, and of jig.yaml. */
  readonly firmware: string;
  readonly profile: string;
  readonly plan: string;
  /** Version of bootctl. */
  readonly bootctl: string;
}

/** A run that has begun: its row is on the disk, with its number. */
export interface Claimed {
  readonly run: string;
  /** Gapless in the records of one station. */
  readonly seq: number;
  readonly serial: string | undefined;
  /** Of a range. */
  readonly number: number | undefined;
  /** 1 for the first run of this unit. */
  readonly attempt: number;
}

export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly outcome: 'pass' | 'fail';
}

/** How a run ended. */
export interface RunEnd {
  readonly outcome: Outcome;
  /** An error code; undefined after a pass. */
  readonly code: string | undefined;
  readonly took: Milliseconds;
  readonly method: string | undefined;
  readonly chip: string | undefined;
  /** `untouched` gives a number of a range back: nothing of it can be in the unit. */
  readonly flash: string;
  readonly measurements: readonly Measurement[];
  /** The result of the job as `--json` has it, without secrets. */
  readonly result: object;
}

/** Who held, cleared, answered, and why. */
export interface StationNote {
  readonly operator: string;
  readonly what: string;
  readonly why: string;
}

export interface RunSummary {
  readonly run: string;
  readonly seq: number;
  readonly slot: string;
  readonly serial: string | undefined;
  readonly attempt: number;
  readonly outcome: Outcome | undefined;
  readonly code: string | undefined;
  readonly started: Instant;
  readonly ended: Instant | undefined;
}

/** What a run of a slot has measured. */
export interface SlotValue {
  readonly slot: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Null without a limit. */
  readonly low: number | null;
  readonly high: number | null;
}

/** The last run of a golden unit that has ended by itself. */
export interface GoldenRun {
  readonly label: string;
  readonly outcome: Exclude<Outcome, 'aborted'>;
  /** Null after a pass. */
  readonly code: string | null;
  readonly ended: Instant;
}

/** `fail` and `error` as in Outcome; units are counted once each. */
export interface LotCounts {
  readonly units: number;
  readonly passed: number;
  readonly firstPass: number;
  readonly runs: Readonly<Record<Outcome, number>>;
}

/**
 * The records of one station, open for writing: one process at a time. Each call is one transaction that is on the disk when it
 * returns. @throws BootctlError `records-unwritable` where the disk takes no more, or the file is locked or damaged
 */
export interface Records extends Disposable {
  /** @throws BootctlError `unit-refused`, `numbers-used-up`, `lot-complete`, `grant-used-up` */
  claim(request: ClaimRequest): Claimed;
  finish(run: string, end: RunEnd): void;
  /** Of the unit with this chip, unless it has lost its serial number. */
  serialOfChip(chipUid: string, failedBefore: ClaimRequest['failedBefore']): string | undefined;
  note(note: StationNote): void;
  counts(lot: string): LotCounts;
  /** The newest first. */
  lastRuns(most: number): readonly RunSummary[];
  /** What the newest production runs of all slots have measured, of as many runs; the oldest first. */
  newestValues(runs: number): readonly SlotValue[];
  /** Of each of these labels the last golden run that has ended by itself; none where there is none. */
  lastGoldenRuns(labels: readonly string[]): readonly GoldenRun[];
  /** Which of these serial numbers are in a unit, may be in one, or are being written into one. */
  serialsInUse(serials: readonly string[]): readonly string[];
  /** Runs of another life of this station that were closed as `error` `interrupted` when the records were opened. */
  readonly interrupted: readonly RunSummary[];
}
