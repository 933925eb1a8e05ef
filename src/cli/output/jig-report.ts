import { exitStatus } from '../../base/errors.ts';
import type { StationEvent, StationView } from '../../jig/station-view.ts';
import { emptyResult } from '../../ops/result.ts';
import type { RunSummary } from '../../records/records.ts';
import type { CliContext } from '../context.ts';
import { coloursFor } from './colours.ts';
import { interruptedLine, JigText, jigSummary } from './jig-text.ts';
import { writeLine } from './result-line.ts';
import { writeLines } from './safe-output.ts';

/** Tells a person or a program what happens at a station. */
export interface JigReport {
  readonly event: (event: StationEvent) => void;
  /** Where the page is. */
  readonly page: (address: string) => void;
  readonly end: (view: StationView, status: number) => void;
}

export function openJigReport(
  { stdout, stderr, env, now }: CliContext,
  { json }: { readonly json?: true },
  interrupted: readonly RunSummary[],
): JigReport {
  const started = now();
  const elapsed = () => now() - started;
  if (json) {
    for (const run of interrupted) writeLine(stdout, 'interrupted', elapsed(), { run });
    return {
      event: ({ event, ...values }) => writeLine(stdout, event, elapsed(), values),
      page: (address) => writeLine(stdout, 'page', elapsed(), { address }),
      end: ({ station, lot, quantity, counts }, status) =>
        writeLine(stdout, 'result', elapsed(), {
          ...{ ...emptyResult, ok: status === exitStatus.ok, exitCode: status },
          ...{ station, lot, quantity, counts },
        }),
    };
  }
  const text = new JigText(coloursFor({ env }, stderr));
  const say = (line: string) => writeLines(stderr, [`${timeOf(new Date())}  ${line}`]);
  for (const run of interrupted) say(interruptedLine(run));
  return {
    event: (event) => {
      for (const line of text.lines(event)) say(line);
    },
    page: (address) => say(`the page is at ${address}`),
    end: (view) => writeLines(stdout, jigSummary(view)),
  };
}

const timeOf = (at: Date): string => at.toTimeString().slice(0, 8);
