import { deadLimit } from '../../fleet/rack/beat-watch.ts';
import type { RackNews } from '../../fleet/rack/rack-worker.ts';
import type { BoardJobEnd } from '../../fleet/rack/run-board-job.ts';
import { emptyResult } from '../../ops/result.ts';
import type { CliContext } from '../context.ts';
import { writeLine } from './result-line.ts';
import { writeLines } from './safe-output.ts';

/** Tells a person or a program what a worker does. */
export interface RackReport {
  readonly tell: (news: RackNews) => void;
  readonly end: (status: number) => void;
}

export function openRackReport(
  { stdout, stderr, now }: CliContext,
  { json }: { readonly json?: boolean },
  named: { readonly worker: string; readonly database: string },
): RackReport {
  const started = now();
  const elapsed = () => now() - started;
  if (json)
    return {
      tell: ({ news, ...values }) => writeLine(stdout, `work.${news}`, elapsed(), jsonOf(values)),
      end: (status) =>
        writeLine(stdout, 'result', elapsed(), { ...emptyResult, ok: false, exitCode: status, ...named }),
    };
  const say = (line: string) => writeLines(stderr, [`${new Date().toTimeString().slice(0, 8)}  ${line}`]);
  return { tell: (news) => say(lineOf(news, named)), end: () => say(`worker ${named.worker} has ended`) };
}

/** Without the bytes of a trace, and with an error as it is printed. */
function jsonOf(values: object): object {
  if ('end' in values && typeof values.end === 'object' && values.end !== null && 'result' in values.end)
    return { ...values, end: { result: values.end.result } };
  return 'error' in values && values.error instanceof Error ? { ...values, error: values.error.message } : values;
}

const seconds = (time: number): string => `${time / 1000} s`;

function lineOf(news: RackNews, { worker, database }: { readonly worker: string; readonly database: string }): string {
  switch (news.news) {
    case 'ready':
      return `worker ${worker} waits for jobs of ${news.boards.join(', ')} at ${database}`;
    case 'refused':
      return `board ${news.board} belongs to worker ${news.owner}, and is left to it`;
    case 'waiting-for-own':
      return `worker ${news.worker} was there before and has not left: waiting ${seconds(deadLimit)} for a sign of life of it`;
    case 'away':
      return `the database is away, and looked for; what runs goes on: ${news.error.message}`;
    case 'back':
      return 'the database is back';
    case 'gave-up':
      return `worker ${news.worker} has not been heard for ${seconds(deadLimit)}, and is given up`;
    case 'begun':
      return `job ${news.job}: ${news.verb} on board ${news.board}`;
    case 'ended':
      return `job ${news.job}: ${endText(news.end)}`;
  }
}

function endText(end: BoardJobEnd): string {
  if (end === 'not-taken') return 'not taken';
  if ('lost' in end) return `lost: ${end.lost}`;
  const { ok, error, exitCode } = end.result;
  return ok ? 'done' : `failed with exit status ${exitCode}: ${error?.message} [${error?.code}]`;
}
