import { Command, InvalidArgumentError, Option } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import { alarmRemedies, isAlarmCode } from '../../../fleet/alarm-remedies.ts';
import { type CheckedStation, checkRecords } from '../../../fleet/check-records.ts';
import type { Database } from '../../../fleet/database.ts';
import { openOffice } from '../../../fleet/office.ts';
import { clearAlarm, type OpenAlarm, openAlarms, skipAhead, waitedFor } from '../../../fleet/troubles.ts';
import { emptyResult, failedResult } from '../../../ops/result.ts';
import type { CliContext, OnExit } from '../../context.ts';
import { type FleetOptions, givenDatabase, stationName, thisPerson, withDatabase } from '../../given/database.ts';
import { insistOnYes } from '../../given/insist-on-yes.ts';
import { yesOption } from '../../given/options.ts';
import { checkLines } from '../../output/fleet-check-text.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

const notes = `
Hash and link of every record are computed here anew, and the rows that reports are made of are compared with the records. Exit status 7
where something differs; alarms alone do not change it.
After the database was put back from a dump nothing is granted before each station has told what it was granted. For one that will not
come back, --skip-ahead takes as many numbers and units of each of its lots out of circulation as it may have been granted since the
dump: take more than that. What it has written may else be written a second time.

Examples:
  bootctl fleet check
  bootctl fleet check --clear 3 --why "adhesive of reel 7, unit scrapped"
  bootctl fleet check --skip-ahead 500 --station line2-b --yes`;

interface CheckOptions extends FleetOptions {
  readonly clear?: number;
  readonly why?: string;
  readonly skipAhead?: number;
  readonly station?: string;
}

/** `fleet check`: is every record as it was sent, and what waits for a person? */
export function checkCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('check')
    .description('look whether every record is as it was sent; list, and clear, what a person has to look at')
    .addOption(new Option('--clear <number>', 'this alarm was looked at; needs --why').argParser(wholeNumber))
    .option('--why <text>', 'what was found, or done')
    .addOption(
      new Option('--skip-ahead <n>', 'go on without the report of --station, which may have been granted so many')
        .argParser(wholeNumber)
        .conflicts('clear'),
    )
    .option('--station <name>', 'the station that will not report', stationName)
    .option(...yesOption)
    .addHelpText('after', notes)
    .action(async (options: CheckOptions) => onExit(await check(context, options)));
  return withDatabase(command, context);
}

/** Resolves with the exit status. @throws BootctlError `usage`, `nothing-open`, those of `openOffice` */
async function check(context: CliContext, options: CheckOptions): Promise<number> {
  refuseHalves(options);
  await using office = await openOffice(givenDatabase(options), 'fleet check');
  if (options.clear !== undefined) return await clear(context, office, options);
  if (options.skipAhead !== undefined) return await skip(context, office, options);
  const { stdout, now } = context;
  const started = now();
  const [stations, alarms, waiting] = [await checkRecords(office), await openAlarms(office), await waitedFor(office)];
  const error = changed(stations);
  if (!options.json) writeLines(stdout, checkLines(stations, alarms, waiting));
  else {
    for (const station of stations) writeLine(stdout, 'station', now() - started, station);
    for (const alarm of alarms) writeLine(stdout, 'alarm', now() - started, { ...alarm, hint: hintOf(alarm) });
    for (const station of waiting) writeLine(stdout, 'waiting', now() - started, { station });
    writeResultLine(stdout, now() - started, error ? failedResult(error) : emptyResult);
    return error?.exitStatus ?? 0;
  }
  if (error) throw error;
  return 0;
}

const hintOf = ({ code }: OpenAlarm): string | undefined => (isAlarmCode(code) ? alarmRemedies[code] : undefined);

function changed(stations: readonly CheckedStation[]): BootctlError | undefined {
  const wrong = stations.filter(({ problems }) => problems.length > 0).map(({ station }) => station);
  if (wrong.length === 0) return undefined;
  return new BootctlError('fleet-changed', `Records of ${wrong.join(', ')} are not as they were sent`);
}

async function clear(
  context: CliContext,
  office: Database,
  { clear: number, why, json }: CheckOptions,
): Promise<number> {
  await clearAlarm(office, number!, why!, thisPerson());
  return said(context, json, 'cleared', { number }, [`Alarm ${number} is cleared: ${why}`]);
}

async function skip(context: CliContext, office: Database, options: CheckOptions): Promise<number> {
  const { skipAhead: ahead, station, json } = options;
  const lots = await skipAhead(office, station!, ahead!, thisPerson());
  return said(context, json, 'skipped', { station, lots }, [
    `Station ${station} is not waited for any more.`,
    ...lots.map(
      ({ lot, numbers, units }) =>
        `  ${lot}: ${numbers === null ? '' : `the next ${numbers} numbers go to nobody, and `}${units} units count as made by it`,
    ),
  ]);
}

function said(
  { stdout, now }: CliContext,
  json: boolean | undefined,
  event: string,
  values: object,
  lines: readonly string[],
): number {
  if (!json) writeLines(stdout, lines);
  else {
    writeLine(stdout, event, now(), values);
    writeResultLine(stdout, now(), emptyResult);
  }
  return 0;
}

/** @throws BootctlError `usage` where an option lacks the one that belongs to it */
function refuseHalves(options: CheckOptions): void {
  const { clear: number, why, skipAhead: ahead, station } = options;
  if ((number === undefined) !== (why === undefined))
    throw new BootctlError('usage', '--clear and --why go together', {
      hint: 'Say what was found or done: `--clear 3 --why "unit scrapped"`.',
    });
  if ((ahead === undefined) !== (station === undefined))
    throw new BootctlError('usage', '--skip-ahead and --station go together', {
      hint: 'Such as `--skip-ahead 500 --station line2-b`.',
    });
  if (ahead !== undefined)
    insistOnYes(options, 'Going on without a station', 'numbers and units that are skipped are lost for ever');
}

function wholeNumber(text: string): number {
  if (/^\d{1,12}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('A whole number from 1 on.');
}
