import { recover } from '../../ops/recover.ts';
import type { DefineCommand } from '../context.ts';
import { type CliOptions, entryOptions, imageOptions, outputOptions, withOptions } from '../given/options.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl recover firmware.hex --profile rc-cap
  bootctl recover firmware.bin --address 0x08000000 --profile ./my-board.yaml --port /dev/ttyUSB1
  bootctl recover firmware.hex --profile rc-cap --usb-path 1-2.3 --json
  bootctl recover firmware.hex --profile rc-cap --dry-run
  bootctl recover firmware.hex --profile rc-cap --simulate flaky-entry`;

/** The main job. */
export const define: DefineCommand = (command, context, onExit) => {
  command
    .argument(
      '[image...]',
      'firmware images, - for standard input, app.bin@0x08008000; without one it stays in its bootloader',
    )
    .addHelpText('after', examples)
    .action(async (images: readonly string[], options: CliOptions) => {
      onExit(await runVerb(context, options, images, { run: recover }));
    });
  withOptions(command, context.env, [...entryOptions, ...imageOptions, ...outputOptions]);
};
