import { verify } from '../../ops/verify.ts';
import type { DefineCommand } from '../context.ts';
import { type CliOptions, entryOptions, imageArgument, outputOptions, withOptions } from '../given/options.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl verify firmware.hex --profile rc-cap
  bootctl verify firmware.hex --profile rc-cap --json`;

export const define: DefineCommand = (command, context, onExit) => {
  command
    .argument(...imageArgument)
    .addHelpText('after', examples)
    .action(async (images: readonly string[], options: CliOptions) => {
      const exit = await runVerb(context, options, images, {
        run: verify,
        done: (_, { image }) => `the flash holds ${image.name}`,
      });
      onExit(exit);
    });
  withOptions(command, context.env, [...entryOptions, 'address', 'force', ...outputOptions]);
};
