import type { Judged, RunOutcome } from '../../../machines/slot.machine.ts';
import type { ErrorKind } from '../../base/error-catalog/row.ts';
import { BootctlError, type ErrorCode } from '../../base/errors.ts';
import type { RecoverResult } from '../../ops/job/events.ts';
import type { Measurement } from '../../records/records.ts';
import type { Limit } from '../plan/jig-plan.ts';
import type { Figure } from '../slot/slot-messages.ts';

/** Whose failure it is: of the unit, of the station, or a person's wish. */
export const outcomes: Readonly<Record<ErrorKind, RunOutcome>> = {
  internal: 'error',
  usage: 'error',
  adapter: 'error',
  entry: 'fail',
  protocol: 'fail',
  protection: 'fail',
  verify: 'fail',
  application: 'fail',
  aborted: 'aborted',
};

export const outcomeOf = (error: BootctlError): RunOutcome => outcomes[error.kind];

/** Each figure beside its limits; one without limits is kept and passes. */
export const measure = (figures: readonly Figure[], limits: readonly Limit[]): readonly Measurement[] =>
  figures.map(({ name, value, unit }) => {
    const limit = limits.find((one) => one.name === name);
    const { low, high } = limit ?? { low: undefined, high: undefined };
    const isWithin = value >= (low ?? Number.NEGATIVE_INFINITY) && value <= (high ?? Number.POSITIVE_INFINITY);
    return { name, value, unit: limit?.unit || unit, low, high, outcome: isWithin ? 'pass' : 'fail' };
  });

/** What a job came to, with the limits that its figures have to keep. `needed`: limits whose figure has to be there. */
export function judge(
  { ok, error }: Pick<RecoverResult, 'ok' | 'error'>,
  measurements: readonly Measurement[],
  needed: readonly string[],
): Judged {
  if (!ok) return judgedBy(failureOf(error));
  const missed = measurements.find(({ outcome }) => outcome === 'fail');
  if (missed) return judgedBy(new BootctlError('limit-missed', missedText(missed)));
  const absent = needed.find((name) => measurements.every((one) => one.name !== name));
  if (absent !== undefined) return judgedBy(new BootctlError('limit-missed', `${absent} was not measured`));
  return { outcome: 'pass', error: undefined };
}

export const judgedBy = (error: BootctlError): Judged => ({ outcome: outcomeOf(error), error });

const missedText = ({ name, value, unit, low, high }: Measurement): string => {
  const text = (number: number) => `${Number(number.toPrecision(4))}${unit === '' ? '' : ` ${unit}`}`;
  const limit = low !== undefined && value < low ? `less than ${text(low)}` : `more than ${text(high!)}`;
  return `${name} is ${text(value)}, ${limit}`;
};

/** A bug in a job is the station's error. */
function failureOf(error: RecoverResult['error']): BootctlError {
  if (error === null) return new BootctlError('slot-lost', 'The job has failed without saying why');
  const { code, message, hint } = error;
  if (code === 'internal') return new BootctlError('slot-lost', `bootctl itself failed: ${message}`, { hint });
  return new BootctlError(code as ErrorCode, message, { hint });
}
