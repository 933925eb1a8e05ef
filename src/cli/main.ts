import { CommanderError } from 'commander';
import { BootctlError, exitStatus } from '../base/errors.ts';
import { failedResult } from '../ops/result.ts';
import type { CliContext } from './context.ts';
import { wantsJson } from './given/options.ts';
import { writeResultLine } from './output/result-line.ts';
import { safeContext, writeLines } from './output/safe-output.ts';
import { bootctlProgram } from './program.ts';

/** Runs one command and returns its exit status. */
export async function main(argv: readonly string[], given: CliContext): Promise<number> {
  const context = safeContext(given);
  const started = context.now();
  let status: number = exitStatus.ok;
  try {
    const program = await bootctlProgram({ ...context, argv }, (code) => {
      status = code;
    });
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    const failure = asFailure(error, argv);
    if (failure === undefined) return exitStatus.ok;
    const isInternal = !(failure instanceof BootctlError);
    if (wantsJson(argv, context.env)) {
      writeResultLine(context.stdout, context.now() - started, failedResult(failure));
    }
    writeLines(context.stderr, isInternal ? internalLines(failure) : failureLines(failure));
    return isInternal ? exitStatus.internal : failure.exitStatus;
  }
}

/** Commander's own refusals as usage errors; undefined where it ended a run that is done, such as `--help`. */
function asFailure(error: unknown, argv: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.exitCode === 0) return undefined;
  if (error.code === 'commander.help') return new BootctlError('usage', 'No command is given');
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const [verb] = argv;
  const help = verb === undefined || verb.startsWith('-') ? 'bootctl --help' : `bootctl help ${verb}`;
  const seeHelp = `Run \`${help}\` for commands and options.`;
  const hint = suggestion ? suggestion.replace(/^\((.*)\)$/, '$1') : seeHelp;
  return new BootctlError('usage', message, error.code === 'commander.unknownCommand' && !suggestion ? {} : { hint });
}

/** A message has several lines only where it lists the problems of a file. */
const failureLines = ({ message, code, hint, details }: BootctlError): readonly string[] => {
  const problems = 'problems' in details ? message.split('\n') : [message];
  problems[0] = `bootctl: ${problems[0]}`;
  return [...problems.with(-1, `${problems.at(-1)} [${code}]`), `  ${hint}`];
};

const internalLines = (error: unknown): readonly string[] => {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return ['bootctl: this is a bug in bootctl; please report it with the lines that follow', ...stack.split('\n')];
};
