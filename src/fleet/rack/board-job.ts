import type { Milliseconds } from '../../base/units.ts';
import type { SlotOrder } from '../../jig/slot/slot-messages.ts';

/** What can be done to a board from afar. */
export type BoardVerb = SlotOrder['verb'];

/** A file of a job, in the order of the command line. */
export interface JobImage {
  /** Of the file, in lower-case hex: its key in the table of images. */
  readonly sha256: string;
  /** As the submitter named it. */
  readonly name: string;
  /** Where a raw binary goes. */
  readonly address?: number;
}

/** How a job is done. */
export interface JobOptions {
  readonly timeout?: Milliseconds;
  readonly force?: boolean;
  /** Its trace comes back. */
  readonly trace?: boolean;
}

export type JobState = 'queued' | 'running' | 'done' | 'lost' | 'cancelled';

/** A file or a trace is on its way: some MB over a slow network. */
export const transferPatience: Milliseconds = 60_000;
