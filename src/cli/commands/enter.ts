import { Command } from 'commander';
import type { CliContext, OnExit } from '../context.ts';
import { type CliOptions, jobOptions, outputOptions, withOptions } from '../options.ts';
import { runJob } from '../run-job.ts';

const examples = `
Examples:
  bootctl enter --profile rc-cap
  bootctl enter --profile two-line --port COM7 --timeout 10s
  bootctl enter --profile rc-cap --dry-run`;

/** The main job without an image. */
export function enterCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('enter')
    .description('bring the target into its bootloader and leave it there')
    .addHelpText('after', examples)
    .action(async (options: CliOptions) => {
      onExit(await runJob(context, { options }));
    });
  return withOptions(command, context.env, [...jobOptions, ...outputOptions]);
}
