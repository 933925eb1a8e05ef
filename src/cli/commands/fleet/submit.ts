import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { Argument, Command } from 'commander';
import { BootctlError, exitStatus, isBootctlError } from '../../../base/errors.ts';
import type { Milliseconds } from '../../../base/units.ts';
import { type Database, openDatabase } from '../../../fleet/database.ts';
import { type BoardVerb, type JobOptions, transferPatience } from '../../../fleet/rack/board-job.ts';
import { type JobImageFile, jobImage, jobImageFile } from '../../../fleet/rack/job-images.ts';
import { type KnownBoard, knownBoard } from '../../../fleet/rack/read-boards.ts';
import { type Submission, submitJob } from '../../../fleet/rack/submit.ts';
import type { FirmwareImage } from '../../../image/firmware-image.ts';
import { parseImageArgument } from '../../../image/image-argument.ts';
import { readBytes } from '../../../image/load-image.ts';
import { checkImage } from '../../../ops/engine/check-image.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext, OnExit } from '../../context.ts';
import { givenDatabase, withDatabase } from '../../given/database.ts';
import { withOptions } from '../../given/options.ts';
import { parseSpan } from '../../given/span.ts';
import { writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { type FollowOptions, followToEnd, presenceText, reserveTrace, writeJob } from './follow.ts';

interface SubmitOptions extends FollowOptions {
  readonly board: string;
  readonly wait?: true;
  readonly force?: boolean;
  readonly timeout?: Milliseconds;
  readonly address?: number;
}

const examples = `
The job is done by the \`bootctl fleet work\` that has the board, once: no queue, crash or restart ever repeats it.

Examples:
  bootctl fleet submit recover firmware.hex --board crane --wait                  as if the board were here
  bootctl fleet submit recover firmware.hex --board crane --wait --within 10min   in CI: give up where no worker comes
  bootctl fleet submit reset --board crane                                        prints the number of the job`;

/** `fleet submit`: a job for a board that is somewhere else. */
export function submitCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('submit')
    .description('queue a job for a board in a rack; with --wait follow it, and end as it ends')
    .addArgument(new Argument('<job>', 'what is done').choices(['recover', 'flash', 'reset']))
    .argument('[image...]', 'firmware images, - for standard input, app.bin@0x08008000')
    .requiredOption('--board <name>', 'which board')
    .option('--wait', 'follow the job; its exit status is that of this command')
    .option('--within <time>', 'with --wait: cancel it where it has not begun by then, such as 90s or 10min', parseSpan)
    .addHelpText('after', examples)
    .action(async (verb: BoardVerb, images: readonly string[], options: SubmitOptions) =>
      onExit(await submit(context, verb, images, options)),
    );
  const names = ['address', 'timeout', 'force', 'trace', 'verbose', 'quiet'] as const;
  return withOptions(withDatabase(command, context), context.env, names);
}

/** @throws BootctlError of kind `usage` before anything is queued; those of `followToEnd` */
async function submit(
  context: CliContext,
  verb: BoardVerb,
  names: readonly string[],
  options: SubmitOptions,
): Promise<number> {
  refuseImpossible(verb, names, options);
  const address = givenDatabase(options);
  const connect = () => openDatabase(address, { name: 'fleet submit', patience: transferPatience });
  const files = await readFiles(context, names, options);
  await reserveTrace(context, options);
  const submission = { request: randomUUID(), board: options.board, verb, files, options: jobOptions(options) };
  const { board, image, job } = await queueJob(connect, submission);
  if (!options.wait) {
    tellQueued(context, options, { job, board, verb });
    return exitStatus.ok;
  }
  return followToEnd({ context, options, connect, job, verb, image, scenario: board.scenario ?? undefined });
}

/** @throws BootctlError `usage` */
function refuseImpossible(verb: BoardVerb, names: readonly string[], { wait, within, trace }: SubmitOptions): void {
  const refuse = (message: string, hint: string) => {
    throw new BootctlError('usage', message, { hint });
  };
  if (verb === 'reset' && names.length > 0) refuse('A reset takes no image', 'Leave it out, or submit `flash`.');
  if (verb === 'flash' && names.length === 0) refuse('No image is given', 'Name a file behind `flash`.');
  if (!wait && within !== undefined) refuse('--within needs --wait', 'Add `--wait`.');
  if (!wait && trace !== undefined)
    refuse('--trace needs --wait', 'Add `--wait`: the trace comes back with the result.');
}

const jobOptions = ({ timeout, force, trace }: SubmitOptions): JobOptions => ({
  ...(timeout === undefined ? {} : { timeout }),
  ...(force ? { force } : {}),
  ...(trace === undefined ? {} : { trace: true }),
});

/** @throws BootctlError `image-unreadable`, `image-too-large`, `usage` */
function readFiles(
  { cwd, standardInput }: CliContext,
  names: readonly string[],
  { address }: Pick<SubmitOptions, 'address'>,
): Promise<readonly JobImageFile[]> {
  if (address !== undefined && names.length > 1)
    throw new BootctlError('usage', '--address is for one image, and there are several', {
      hint: 'Put the address behind each raw binary: `app.bin@0x08008000`.',
    });
  return Promise.all(
    names.map(async (text) => {
      const { path, ...own } = parseImageArgument(text);
      const content = path === '-' ? await standardInput() : await readBytes(resolve(cwd, path), path);
      return jobImageFile(content, path === '-' ? 'standard input' : path, own.address ?? address);
    }),
  );
}

interface Queued {
  readonly board: KnownBoard;
  readonly image: FirmwareImage | undefined;
  readonly job: number;
}

/** Checks the image against the board as its worker has described it, then queues the job: once, also over a lost connection. */
async function queueJob(connect: () => Promise<Database>, submission: Submission): Promise<Queued> {
  const queue = async () => {
    await using database = await connect();
    const board = await knownBoard(database, submission.board);
    const image = jobImage(submission.files, board.profile);
    if (image) checkImage(image, board.profile, submission.options);
    return { board, image, job: await submitJob(database, submission) };
  };
  return queue().catch((error: unknown) => {
    if (!isBootctlError(error, 'fleet-unreachable')) throw error;
    return queue();
  });
}

function tellQueued(
  context: CliContext,
  { json, quiet }: SubmitOptions,
  { job, board: { name, worker }, verb }: Pick<Queued, 'job' | 'board'> & { readonly verb: BoardVerb },
): void {
  if (json) {
    writeJob(context, 0, { job, board: name, verb, state: 'queued', worker, why: null });
    writeResultLine(context.stdout, 0, emptyResult);
    return;
  }
  writeLines(context.stdout, [`job ${job} is queued for board ${name}; ${presenceText(worker)}`]);
  if (!quiet)
    writeLines(context.stderr, [`  \`bootctl fleet job ${job} --wait\` follows it, \`--cancel\` takes it back`]);
}
