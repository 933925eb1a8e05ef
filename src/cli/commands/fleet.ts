import type { DefineCommand } from '../context.ts';
import { initCommand } from './fleet/init.ts';

const examples = `
Examples:
  bootctl fleet init postgres://bootctl@jig-db/bootctl     once: the tables, the roles, and the key that signs lots
  export BOOTCTL_DATABASE=postgres://bootctl@jig-db/bootctl

The password comes from the address, or from PGPASSWORD. It is never shown.`;

/** Several stations at one lot: the database between them. */
export const define: DefineCommand = (command, context) => {
  command.addHelpText('after', examples);
  for (const subcommand of [initCommand(context)]) command.addCommand(subcommand);
};
