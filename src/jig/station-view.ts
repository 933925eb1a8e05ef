import type { AlarmReason, StationReason } from '../../machines/station-reason.ts';
import type { Milliseconds } from '../base/units.ts';
import type { ProgressEvent } from '../ops/job/events.ts';
import type { Instant, LotCounts, Outcome, RunSummary } from '../records/records.ts';
import type { RefusalReason } from './refusal-reason.ts';

/** State of a slot, as machines/slot.machine.ts names it. */
export type SlotState =
  | 'absent'
  | 'settling'
  | 'waiting'
  | 'claiming'
  | 'running'
  | 'judging'
  | 'recording'
  | 'verdict'
  | 'held';

/** Of an adapter that belongs to the jig: none is at its place, or one has come since the start and no target with it. */
export interface AdapterNote {
  readonly is: 'missing' | 'alone';
  /** USB path. */
  readonly place: string;
}

/** What is shown of one slot. Texts of errors and hints come from the catalogue; the page says the operator's sentence by `code`. */
export interface SlotView {
  readonly name: string;
  readonly state: SlotState;
  /** What the slot waits for, in the order of jig.yaml; empty when it can begin. */
  readonly needs: readonly ('insert' | 'scan' | 'button' | 'removal' | 'others')[];
  readonly serial: string | undefined;
  readonly run: string | undefined;
  readonly attempt: number | undefined;
  /** What is done now: a phase of the job or the name of a step; `done` of `total` where it is counted. */
  readonly step: { readonly name: string; readonly done: number; readonly total: number } | undefined;
  readonly verdict: SlotVerdict | undefined;
  /** Why it is held, in English; the page says `heldReason` in the language of its operator. */
  readonly heldBy: string | undefined;
  readonly heldReason: StationReason | undefined;
  /** Shown as long as it is so. */
  readonly adapter: AdapterNote | undefined;
  readonly since: Instant;
}

export interface SlotVerdict {
  readonly outcome: Outcome;
  /** An error code, `limit` or `step-failed`. */
  readonly code: string | undefined;
  readonly message: string;
  readonly hint: string;
  readonly tookSeconds: number;
}

/** How a station stands with its fleet. */
export interface FleetLinkView {
  readonly connection: 'connected' | 'offline' | 'refused';
  /** Since when it is so. */
  readonly since: Instant;
  /** Why the fleet is not reached, in English. */
  readonly detail: string | undefined;
  /** Records that have not arrived there, and when the first of them was written. */
  readonly unsent: number;
  readonly unsentSince: Instant | undefined;
  /** Further lots of this station. */
  readonly waiting: readonly string[];
  /** So long the station goes on without a word of the fleet. */
  readonly leaseMinutes: number | undefined;
  /** What is left of what was granted. */
  readonly unitsLeft: number | undefined;
  readonly numbersLeft: number | undefined;
  /** Clock of this computer minus that of the fleet. */
  readonly clockSeconds: number | undefined;
}

/** Everything a view needs; the page gets it whole when it connects. */
export interface StationView {
  readonly station: string;
  readonly lot: string;
  readonly quantity: number | undefined;
  readonly profile: string;
  readonly image: string;
  readonly simulated: boolean;
  readonly state: 'starting' | 'ready' | 'draining' | 'held' | 'stopped';
  readonly heldBy: string | undefined;
  readonly heldReason: StationReason | undefined;
  readonly counts: LotCounts;
  readonly slots: readonly SlotView[];
  /** The newest first. */
  readonly lastRuns: readonly RunSummary[];
  /** Devices at places that no slot has: shown, never opened. */
  readonly strangers: readonly { readonly place: string; readonly what: string }[];
  /** Of a station in a fleet. */
  readonly fleet?: FleetLinkView | undefined;
}

/** What happens at a station: page, terminal and `--json` show the same. */
export type StationEvent =
  | { readonly event: 'station'; readonly view: StationView }
  | { readonly event: 'slot'; readonly slot: SlotView }
  /** Of the running job of a slot, as the command line reports it; `at` by the clock of its bench, where that is told. */
  | {
      readonly event: 'progress';
      readonly slot: string;
      readonly run: string;
      readonly at?: Milliseconds;
      readonly progress: ProgressEvent;
    }
  /** It is on the disk. */
  | { readonly event: 'run'; readonly run: RunSummary; readonly counts: LotCounts }
  /** In English, and as a code with its parameters. */
  | ({ readonly event: 'alarm' } & Alarm)
  /** The lead has looked at it: alarms of this slot, or of all, are over. */
  | { readonly event: 'cleared'; readonly slot: string | undefined };

export interface Alarm {
  readonly slot: string | undefined;
  readonly message: string;
  readonly hint: string;
  readonly reason: AlarmReason;
}

/** What a person does, at the page, at the terminal or with the scanner. A request with the same id is the same request. */
export type StationRequest = { readonly id: string; readonly operator: string } & (
  | { readonly request: 'scan'; readonly code: string; readonly slot?: string }
  | { readonly request: 'start' | 'again' | 'abort'; readonly slot: string }
  | { readonly request: 'hold'; readonly why: string }
  | { readonly request: 'clear'; readonly slot?: string; readonly why: string }
);

/** What the station says to a request: it was taken, or why not. */
export type StationAnswer =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly hint: string;
      /** Where the page has words of its own for it. */
      readonly reason?: RefusalReason;
    };

/** What a view holds of a station. */
export interface StationHandle {
  readonly view: () => StationView;
  /** Returns the unsubscriber. */
  readonly subscribe: (listener: (event: StationEvent) => void) => () => void;
  readonly request: (request: StationRequest) => StationAnswer;
}
