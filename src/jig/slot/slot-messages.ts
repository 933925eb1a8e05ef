import { z } from 'zod';
import type { Milliseconds } from '../../base/units.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { Patch } from '../../image/patch.ts';
import type { ProgressEvent, RecoverResult } from '../../ops/job/events.ts';
import type { JigStep } from '../plan/jig-plan.ts';

/** The first message to a slot process: what it keeps loaded from unit to unit. */
export interface SlotSetup {
  readonly type: 'setup';
  /** With the places of the slot in it. */
  readonly profile: BoardProfile;
  /** Without the data of a unit. Undefined only where a job from afar has none. */
  readonly image: FirmwareImage | undefined;
  /** A simulated bench for each unit, in its own time or in that of this computer. */
  readonly simulated: 'virtual' | 'real' | undefined;
}

/** What a step of jig.yaml is told of its unit. Where the unit is known by its chip, a step before the flash has no more than run, slot and lot. */
export interface StepUnit {
  readonly run: string;
  readonly slot: string;
  readonly lot: string;
  readonly serial: string | undefined;
  readonly number: number | undefined;
  readonly attempt: number | undefined;
  /** Unique id of the chip, 24 hex digits. */
  readonly chipUid: string | undefined;
}

/** Which job of the command line is done, and how, where it is not the making of a unit. */
export interface SlotOrder {
  readonly verb: 'recover' | 'flash' | 'reset';
  readonly timeout?: Milliseconds;
  readonly force?: boolean;
  /** File that records the job. */
  readonly trace?: string;
}

/** One run on one unit. */
export interface SlotJob {
  readonly type: 'job';
  readonly unit: StepUnit;
  /** Bytes of this unit, secrets among them: they go nowhere else. */
  readonly patches: readonly Patch[];
  /**
   * The run has no row yet: the id of the chip is told to the station before anything is written, and its answer, `claimed` or
   * `refused`, awaited so long. Undefined where the run has its row.
   */
  readonly claimLimit: Milliseconds | undefined;
  readonly before: readonly JigStep[];
  readonly after: readonly JigStep[];
  readonly simulated: SimulatedUnit | undefined;
  /** Default the main job. */
  readonly order?: SlotOrder;
}

/** What is on the simulated bench. */
export interface SimulatedUnit {
  readonly scenario: string;
  /** Unique id of its chip, 24 hex digits; any without it. */
  readonly chipUid: string | undefined;
}

/** The run of a job that waits for it has its row. */
export interface ClaimedAnswer {
  readonly type: 'claimed';
  readonly run: string;
  readonly unit: StepUnit;
  readonly patches: readonly Patch[];
}

/** It gets none, and nothing is written. */
export interface RefusedAnswer {
  readonly type: 'refused';
  readonly run: string;
  readonly message: string;
}

export type ToSlot =
  | SlotSetup
  | SlotJob
  | ClaimedAnswer
  | RefusedAnswer
  | { readonly type: 'abort'; readonly run: string }
  /** Ends the process in order, after the job under way has been aborted. */
  | { readonly type: 'stop' };

/** A figure of a unit, before it is compared with its limits. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** How a job ended. A step that failed is the error of its result. */
export interface SlotDone {
  readonly type: 'done';
  readonly run: string;
  readonly result: RecoverResult;
  readonly figures: readonly Figure[];
}

export type FromSlot =
  | { readonly type: 'ready' }
  /** Its event loop turns. */
  | { readonly type: 'alive' }
  /** `at`: by the clock of the bench. */
  | { readonly type: 'progress'; readonly run: string; readonly at: Milliseconds; readonly event: ProgressEvent }
  /** A step of jig.yaml has begun. */
  | { readonly type: 'step'; readonly run: string; readonly name: string }
  /** The job waits in the bootloader for the row of its run. */
  | { readonly type: 'identified'; readonly run: string; readonly chipUid: string }
  | SlotDone;

const run = z.string();
const figure = z.strictObject({ name: z.string(), value: z.number(), unit: z.string() });
const result = z.looseObject({ ok: z.boolean(), flash: z.string(), durations: z.record(z.string(), z.number()) });

const fromSlot = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('alive') }),
  z.strictObject({ type: z.literal('progress'), run, at: z.number(), event: z.looseObject({ event: z.string() }) }),
  z.strictObject({ type: z.literal('step'), run, name: z.string() }),
  z.strictObject({ type: z.literal('identified'), run, chipUid: z.string().regex(/^[0-9a-f]{24}$/) }),
  z.strictObject({ type: z.literal('done'), run, result, figures: z.array(figure) }),
]);

/** A message of a slot process; undefined where it is none. */
export function messageFromSlot(message: unknown): FromSlot | undefined {
  const parsed = fromSlot.safeParse(message);
  return parsed.success ? (parsed.data as FromSlot) : undefined;
}
