import { Command } from 'commander';
import type { CliContext, OnExit } from '../context.ts';
import { type CliOptions, imageOptions, jobOptions, outputOptions, withOptions } from '../options.ts';
import { runJob } from '../run-job.ts';

const examples = `
Examples:
  bootctl recover firmware.hex --profile rc-cap
  bootctl recover firmware.bin --address 0x08000000 --profile ./my-board.yaml --port /dev/ttyUSB1
  bootctl recover firmware.hex --profile rc-cap --usb-path 1-2.3 --json
  bootctl recover firmware.hex --profile rc-cap --dry-run
  bootctl recover firmware.hex --profile rc-cap --simulate flaky-entry`;

/** The main job. */
export function recoverCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('recover')
    .description('get the target back: into its bootloader, flash, verify, leave, see the application run')
    .argument(
      '[image...]',
      'firmware images, - for standard input, app.bin@0x08008000; without one it stays in its bootloader',
    )
    .addHelpText('after', examples)
    .action(async (images: readonly string[], options: CliOptions) => {
      onExit(await runJob(context, { images, options }));
    });
  return withOptions(command, context.env, [...jobOptions, ...imageOptions, ...outputOptions]);
}
