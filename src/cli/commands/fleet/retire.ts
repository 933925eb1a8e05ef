import { Command } from 'commander';
import { openOffice } from '../../../fleet/office.ts';
import { retireStation } from '../../../fleet/retire.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext } from '../../context.ts';
import { type FleetOptions, givenDatabase, stationName, thisPerson, withDatabase } from '../../given/database.ts';
import { insistOnYes } from '../../given/insist-on-yes.ts';
import { yesOption } from '../../given/options.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

const notes = `
For a computer that is gone for good, or one that is used for something else. Its runs that had not been sent are lost; the units and
numbers that it was granted stay counted as used, because it may have made them. Its name is spent: the next computer takes another one.`;

/** `fleet retire`: ends a station. */
export function retireCommand(context: CliContext): Command {
  const command = new Command('retire')
    .description('end a station whose computer is gone: its login is dropped, and it is waited for no longer')
    .argument('<station>', 'its name', stationName)
    .option(...yesOption)
    .addHelpText('after', notes)
    .action((station: string, options: FleetOptions) => retire(context, station, options));
  return withDatabase(command, context);
}

/** @throws BootctlError `usage`, `station-unknown`, those of `openOffice` */
async function retire(context: CliContext, station: string, options: FleetOptions): Promise<void> {
  const { stdout, now } = context;
  const started = now();
  insistOnYes(options, 'Retiring a station', 'its name is spent, and what it has not sent is lost');
  await using office = await openOffice(givenDatabase(options), 'fleet retire');
  const lots = await retireStation(office, station, thisPerson());
  if (options.json) {
    writeLine(stdout, 'retired', now() - started, { station, lots });
    return writeResultLine(stdout, now() - started, emptyResult);
  }
  writeLines(stdout, [
    `Station ${station} is retired; its login is gone.`,
    ...lots.map(
      ({ lot, units, good }) =>
        `  ${lot}: ${units} units were allotted to it, ${good} good ones are in the records; the rest count as made`,
    ),
  ]);
}
