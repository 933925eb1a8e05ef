import { Command } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import type { PortInfo } from '../../../bench/serial-link.ts';
import { emptyResult } from '../../../ops/result.ts';
import { PipedPrompter } from '../../ask/piped-prompter.ts';
import type { Prompter } from '../../ask/prompter.ts';
import { terminalPrompter } from '../../ask/terminal-prompter.ts';
import type { CliContext } from '../../context.ts';
import { type CliOptions, withOptions } from '../../given/options.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { asPath, profileTarget, refuseExisting, refuseUnwritable, writeProfile } from './write-profile.ts';

const examples = `
Without a terminal the answers come from standard input, one a line; an empty line takes the first choice. Nothing is written before
the last answer.

Examples:
  bootctl profile new                                      asks, and writes a file named after the profile
  bootctl profile new --output bootctl/profiles/bench-7.yaml
  bootctl profile new --output bench-7.yaml < answers.txt  the same by a file`;

interface NewOptions extends CliOptions {
  readonly output?: string;
}

/** `profile new`: a profile from the answers of a person. */
export function newCommand(context: CliContext): Command {
  const command = new Command('new')
    .description('make a profile by questions')
    .option('--output <file>', 'file to write; named after the profile without it')
    .option('--force', 'replace the file where it is there')
    .addHelpText('after', examples)
    .action((options: NewOptions) => makeProfile(context, options));
  return withOptions(command, context.env, ['json']);
}

/** @throws BootctlError `usage`, `answers-ended`, `profile-exists`, `profile-invalid`, `output-unwritable`, `aborted` */
async function makeProfile(context: CliContext, { output, force, json }: NewOptions): Promise<void> {
  const started = context.now();
  const given = output === undefined ? undefined : profileTarget(output, undefined, '');
  if (output !== undefined) refuseExisting(context, output, force);
  await refuseUnwritable(context, output ?? 'my-board.yaml');
  // The other commands on profiles need none of it.
  const { interview } = await import('./interview.ts');
  const prompter = await prompterFor(context);
  try {
    const { text, id, warnings } = await interview(prompter, {
      ports: await portsOf(context),
      ...(given && { id: given.id }),
      refuse: (name) => (output === undefined ? fileTrouble(context, `${name}.yaml`, force) : undefined),
    });
    const file = output ?? `${id}.yaml`;
    context.signal.throwIfAborted();
    await writeProfile(context, file, text, force);
    if (json) {
      writeLine(context.stdout, 'profile.made', context.now() - started, { id, path: file, text, warnings });
      return writeResultLine(context.stdout, context.now() - started, emptyResult);
    }
    const path = asPath(file);
    writeLines(context.stdout, [
      `${file}: written`,
      ...warnings.map((warning) => `  warning: ${warning}`),
      `Next: bootctl recover --profile ${path} --dry-run shows what would happen, bootctl doctor --profile ${path} what stands in the way`,
    ]);
  } finally {
    await prompter.end();
  }
}

function fileTrouble(context: CliContext, file: string, force: boolean | undefined): string | undefined {
  try {
    refuseExisting(context, file, force);
    return undefined;
  } catch (error) {
    if (error instanceof BootctlError) return `another name: ${error.message}`;
    throw error;
  }
}

async function prompterFor(context: CliContext): Promise<Prompter> {
  const streams = context.personStreams?.();
  if (streams) return terminalPrompter(context, streams);
  return new PipedPrompter(context);
}

/** What is plugged in now; nothing is opened. A host that cannot list its ports has none to offer. */
async function portsOf(context: CliContext): Promise<readonly PortInfo[]> {
  await using bench = await context.openBench({});
  return bench.serial.list().catch((error) => {
    if (error instanceof BootctlError) return [];
    throw error;
  });
}
