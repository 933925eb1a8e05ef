import type { Judged } from '../../../machines/slot.machine.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Claimed, Measurement, Purpose, RunEnd } from '../../records/records.ts';
import type { Limit } from '../plan/jig-plan.ts';
import type { SlotDone } from '../slot/slot-messages.ts';
import type { FieldValues } from '../unit-data/template.ts';
import { measure } from './judge.ts';

/** A run between its claim and its end. */
export interface OpenRun {
  readonly claimed: Claimed;
  readonly purpose: Purpose;
  readonly label: string | undefined;
  readonly started: Milliseconds;
  /** The job that has begun before the claim. */
  readonly begun: BegunJob | undefined;
  /** The job may write. */
  isUnderWay: boolean;
  product: string | undefined;
  done: SlotDone | undefined;
}

/** A job before its run has a row: it writes nothing until then. */
export interface BegunJob {
  /** Id that its run will have. */
  readonly run: string;
  readonly started: Milliseconds;
  /** @throws BootctlError `slot-lost` */
  readonly ended: Promise<SlotDone>;
  chipUid: string | undefined;
  product: string | undefined;
  done: SlotDone | undefined;
}

export const measurementsOf = ({ done }: OpenRun, limits: readonly Limit[]): readonly Measurement[] =>
  done ? measure(done.figures, limits) : [];

/** A job without an answer may have written anything. */
export function endOf(
  open: OpenRun,
  { outcome, error }: Judged,
  limits: readonly Limit[],
  took: Milliseconds,
  data: FieldValues,
): RunEnd {
  const result = open.done?.result;
  return {
    outcome,
    code: error?.code,
    took: Math.round(took),
    method: result?.method ?? undefined,
    chip: open.product,
    flash: result?.flash ?? (open.isUnderWay ? 'unknown' : 'untouched'),
    measurements: measurementsOf(open, limits),
    result: {
      ...(result ?? { ok: false, error: error && { code: error.code, message: error.message, hint: error.hint } }),
      data,
    },
  };
}
