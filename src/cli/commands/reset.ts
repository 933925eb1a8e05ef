import { reset } from '../../ops/reset.ts';
import type { DefineCommand } from '../context.ts';
import { type CliOptions, jobOptions, outputOptions, withOptions } from '../given/options.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl reset --profile rc-cap
  bootctl reset --profile rc-cap --json`;

/** What is true after it. */
export const resetDone = 'NRST was pulsed, and BOOT0 was low when it rose';

export const define: DefineCommand = (command, context, onExit) => {
  command.addHelpText('after', examples).action(async (options: CliOptions) => {
    onExit(
      await runVerb(context, options, [], {
        run: reset,
        done: () => resetDone,
      }),
    );
  });
  withOptions(command, context.env, [...jobOptions, ...outputOptions]);
};
