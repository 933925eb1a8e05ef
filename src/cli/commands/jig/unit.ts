import { Command } from 'commander';
import { emptyResult } from '../../../ops/result.ts';
import { unitLives } from '../../../records/unit-life.ts';
import type { CliContext } from '../../context.ts';
import { withOptions } from '../../given/options.ts';
import { givenRecords, recordsArgument } from '../../given/records.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { lifeLines } from '../../output/unit-text.ts';

const examples = `
Examples:
  bootctl jig unit SN001042
  bootctl jig unit SN001042 records.db --json`;

/** `jig unit`: every run of a unit. */
export function unitCommand(context: CliContext): Command {
  const command = new Command('unit')
    .description('the whole life of a unit: every run with its slot, times, outcome and measurements')
    .argument('<serial>', 'its serial number, or the unique id of its chip')
    .addArgument(recordsArgument())
    .addHelpText('after', examples)
    .action((serial: string, file: string, options: { readonly json?: boolean }) =>
      show(context, serial, file, options),
    );
  return withOptions(command, context.env, ['json']);
}

async function show(
  context: CliContext,
  serial: string,
  file: string,
  { json }: { readonly json?: boolean },
): Promise<void> {
  const { stdout, now } = context;
  const started = now();
  const lives = unitLives(await givenRecords(context, file), serial);
  if (!json) return writeLines(stdout, lives.flatMap(lifeLines));
  for (const life of lives) writeLine(stdout, 'unit', now() - started, life);
  writeResultLine(stdout, now() - started, emptyResult);
}
