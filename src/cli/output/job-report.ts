import type { Clock } from '../../bench/clock.ts';
import type { ProgressEvent, RecoverResult } from '../../ops/job/events.ts';
import type { CliContext } from '../context.ts';
import type { CliOptions } from '../given/options.ts';
import type { VerdictFacts } from './verdict.ts';

/** Where a job's progress and result go: text and JSON are fed by the same values. */
export interface JobReport {
  progress(event: ProgressEvent): void;
  /** `done`: what is true now, in the words of a command that is not the main job. */
  result(result: RecoverResult, done?: string): void;
}

export interface ReportSetup extends VerdictFacts {
  readonly options: CliOptions;
  readonly context: CliContext;
  /** Clock of the job's bench: simulated runs report virtual time. */
  readonly clock: Clock;
}
