import { erase } from '../../ops/erase.ts';
import type { DefineCommand } from '../context.ts';
import { insistOnYes } from '../given/insist-on-yes.ts';
import {
  type CliOptions,
  entryOptions,
  lengthOption,
  outputOptions,
  withOptions,
  yesOption,
} from '../given/options.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl erase --profile rc-cap
  bootctl erase --profile rc-cap --json`;

export const define: DefineCommand = (command, context, onExit) => {
  command
    .option(...lengthOption)
    .option(...yesOption)
    .addHelpText('after', examples)
    .action(async (options: CliOptions) => {
      const exit = await runVerb(context, options, [], {
        prepare: async () => insistOnYes(options, 'Erasing', 'the application is lost'),
        run: erase,
        done: ({ flash }) =>
          flash === 'erased' ? 'the flash is erased' : 'the ROM acknowledged the erase, which was not checked',
      });
      onExit(exit);
    });
  withOptions(command, context.env, [...entryOptions, 'address', 'noVerify', ...outputOptions]);
};
