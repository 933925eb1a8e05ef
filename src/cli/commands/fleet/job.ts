import { Command, InvalidArgumentError } from 'commander';
import { BootctlError, exitStatus } from '../../../base/errors.ts';
import { amount } from '../../../base/text.ts';
import type { Milliseconds } from '../../../base/units.ts';
import { type Database, openDatabase } from '../../../fleet/database.ts';
import { knownBoards } from '../../../fleet/rack/read-boards.ts';
import { type JobRow, lastJobs, readJob } from '../../../fleet/rack/read-jobs.ts';
import { cancelJob, forgetJobs } from '../../../fleet/rack/submit.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext, OnExit } from '../../context.ts';
import { givenDatabase, thisPerson, withDatabase } from '../../given/database.ts';
import { withOptions } from '../../given/options.ts';
import { parseSpan } from '../../given/span.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { tableLines } from '../../output/table.ts';
import {
  type FollowOptions,
  followToEnd,
  presenceText,
  reserveTrace,
  stateText,
  workerValues,
  writeJob,
} from './follow.ts';

interface JobCommandOptions extends FollowOptions {
  readonly forget?: Milliseconds;
  readonly wait?: true;
  readonly cancel?: true;
}

const examples = `
Examples:
  bootctl fleet job               the boards, and the last jobs
  bootctl fleet job 17            how is it?
  bootctl fleet job 17 --wait     follow it, from its first event on
  bootctl fleet job 17 --cancel   take it back, while nobody has begun it
  bootctl fleet job --forget 30d  events, traces and images of jobs that ended longer ago: each night, from cron`;

/** `fleet job`: one job that was submitted, or the boards and the last ones. */
export function jobCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('job')
    .description('the boards and the last jobs; or one job: show it, follow it, take it back')
    .argument('[number]', 'which job, as `bootctl fleet submit` has said', jobNumber)
    .option('--wait', 'follow it; its exit status is that of this command')
    .option('--cancel', 'take it back, while nobody has begun it')
    .option(
      '--forget <time>',
      'drop events, traces and images of all jobs that ended so long ago; results stay',
      parseSpan,
    )
    .addHelpText('after', examples)
    .action(async (job: number | undefined, options: JobCommandOptions) => {
      if (job !== undefined) onExit(await showJob(context, job, options));
      else if (options.forget !== undefined) await forget(context, options.forget, options);
      else await showRack(context, options);
    });
  return withOptions(withDatabase(command, context), context.env, ['trace', 'verbose', 'quiet']);
}

/** @throws BootctlError `usage` */
function refuseWithoutTrace({ job, trace, result }: JobRow): void {
  if (trace === 'not-asked')
    throw new BootctlError('usage', `Job ${job} was submitted without a trace`, {
      hint: 'Leave --trace out here; `bootctl fleet submit … --wait --trace FILE` asks for one.',
    });
  if (result && trace === 'not-here')
    throw new BootctlError('usage', `The trace of job ${job} is not here any more`, {
      hint: 'Leave --trace out: its result is here. `bootctl fleet job --forget` drops traces.',
    });
}

function jobNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('A job has a number.');
}

const shownJobs = 20;

/** What is for one job. @throws BootctlError `usage` */
function refuseUnnamed({ wait, cancel }: JobCommandOptions): void {
  if (wait || cancel)
    throw new BootctlError('usage', 'No job is named', {
      hint: 'Add its number: `bootctl fleet job` shows the last ones.',
    });
}

/** @throws BootctlError `usage`; those of `openDatabase` */
async function showRack({ stdout, ...context }: CliContext, options: JobCommandOptions): Promise<void> {
  refuseUnnamed(options);
  await using database = await openDatabase(givenDatabase(options), { name: 'fleet job' });
  const [boards, jobs] = [await knownBoards(database), await lastJobs(database, shownJobs)];
  if (options.json) {
    for (const { name, profile, scenario, worker } of boards)
      writeLine(stdout, 'board', 0, { board: name, profile: profile.id, scenario, ...workerValues(worker) });
    for (const job of jobs) writeJob({ stdout, ...context }, 0, job);
    writeResultLine(stdout, 0, emptyResult);
    return;
  }
  const rows = boards.map(({ name, profile, worker }) => [name, profile.id, presenceText(worker)]);
  writeLines(
    stdout,
    boards.length === 0 ? ['no worker has had a board'] : tableLines(['board', 'profile', 'worker'], rows),
  );
  if (jobs.length > 0) writeLines(stdout, ['', ...jobs.map(stateText)]);
}

/** @throws BootctlError `usage`; those of `openDatabase` */
async function forget({ stdout }: CliContext, age: Milliseconds, options: JobCommandOptions): Promise<void> {
  refuseUnnamed(options);
  await using database = await openDatabase(givenDatabase(options), { name: 'fleet job' });
  const forgotten = await forgetJobs(database, age);
  if (options.json) {
    writeLine(stdout, 'forgotten', 0, forgotten);
    writeResultLine(stdout, 0, emptyResult);
    return;
  }
  const { jobs, images } = forgotten;
  writeLines(stdout, [
    `forgotten: events and traces of ${amount(jobs, 'jobs')}, and ${amount(images, 'images')}; results stay`,
  ]);
}

/** @throws BootctlError `job-unknown`, `job-not-queued`; those of `followToEnd` */
async function showJob(context: CliContext, job: number, options: JobCommandOptions): Promise<number> {
  if (!options.wait && options.trace !== undefined)
    throw new BootctlError('usage', '--trace needs --wait', { hint: 'Add `--wait`: the trace comes with the result.' });
  if (options.forget !== undefined)
    throw new BootctlError('usage', '--forget is for all jobs, and one is named', { hint: 'Leave its number out.' });
  const address = givenDatabase(options);
  const connect = (): Promise<Database> => openDatabase(address, { name: 'fleet job' });
  await using database = await connect();
  if (options.cancel) await cancelJob(database, job, `taken back by ${thisPerson()}`);
  const row = await readJob(database, job);
  if (options.wait && !options.cancel) {
    if (options.trace !== undefined) refuseWithoutTrace(row);
    await reserveTrace(context, options);
    const { verb, scenario } = row;
    return await followToEnd({
      context,
      options,
      connect,
      job,
      verb,
      image: undefined,
      scenario: scenario ?? undefined,
    });
  }
  if (options.json) {
    writeJob(context, 0, row);
    writeResultLine(context.stdout, 0, emptyResult);
  } else writeLines(context.stdout, [stateText(row)]);
  return exitStatus.ok;
}
