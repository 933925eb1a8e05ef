import type { DefineCommand } from '../context.ts';
import { checkCommand } from './fleet/check.ts';
import { initCommand } from './fleet/init.ts';
import { jobCommand } from './fleet/job.ts';
import { joinCommand } from './fleet/join.ts';
import { lotCommand } from './fleet/lot.ts';
import { pageCommand } from './fleet/page.ts';
import { retireCommand } from './fleet/retire.ts';
import { statusCommand } from './fleet/status.ts';
import { submitCommand } from './fleet/submit.ts';
import { workCommand } from './fleet/work.ts';

const examples = `
Examples:
  bootctl fleet init postgres://bootctl@jig-db/bootctl       once: the tables, the roles, and the key that signs lots
  export BOOTCTL_DATABASE=postgres://bootctl@jig-db/bootctl
  bootctl fleet join --station line2-a                       on the computer of each jig
  bootctl fleet lot create lot.yaml --station line2-a
  bootctl fleet lot start 2611-A
  bootctl fleet check                                        is every record as it was sent? which alarms are open?
  bootctl fleet status                                       stations, lots, yield, alarms
  bootctl fleet page                                         the same in a browser, live

The password comes from the address, or from PGPASSWORD. It is never shown.`;

/** Several stations at one lot: the database between them. */
export const define: DefineCommand = (command, context, onExit) => {
  command.addHelpText('after', examples);
  for (const subcommand of [
    initCommand(context),
    joinCommand(context),
    lotCommand(context),
    statusCommand(context),
    pageCommand(context, onExit),
    checkCommand(context, onExit),
    retireCommand(context),
    workCommand(context, onExit),
    submitCommand(context, onExit),
    jobCommand(context, onExit),
  ])
    command.addCommand(subcommand);
};
