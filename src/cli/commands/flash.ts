import { flash } from '../../ops/flash.ts';
import type { DefineCommand } from '../context.ts';
import {
  type CliOptions,
  entryOptions,
  imageArgument,
  imageOptions,
  outputOptions,
  withOptions,
} from '../given/options.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl flash firmware.hex --profile rc-cap
  bootctl flash firmware.hex --profile rc-cap --json`;

export const define: DefineCommand = (command, context, onExit) => {
  command
    .argument(...imageArgument)
    .option('--keep', 'keep the bytes around the image in the sectors that it shares')
    .option('--full', 'erase and write every sector of the image, whatever it holds')
    .option('--stay', 'leave the target in its bootloader afterwards')
    .addHelpText('after', examples)
    .action(async (images: readonly string[], options: CliOptions) => {
      onExit(await runVerb(context, options, images, { run: flash }));
    });
  withOptions(command, context.env, [...entryOptions, ...imageOptions, 'restore', ...outputOptions]);
};
