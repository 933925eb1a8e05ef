import type { Clock } from '../io/clock.ts';
import type { ProgressEvent, RecoverResult } from '../ops/events.ts';
import type { CliContext } from './context.ts';
import { JsonReport } from './json-report.ts';
import type { CliOptions } from './options.ts';
import type { VerdictFacts } from './verdict.ts';

/** Where a job's progress and result go: text and JSON are fed by the same values. */
export interface JobReport {
  progress(event: ProgressEvent): void;
  result(result: RecoverResult): void;
}

export interface ReportSetup extends VerdictFacts {
  readonly options: CliOptions;
  readonly context: CliContext;
  /** Clock of the job's bench: simulated runs report virtual time. */
  readonly clock: Clock;
}

/** The report that the options ask for; its time starts now. */
export async function openReport(setup: ReportSetup): Promise<JobReport> {
  const { options, context, clock, scenario } = setup;
  const started = clock.now();
  const elapsed = () => clock.now() - started;
  if (options.json) return new JsonReport(context.stdout, elapsed, scenario);
  const { quietReport, textReport } = await import('./text-report.ts');
  return options.quiet ? quietReport(setup) : textReport(setup, elapsed);
}
