import { seconds } from '../../base/text.ts';
import { recover } from '../../ops/recover.ts';
import { emptyResult } from '../../ops/result.ts';
import type { TimedTruth } from '../../sim/truth.ts';
import type { CliContext, DefineCommand } from '../context.ts';
import { type CliOptions, imageOptions, jobOptions, outputOptions, withOptions } from '../given/options.ts';
import { givenProfile } from '../given/profile.ts';
import { writeLine, writeResultLine } from '../output/result-line.ts';
import { writeLines } from '../output/safe-output.ts';
import { tableLines } from '../output/table.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl simulate                                            list the scenarios
  bootctl simulate flaky-entry firmware.hex --profile rc-cap  the same as recover --simulate flaky-entry
  bootctl simulate --kernel --profile rc-cap                  a board on this Linux, for any program to try`;

/** The main job on a simulated bench, or the list of scenarios. */
export const define: DefineCommand = (command, context, onExit) => {
  command
    .argument('[scenario]', 'what is there, or what goes wrong')
    .argument('[image...]', 'firmware images, - for standard input')
    .addHelpText('after', examples)
    .action(async (scenario: string | undefined, images: readonly string[], options: CliOptions) => {
      if (options.kernel) return runKernelBench(context, scenario ?? 'crashed', options);
      if (scenario === undefined) return listScenarios(context, options);
      onExit(await runVerb(context, { ...options, simulate: scenario }, images, { run: recover }));
    });
  const job = jobOptions.filter((name) => name !== 'simulate');
  withOptions(command, context.env, [...job, 'kernel', 'chip', ...imageOptions, ...outputOptions]);
};

async function listScenarios({ stdout, now }: CliContext, { json }: CliOptions): Promise<void> {
  const started = now();
  const { defaultScenario, scenarios } = await import('../../sim/scenarios.ts');
  if (!json) {
    const rows = scenarios.map(({ name, summary }) => [name, summary]);
    writeLines(stdout, tableLines(['scenario', 'what is there'], rows));
    return;
  }
  for (const { name, summary } of scenarios) {
    writeLine(stdout, 'scenario', now() - started, { name, summary, default: name === defaultScenario });
  }
  writeResultLine(stdout, now() - started, emptyResult);
}

/**
 * Keeps a simulated board plugged into this Linux until a signal comes, and prints what physically happens to it.
 * @throws BootctlError `kernel-bench-unavailable`, `scenario-unknown`, `usage`, `profile-unknown`, `profile-invalid`
 */
async function runKernelBench(context: CliContext, scenario: string, options: CliOptions): Promise<void> {
  const { signal } = context;
  const { chip = 'ft232r' } = options;
  const profile = await givenProfile(context, options);
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
  Promise.all([import('../../sim/usbip/kernel-bench.ts'), import('../../host/system/system-clock.ts')]);

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
