import type { JobReport, ReportSetup } from './job-report.ts';
import { JsonReport } from './json-report.ts';

/** The report that the options ask for; its time starts now. */
export async function openReport(setup: ReportSetup): Promise<JobReport> {
  const { options, context, clock, scenario } = setup;
  const started = clock.now();
  const elapsed = () => clock.now() - started;
  if (options.json) return new JsonReport(context.stdout, elapsed, scenario);
  const { quietReport, textReport } = await import('./text-report.ts');
  return options.quiet ? quietReport(setup) : textReport(setup, elapsed);
}
