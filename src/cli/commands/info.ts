import { info } from '../../ops/info.ts';
import type { DefineCommand } from '../context.ts';
import { type CliOptions, entryOptions, outputOptions, withOptions } from '../given/options.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl info --profile rc-cap
  bootctl info --profile rc-cap --json`;

export const define: DefineCommand = (command, context, onExit) => {
  command.addHelpText('after', examples).action(async (options: CliOptions) => {
    onExit(await runVerb(context, options, [], { run: info, done: () => 'the memory map of the target was read' }));
  });
  withOptions(command, context.env, [...entryOptions, ...outputOptions]);
};
