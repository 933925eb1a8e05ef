import type { DefineCommand } from '../context.ts';
import { checkCommand } from './firmware/check.ts';
import { showCommand } from './firmware/show.ts';
import { writeCommand } from './firmware/write.ts';

const examples = `
Examples:
  bootctl firmware show --profile ./my-board.yaml     what the firmware of this board would do, and why
  bootctl firmware write src/bootctl --profile ./my-board.yaml
  bootctl firmware write src --profile ./my-board.yaml --single-header
  bootctl firmware check build/app.elf --profile ./my-board.yaml`;

/** The firmware's side of a soft jump: files for an application that can be asked into its bootloader. Nothing is opened. */
export const define: DefineCommand = (command, context) => {
  command.addHelpText('after', examples);
  for (const subcommand of [showCommand(context), writeCommand(context), checkCommand(context)])
    command.addCommand(subcommand);
};
