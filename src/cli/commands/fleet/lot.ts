import { resolve } from 'node:path';
import { Command } from 'commander';
import { amount } from '../../../base/text.ts';
import type { Database } from '../../../fleet/database.ts';
import { assignStations, changeState, createLot } from '../../../fleet/lot/change-lot.ts';
import { fingerprint, signDefinition, signerOf } from '../../../fleet/lot/definition.ts';
import { lotAccounts } from '../../../fleet/lot/lot-account.ts';
import { readLot } from '../../../fleet/lot/read-lot.ts';
import { openOffice } from '../../../fleet/office.ts';
import { readOfficeKey } from '../../../fleet/office-key.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext } from '../../context.ts';
import {
  type FleetOptions,
  givenDatabase,
  keyOption,
  keyPlace,
  stationNames,
  thisPerson,
  withDatabase,
} from '../../given/database.ts';
import { insistOnYes } from '../../given/insist-on-yes.ts';
import { yesOption } from '../../given/options.ts';
import { lotLines, lotsTable } from '../../output/lot-text.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

const examples = `
A lot.yaml says what is made, with the keys of a jig.yaml:
  id: "2611-A"
  quantity: 5000
  lease: 12h                                  how long a station goes on that hears nothing of the database
  profile: ./my-board.yaml
  image: [boot.hex, "app.bin@0x08008000"]
  unit: { serial: { from: range, first: 1, last: 9999, format: "SN{number:06}" } }
and unit.patch, gate, before, after, limits, retests, hold. A program that is named with a path comes with the lot, as images do;
one without a path is the station's own.

Examples:
  bootctl fleet lot create lot.yaml --station line2-a --station line2-b
  bootctl fleet lot start 2611-A
  bootctl fleet lot hold 2611-A --why "adhesive of reel 7"
  bootctl fleet lot show 2611-A`;

interface LotOptions extends FleetOptions {
  readonly station?: readonly string[];
  readonly why?: string;
}

/** `fleet lot`: what is made, how many, and where. */
export function lotCommand(context: CliContext): Command {
  const command = new Command('lot')
    .description('create, start, hold and close lots, give them to stations, and show how far they are')
    .addHelpText('after', examples);
  const subcommands = [create(context), assign(context), start(context), hold(context), close(context), show(context)];
  for (const subcommand of subcommands) command.addCommand(subcommand);
  return command;
}

const idArgument = ['<id>', 'id of the lot'] as const;
const stationFlags = '--station <name>';

function create(context: CliContext): Command {
  const command = new Command('create')
    .description(
      'check a lot.yaml as a station would, sign it, and store it with its images; no station hears of it before the start',
    )
    .argument('<lot.yaml>', 'what is made')
    .addOption(keyOption())
    .option(stationFlags, 'a station that may make it; may be given again', stationNames)
    .action(async (file: string, options: LotOptions) => {
      const { definition, contents } = await readLot(resolve(context.cwd, file), {
        name: file,
        userFolder: context.profileFolder,
      });
      const key = readOfficeKey(keyPlace(context, options));
      await change(context, options, definition.id, 'created', async (office, person) => {
        const { station: stations = [] } = options;
        await createLot(office, signDefinition(definition, key), contents, stations, person);
        return [
          `${definition.id}: ${amount(definition.quantity, 'units')}, signed by ${fingerprint(signerOf(key))}`,
          `  for ${stations.join(', ') || 'no station yet: `bootctl fleet lot assign` gives it to some'}`,
          ...contents.map(({ name, sha256 }) => `  ${name}  ${sha256}`),
          '',
          `Next: bootctl fleet lot start ${definition.id}`,
        ];
      });
    });
  return withDatabase(command, context);
}

function assign(context: CliContext): Command {
  const command = new Command('assign')
    .description('give a lot to more stations')
    .argument(...idArgument)
    .requiredOption(stationFlags, 'a station that may make it; may be given again', stationNames)
    .action((id: string, options: LotOptions) =>
      change(context, options, id, 'assigned', async (office, person) => {
        await assignStations(office, id, options.station ?? [], person);
        return [`${id}: assigned to ${options.station?.join(', ')}`];
      }),
    );
  return withDatabase(command, context);
}

function start(context: CliContext): Command {
  const command = new Command('start')
    .description('let the stations of a lot make it, for the first time or again')
    .argument(...idArgument)
    .option('--why <text>', 'what is kept with it')
    .action((id: string, options: LotOptions) => state(context, options, id, 'start', 'open: its stations make it'));
  return withDatabase(command, context);
}

function hold(context: CliContext): Command {
  const command = new Command('hold')
    .description(
      'stop a lot at the next unit of each station; one that is offline goes on for the lease of the lot at most',
    )
    .argument(...idArgument)
    .requiredOption('--why <text>', 'the reason, which the stations show')
    .action((id: string, options: LotOptions) => state(context, options, id, 'hold', `held: ${options.why}`));
  return withDatabase(command, context);
}

function close(context: CliContext): Command {
  const command = new Command('close')
    .description('end a lot for ever; records that come later are taken')
    .argument(...idArgument)
    .option('--why <text>', 'what is kept with it')
    .option(...yesOption)
    .action((id: string, options: LotOptions) => {
      insistOnYes(options, 'Closing a lot', 'no unit of it is begun any more');
      return state(context, options, id, 'close', 'closed');
    });
  return withDatabase(command, context);
}

function show(context: CliContext): Command {
  const command = new Command('show')
    .description('show all lots, or one with its stations, its numbers, and who has changed it')
    .argument('[id]', 'id of the lot')
    .action(async (id: string | undefined, options: LotOptions) => {
      const { stdout, now } = context;
      const started = now();
      await using office = await openOffice(givenDatabase(options), 'fleet lot show');
      const lots = await lotAccounts(office, id);
      if (!options.json) return writeLines(stdout, id === undefined ? lotsTable(lots) : lots.flatMap(lotLines));
      for (const lot of lots) writeLine(stdout, 'lot', now() - started, lot);
      writeResultLine(stdout, now() - started, emptyResult);
    });
  return withDatabase(command, context);
}

const state = (
  context: CliContext,
  options: LotOptions,
  id: string,
  what: 'start' | 'hold' | 'close',
  said: string,
): Promise<void> =>
  change(context, options, id, what, async (office, person) => {
    await changeState(office, id, what, options.why ?? '', person);
    return [`${id}: ${said}`];
  });

/** One change of a lot, which resolves with what is said of it. */
async function change(
  context: CliContext,
  options: LotOptions,
  id: string,
  what: string,
  work: (office: Database, person: string) => Promise<readonly string[]>,
): Promise<void> {
  const { stdout, now } = context;
  const started = now();
  await using office = await openOffice(givenDatabase(options), `fleet lot ${what}`);
  const lines = await work(office, thisPerson());
  if (!options.json) return writeLines(stdout, lines);
  for (const lot of await lotAccounts(office, id)) writeLine(stdout, 'lot', now() - started, lot);
  writeResultLine(stdout, now() - started, emptyResult);
}
