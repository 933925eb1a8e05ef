import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type CliOptions, withOptions } from '../options.ts';

const examples = `
No serial port is opened, because that would move RTS and DTR. Not usable means: there, but this user cannot open it.

Examples:
  bootctl list
  bootctl list --json
  bootctl list --simulate already-dfu --profile rc-cap`;

/** What is plugged in, and what of it can be used. */
export function listCommand(context: CliContext): Command {
  const command = new Command('list')
    .description('show adapters and DFU devices, found and usable apart')
    .addHelpText('after', examples)
    .action(async (options: CliOptions) => {
      const { runList } = await import('../run-list.ts');
      await runList(context, options);
    });
  return withOptions(command, context.env, ['profile', 'simulate', 'json']);
}
