import type { DefineCommand } from '../context.ts';
import { checkCommand } from './jig/check.ts';
import { pairCommand } from './jig/pair.ts';
import { reportCommand } from './jig/report.ts';
import { runCommand } from './jig/run.ts';
import { unitCommand } from './jig/unit.ts';

const examples = `
Examples:
  bootctl jig check                           is jig.yaml right, and has this host all that it names?
  bootctl jig pair --profile ./my-board.yaml  which adapter belongs to which target? write it into jig.yaml
  bootctl jig run --simulate --units 20       try the jig.yaml here without hardware
  bootctl jig run ./line2.yaml                make the units of a lot
  bootctl jig report                          yield, causes and measurements of ./jig.yaml's station
  bootctl jig report records.db --csv
  bootctl jig report --check                  has a row been changed or taken out?
  bootctl jig unit SN001042                   its whole life`;

/** A production jig: many slots, and what became of each unit. */
export const define: DefineCommand = (command, context, onExit) => {
  command.addHelpText('after', examples);
  for (const subcommand of [
    checkCommand(context, onExit),
    pairCommand(context, onExit),
    runCommand(context, onExit),
    reportCommand(context),
    unitCommand(context),
  ])
    command.addCommand(subcommand);
};
