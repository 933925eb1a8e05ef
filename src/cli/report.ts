import type { Clock } from '../io/clock.ts';
import type { ProgressEvent, RecoverResult } from '../ops/events.ts';
import { coloursFor } from './colours.ts';
import type { CliContext } from './context.ts';
import { eventText } from './event-text.ts';
import { JsonReport } from './json-report.ts';
import type { CliOptions } from './options.ts';
import { barPhases, type PhaseEvent, PhaseProgress, PlainPhases } from './phase-progress.ts';
import { failLines, passLines, type VerdictFacts } from './verdict.ts';

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
  if (options.quiet) return quietReport(setup);
  return textReport(setup, elapsed);
}

const isPhase = (event: ProgressEvent): event is PhaseEvent => event.event.startsWith('phase.');

async function textReport(setup: ReportSetup, elapsed: () => number): Promise<JobReport> {
  const { options, context } = setup;
  const { stderr } = context;
  const colours = coloursFor(context, stderr);
  const say = (text: string) => {
    const stamp = `+${(elapsed() / 1000).toFixed(3)} s`.padStart(10);
    stderr.write(`${colours.dim(stamp)}  ${text}\n`);
  };
  const display = stderr.isTTY ? await barPhases(stderr) : new PlainPhases(say);
  const phases = new PhaseProgress(display, say, elapsed);
  return {
    progress: (event) => {
      if (isPhase(event)) return phases.take(event);
      const text = eventText(event, options.verbose === true);
      if (text === undefined) return;
      phases.clear();
      if (event.event === 'operator.asked') stderr.write(`\n${colours.bold(colours.yellow(text))}\n\n`);
      else say(event.event === 'attempt.failed' ? colours.yellow(text) : text);
    },
    result: (result) => {
      phases.clear();
      writeVerdict(setup, result);
    },
  };
}

/** A pass on stdout, a failure on stderr. */
function writeVerdict(setup: ReportSetup, result: RecoverResult): void {
  const { context } = setup;
  const output = result.ok ? context.stdout : context.stderr;
  const lines = (result.ok ? passLines : failLines)(result, setup, coloursFor(context, output));
  output.write(`\n${lines.join('\n')}\n`);
}

/** One line for a pass; for a failure also what to do, and what the flash holds now. */
function quietReport(setup: ReportSetup): JobReport {
  const { context } = setup;
  return {
    progress: () => {},
    result: (result) => {
      const output = result.ok ? context.stdout : context.stderr;
      const lines = (result.ok ? passLines : failLines)(result, setup, coloursFor(context, output));
      output.write(`${(result.ok ? lines.slice(0, 1) : lines.slice(0, 3)).join('\n')}\n`);
    },
  };
}
