import { Command } from 'commander';
import { emptyResult } from '../../ops/result.ts';
import type { CliContext, OnExit } from '../context.ts';
import { type CliOptions, imageOptions, jobOptions, outputOptions, withOptions } from '../options.ts';
import { writeLine, writeResultLine } from '../result-line.ts';
import { runJob } from '../run-job.ts';
import { writeLines } from '../safe-output.ts';

const examples = `
Examples:
  bootctl simulate                                            list the scenarios
  bootctl simulate flaky-entry firmware.hex --profile rc-cap  the same as recover --simulate flaky-entry
  bootctl simulate --kernel --profile rc-cap                  a board on this Linux, for any program to try`;

/** The main job on a simulated bench, or the list of scenarios. */
export function simulateCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('simulate')
    .description('run the main job against a simulated bench, or list the scenarios')
    .argument('[scenario]', 'what is there, or what goes wrong')
    .argument('[image...]', 'firmware images, - for standard input')
    .addHelpText('after', examples)
    .action(async (scenario: string | undefined, images: readonly string[], options: CliOptions) => {
      if (options.kernel) return plugIntoKernel(context, scenario, options);
      if (scenario === undefined) return listScenarios(context, options);
      onExit(await runJob(context, { images, options: { ...options, simulate: scenario } }));
    });
  const job = jobOptions.filter((name) => name !== 'simulate');
  return withOptions(command, context.env, [...job, 'kernel', 'chip', ...imageOptions, ...outputOptions]);
}

async function plugIntoKernel(context: CliContext, scenario: string | undefined, options: CliOptions): Promise<void> {
  const { runKernelBench } = await import('../run-kernel-bench.ts');
  await runKernelBench(context, { scenario: scenario ?? 'crashed', chip: options.chip ?? 'ft232r', options });
}

async function listScenarios({ stdout, now }: CliContext, { json }: CliOptions): Promise<void> {
  const started = now();
  const { defaultScenario, scenarios } = await import('../../sim/scenarios.ts');
  if (!json) {
    const { tableLines } = await import('../table.ts');
    const rows = scenarios.map(({ name, summary }) => [name, summary]);
    writeLines(stdout, tableLines(['scenario', 'what is there'], rows));
    return;
  }
  for (const { name, summary } of scenarios) {
    writeLine(stdout, 'scenario', now() - started, { name, summary, default: name === defaultScenario });
  }
  writeResultLine(stdout, now() - started, emptyResult);
}
