import { Command } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import { count } from '../../../base/text.ts';
import { checkJig } from '../../../jig/check/check-jig.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext, OnExit } from '../../context.ts';
import { type CliOptions, withOptions } from '../../given/options.ts';
import { coloursFor } from '../../output/colours.ts';
import { findingLines } from '../../output/findings-text.ts';
import { powerLines, speedLines } from '../../output/jig-check-text.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { givenJig, jigArgument } from './given-jig.ts';

interface CheckOptions extends CliOptions {
  readonly power?: boolean;
  readonly speed?: boolean;
}

/** `jig check`: what is wrong in a jig.yaml, and what of it this host lacks. */
export function checkCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('check')
    .description(
      'say what is wrong in a jig.yaml, with line and column; then look whether this host has all adapters, rights, hubs and power for it',
    )
    .argument('[jig.yaml]', jigArgument)
    .option('--power', 'show what each hub gives, and what is declared behind it')
    .option('--speed', 'show how the slots share the buses of full speed, by reckoning')
    .action(async (file: string | undefined, options: CheckOptions) => onExit(await check(context, file, options)));
  return withOptions(command, context.env, ['json']);
}

/** Resolves with the exit status. @throws BootctlError `jig-invalid` */
async function check(context: CliContext, file: string | undefined, { json, ...shown }: CheckOptions): Promise<number> {
  const { stdout, now, portTrouble } = context;
  const started = now();
  const jig = await givenJig(context, file).catch((error: unknown) => {
    if (json && error instanceof BootctlError) {
      for (const problem of error.message.split('\n')) writeLine(stdout, 'jig.problem', now() - started, { problem });
    }
    throw error;
  });
  await using bench = await context.openBench({});
  const [host, tree] = [await context.hostFacts(), await context.usbTree()];
  const checked = await checkJig({ jig, host, tree, bench, portTrouble, isPower: shown.power });
  const { findings, power, speed, ...outcome } = checked;
  if (json) {
    for (const finding of findings) writeLine(stdout, 'check', now() - started, finding);
    for (const row of shown.power ? power : []) writeLine(stdout, 'check.power', now() - started, row);
    for (const row of shown.speed ? speed : []) writeLine(stdout, 'check.speed', now() - started, row);
    writeResultLine(stdout, now() - started, { ...emptyResult, ...outcome });
  } else {
    const { station, slots } = jig.plan;
    writeLines(stdout, [`${station}: ${count(slots.length, 'slot')}, ${jig.image.name}`, '']);
    writeLines(stdout, findingLines(findings, coloursFor(context, stdout)));
    if (shown.power) writeLines(stdout, powerLines(power));
    if (shown.speed) writeLines(stdout, speedLines(speed));
  }
  return outcome.exitCode;
}
