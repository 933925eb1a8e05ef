import type { RecoverResult } from '../../src/ops/job/events.ts';
import type { RunRequest, RunResult } from './agent/protocol.ts';
import { repository } from './guest/paths.ts';
import { bench, run } from './kernel-test.ts';

/** The firmware that most cases flash: two parts, 33 668 bytes (test/fixtures/firmware). */
export const firmware = `${repository}/test/fixtures/firmware/blink-f405.hex`;

/** One line of `--json`. */
export type JsonLine = { readonly event: string } & Readonly<Record<string, unknown>>;

/** What a run of bootctl came to. */
export interface BootctlRun extends RunResult {
  readonly lines: readonly JsonLine[];
  /** The last line, where there is one. */
  readonly result: RecoverResult | undefined;
}

const command = (args: readonly string[]): readonly string[] => [
  process.execPath,
  `${repository}/bin/bootctl.js`,
  ...args,
  '--json',
];

/** Runs the `bootctl` that is built in dist/, unchanged, to its end. */
export async function bootctl(args: readonly string[], options: Omit<RunRequest, 'argv'> = {}): Promise<BootctlRun> {
  return withLines(await run(command(args), options));
}

/** Starts it and returns its handle, for `bench.call('signal', …)` and hooks. */
export const startBootctl = (args: readonly string[]): Promise<number> => bench.call('start', { argv: command(args) });

export async function endOf(process: number): Promise<BootctlRun> {
  return withLines(await bench.call('wait', { process }));
}

function withLines(result: RunResult): BootctlRun {
  const lines = result.stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as JsonLine] : []));
  const last = lines.at(-1);
  const isResult = last?.event === 'result';
  return { ...result, lines, result: isResult ? (last as unknown as RecoverResult) : undefined };
}
