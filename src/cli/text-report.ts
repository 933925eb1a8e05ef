import type { ProgressEvent, RecoverResult } from '../ops/job/events.ts';
import { coloursFor } from './colours.ts';
import { eventText } from './event-text.ts';
import type { JobReport, ReportSetup } from './job-report.ts';
import { barPhases, type PhaseEvent, PhaseProgress, PlainPhases } from './phase-progress.ts';
import { writeLines } from './safe-output.ts';
import { failLines, keptLine, passLines } from './verdict.ts';

const isPhase = (event: ProgressEvent): event is PhaseEvent => event.event.startsWith('phase.');

/** Stamped lines, with bars for long work on a terminal, and the verdict. */
export async function textReport(setup: ReportSetup, elapsed: () => number): Promise<JobReport> {
  const { options, context } = setup;
  const { stderr } = context;
  const colours = coloursFor(context, stderr);
  const say = (text: string) => {
    const stamp = `+${(elapsed() / 1000).toFixed(3)} s`.padStart(10);
    writeLines(stderr, [`${colours.dim(stamp)}  ${text}`]);
  };
  const display = stderr.isTTY ? await barPhases(stderr) : new PlainPhases(say);
  const phases = new PhaseProgress(display, say, elapsed);
  return {
    progress: (event) => {
      if (isPhase(event)) return phases.take(event);
      const text = eventText(event, options.verbose === true);
      if (text === undefined) return;
      phases.clear();
      if (event.event === 'operator.asked') writeLines(stderr, ['', colours.bold(colours.yellow(text)), '']);
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
  writeLines(output, ['', ...lines]);
}

/** One line for a pass; for a failure also what to do, and what the flash holds now; for either what was not put back. */
export function quietReport(setup: ReportSetup): JobReport {
  const { context } = setup;
  return {
    progress: () => {},
    result: (result) => {
      const output = result.ok ? context.stdout : context.stderr;
      const lines = (result.ok ? passLines : failLines)(result, setup, coloursFor(context, output));
      writeLines(output, [...lines.slice(0, result.ok ? 1 : 3), ...result.kept.map(keptLine)]);
    },
  };
}
