import { Command, InvalidArgumentError, Option } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import { amount, count } from '../../../base/text.ts';
import { emptyResult } from '../../../ops/result.ts';
import { type CheckedRecords, checkRecords } from '../../../records/check.ts';
import { csvLines } from '../../../records/report/csv.ts';
import { junitLines } from '../../../records/report/junit.ts';
import { makeReport, type Report } from '../../../records/report/report.ts';
import type { CliContext } from '../../context.ts';
import { withOptions } from '../../given/options.ts';
import { givenRecords, recordsArgument } from '../../given/records.ts';
import { definitionLines, reportLines, reportValues } from '../../output/jig-report-text.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

interface ReportOptions {
  readonly csv?: boolean;
  readonly junit?: boolean;
  readonly json?: boolean;
  readonly check?: boolean;
  readonly lot?: string;
  readonly since?: number;
}

const notes = `
The figures, each with its definition:
${definitionLines.map((line) => `  ${line}`).join('\n')}

It reads, changes nothing, and may run while the station does. Days are those of this computer's clock, other times are UTC.
In --csv a text that a spreadsheet would take for a formula begins with an apostrophe. --check compares each row with the chain of
hashes, units and serial numbers with their runs, and the chain with the backups; exit status 7 where something differs. A chain
cannot tell whether its end was cut off since the last backup: note the hash of its last row elsewhere.

Examples:
  bootctl jig report                          of ./jig.yaml's station
  bootctl jig report records.db --lot 2611-A --since 2026-11-01
  bootctl jig report --csv > runs.csv
  bootctl jig report --check`;

/** `jig report`: what a station has done, from its records. */
export function reportCommand(context: CliContext): Command {
  const command = new Command('report')
    .description('yield, causes of failures, and measurements with their drift, by lot, slot and day')
    .addArgument(recordsArgument())
    .addOption(new Option('--lot <lot>', 'this lot only'))
    .addOption(
      new Option('--since <day>', 'runs that began on this day or later, such as 2026-11-29').argParser(parseDay),
    )
    .addOption(new Option('--csv', 'a line for each run, with its measurements').conflicts(['junit', 'check']))
    .addOption(new Option('--junit', 'JUnit XML: a suite for each lot, a case for each run').conflicts(['check']))
    .addOption(new Option('--check', 'look whether a row was changed or taken out'))
    .addHelpText('after', notes)
    .action((file: string, options: ReportOptions) => report(context, file, options));
  return withOptions(command, context.env, ['json']);
}

async function report(context: CliContext, file: string, options: ReportOptions): Promise<void> {
  const { stdout } = context;
  const started = context.now();
  const path = await givenRecords(context, file);
  if (options.check) return showCheck(context, path, options, started);
  const made = makeReport(path, options);
  if (options.csv) return writeLines(stdout, csvLines(made));
  if (options.junit) return writeLines(stdout, junitLines(made));
  if (!options.json) return writeLines(stdout, reportLines(path, made));
  writeReport(context, made, started);
}

function writeReport({ stdout, now }: CliContext, made: Report, started: number): void {
  writeLine(stdout, 'report', now() - started, reportValues(made));
  writeResultLine(stdout, now() - started, emptyResult);
}

/** @throws BootctlError `records-changed` after what differs has been said */
function showCheck({ stdout, now }: CliContext, path: string, { json }: ReportOptions, started: number): void {
  const checked = checkRecords(path);
  const { problems, runs, rows, hash, backups } = checked;
  if (json) writeLine(stdout, 'records.checked', now() - started, checked);
  else if (problems.length > 0) writeLines(stdout, problems);
  if (problems.length > 0) throw changedError(path, checked);
  if (json) writeResultLine(stdout, now() - started, emptyResult);
  else
    writeLines(stdout, [
      `${path}: ${amount(runs, 'runs')} and ${amount(rows, 'rows')} of the chain are as they were recorded`,
      `compared with ${count(backups, 'backup')}`,
      `hash of the last row: ${hash}`,
    ]);
}

const changedError = (path: string, { problems }: CheckedRecords): BootctlError =>
  new BootctlError('records-changed', `${path} is not as it was recorded: ${problems[0]}`, {
    details: { problems: problems.length },
  });

/** The beginning of a day by the clock on the wall. */
function parseDay(text: string): number {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00`).getTime() : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('Give a day, such as 2026-11-29.');
  return at;
}
