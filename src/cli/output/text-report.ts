import type { ProgressEvent, RecoverResult } from '../../ops/job/events.ts';
import { eventText } from '../../trace/event-text.ts';
import type { TextOutput } from '../context.ts';
import { coloursFor } from './colours.ts';
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
    result: (result, done) => {
      phases.clear();
      writeLines(verdictOutput(setup, result), ['', ...verdictLines(setup, result, done)]);
    },
  };
}

/** A pass on stdout, a failure on stderr. */
const verdictOutput = ({ context }: ReportSetup, { ok }: RecoverResult): TextOutput =>
  ok ? context.stdout : context.stderr;

function verdictLines(setup: ReportSetup, result: RecoverResult, done: string | undefined): readonly string[] {
  const colours = coloursFor(setup.context, verdictOutput(setup, result));
  return result.ok ? passLines(result, setup, colours, done) : failLines(result, setup, colours);
}

/** One line for a pass; for a failure also what to do, and what the flash holds now; for either what was not put back. */
export function quietReport(setup: ReportSetup): JobReport {
  return {
    progress: () => {},
    result: (result, done) => {
      const lines = verdictLines(setup, result, done).slice(0, result.ok ? 1 : 3);
      writeLines(verdictOutput(setup, result), [...lines, ...result.kept.map(keptLine)]);
    },
  };
}
