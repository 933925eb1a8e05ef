import { emptyResult } from '../ops/result.ts';
import type { TimedTruth } from '../sim/truth.ts';
import type { CliContext } from './context.ts';
import { seconds } from './format.ts';
import type { CliOptions } from './options.ts';
import { writeLine, writeResultLine } from './result-line.ts';
import { readProfile } from './run-job.ts';
import { writeLines } from './safe-output.ts';

export interface KernelBenchRequest {
  readonly scenario: string;
  readonly chip: string;
  readonly options: CliOptions;
}

/**
 * Keeps a simulated board plugged into this Linux until a signal comes, and prints what physically happens to it.
 * @throws BootctlError `kernel-bench-unavailable`, `scenario-unknown`, `usage`, `profile-unknown`, `profile-invalid`
 */
export async function runKernelBench(
  context: CliContext,
  { scenario, chip, options }: KernelBenchRequest,
): Promise<void> {
  const { signal } = context;
  const profile = await readProfile(context, options);
  const [{ attachKernelBench }, { systemClock }] = await importBench();
  const bench = await attachKernelBench({ profile, scenario, chip, clock: systemClock });
  try {
    const started = systemClock.now();
    const show = truthWriter(context, options, started);
    for (const event of bench.truth.events) show(event);
    const stop = bench.truth.onEvent(show);
    writeLines(context.stderr, [
      `An ${chip} at USB path ${bench.adapterPath} and the board of profile ${profile.id} at ${bench.targetPath}. Ctrl-C unplugs both.`,
    ]);
    await aborted(signal);
    stop();
    if (options.json) writeResultLine(context.stdout, systemClock.now() - started, emptyResult);
  } finally {
    await bench[Symbol.asyncDispose]();
  }
}

const importBench = () =>
  Promise.all([import('../sim/usbip/kernel-bench.ts'), import('../host/system/system-clock.ts')]);

const truthWriter =
  ({ stdout }: CliContext, { json }: CliOptions, started: number) =>
  ({ t, what, board, ...details }: TimedTruth): void => {
    if (json) {
      writeLine(stdout, `truth.${what}`, t - started, { board, ...details });
      return;
    }
    const facts = Object.entries(details).map(([name, value]) => `${name} ${value}`);
    writeLines(stdout, [`  +${seconds(t - started)}  ${board}: ${what} ${facts.join(', ')}`]);
  };

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    // Timers keep the process alive; a wait for a signal alone would not.
    const alive = setInterval(() => {}, 60_000);
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
