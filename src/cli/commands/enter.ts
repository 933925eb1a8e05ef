import { enter } from '../../ops/enter.ts';
import type { DefineCommand } from '../context.ts';
import { type CliOptions, entryOptions, outputOptions, withOptions } from '../given/options.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl enter --profile rc-cap
  bootctl enter --profile two-line --port COM7 --timeout 10s
  bootctl enter --profile rc-cap --dry-run`;

/** The main job without an image. */
export const define: DefineCommand = (command, context, onExit) => {
  command.addHelpText('after', examples).action(async (options: CliOptions) => {
    onExit(await runVerb(context, options, [], { run: enter }));
  });
  withOptions(command, context.env, [...entryOptions, ...outputOptions]);
};
