import { Command } from 'commander';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext } from '../../context.ts';
import { firmwareLines, firmwareValues } from '../../output/firmware-text.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { type FirmwareOptions, givenPlan, withFirmwareOptions } from './given-plan.ts';

/** `firmware show`: what the kit would do on this board, why, and where each register comes from. */
export function showCommand(context: CliContext): Command {
  const command = new Command('show')
    .description('show what the firmware of a board does when it is asked, why, and the registers with their sources')
    .action((options: FirmwareOptions) => show(context, options));
  return withFirmwareOptions(command, context);
}

async function show(context: CliContext, options: FirmwareOptions): Promise<void> {
  const started = context.now();
  const { plan } = await givenPlan(context, options);
  if (!options.json) return writeLines(context.stdout, firmwareLines(plan));
  writeLine(context.stdout, 'firmware', context.now() - started, firmwareValues(plan));
  writeResultLine(context.stdout, context.now() - started, emptyResult);
}
