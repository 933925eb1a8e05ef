import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { targetNamed } from '../../chips/target-named.ts';
import { type LearnResult, learn } from '../../ops/learn.ts';
import { commonResult, failedResult } from '../../ops/result.ts';
import type { CliContext, DefineCommand } from '../context.ts';
import { type CliOptions, outputOptions, withOptions } from '../given/options.ts';
import { givenProfile } from '../given/profile.ts';
import { learnedLines, learningPlan } from '../output/learning-text.ts';
import { openReport } from '../output/report.ts';
import { writeLine } from '../output/result-line.ts';
import { writeLines } from '../output/safe-output.ts';
import {
  type ProfileTarget,
  profileTarget,
  refuseExisting,
  refuseUnwritable,
  writeProfile,
} from './profile/write-profile.ts';

const examples = `
Examples:
  bootctl learn                                   say what would be tried, ask, and write learned-board.yaml
  bootctl learn --yes --output my-board.yaml      without a question
  bootctl learn --port /dev/ttyUSB0 --family F405_407
  bootctl learn --simulate rc-cap                 try it on a simulated board; nothing is written
  bootctl learn --simulate one-key:healthy        the same with a scenario of \`bootctl simulate\``;

const usualFile = 'learned-board.yaml';

interface LearnOptions extends Omit<CliOptions, 'simulate'> {
  readonly output?: string;
  readonly family?: string;
  readonly simulate?: string;
}

/** Finds out what the lines of an adapter do to a board that nobody has described. */
export const define: DefineCommand = (command, context, onExit) => {
  command
    .option('--output <file>', `profile to write (default: ${usualFile})`)
    .option('--family <line>', 'line of the target, such as F405_407, where it is known')
    .option('--simulate <world>', 'learn a simulated board: PROFILE, SCENARIO, or PROFILE:SCENARIO')
    .option('--yes', 'do not ask before the lines are moved')
    .option('--force', 'replace a file that is there')
    .addHelpText('after', examples)
    .action(async (options: LearnOptions) => {
      onExit(await run(context, options));
    });
  withOptions(command, context.env, ['port', ...outputOptions]);
};

async function run(context: CliContext, options: LearnOptions): Promise<number> {
  if (options.family !== undefined) targetNamed(options.family);
  const { id, file } = targetOf(options);
  if (file !== undefined) await refuseFile(context, file, options.force);
  const world = await worldOf(context, options);
  await agree(context, options);
  context.signal.throwIfAborted();
  await using bench = await context.openBench({ ...world, port: options.port });
  const { json, quiet, verbose } = options;
  const shown = { ...(json && { json }), ...(quiet && { quiet }), ...(verbose && { verbose }) };
  const report = await openReport({ options: shown, context, clock: bench.clock, scenario: world?.scenario });
  const started = bench.clock.now();
  const result = await learn({
    bench,
    id,
    family: options.family,
    port: options.port,
    isSimulated: world !== undefined,
    signal: context.signal,
    onProgress: (event) => report.progress(event),
    chooseFamily: familyAsked(context, options),
  });
  const kept = await keep(context, file, options, result);
  if (json && result.learned) {
    writeLine(context.stdout, 'learning.profile', bench.clock.now() - started, {
      file: kept.failed ? null : (file ?? null),
      ...result.learned,
    });
  }
  const ended = kept.failed ?? result;
  report.result(
    commonResult(ended),
    result.learned ? `the circuit was found by ${result.learned.experiments} sequences` : undefined,
  );
  if (!json && !quiet && result.learned)
    writeLines(context.stdout, ['', ...learnedLines(result.learned, kept.failed ? undefined : file)]);
  return ended.exitCode;
}

/** The file that is written; none of a simulated board, unless it is named. */
const targetOf = ({ output, simulate }: LearnOptions): ProfileTarget =>
  profileTarget(output ?? (simulate === undefined ? usualFile : undefined), undefined, 'learned-board');

/** Before a line moves. @throws BootctlError `profile-exists`, `output-unwritable` */
async function refuseFile(context: CliContext, file: string, force: boolean | undefined): Promise<void> {
  refuseExisting(context, file, force);
  await refuseUnwritable(context, file);
}

/** `PROFILE`, `SCENARIO` or `PROFILE:SCENARIO`: the board and what is wrong with it. A scenario alone is of the reference circuit. */
async function worldOf(context: CliContext, { simulate }: LearnOptions) {
  if (simulate === undefined) return undefined;
  const { defaultScenario, scenarios } = await import('../../sim/scenarios.ts');
  const world = scenarios.some(({ name }) => name === simulate) ? `rc-cap:${simulate}` : simulate;
  const [, profile = world, scenario] = /^(.*):([a-z0-9-]+)$/.exec(world) ?? [];
  return { profile: await givenProfile(context, { profile }), scenario: scenario ?? defaultScenario };
}

/** What will be tried is said before a line moves. @throws BootctlError `usage` where nobody agrees */
async function agree(context: CliContext, { yes, json, simulate, quiet, port }: LearnOptions): Promise<void> {
  const plan = learningPlan(port);
  if (json) writeLine(context.stdout, 'learning.planned', 0, { text: plan });
  else if (!quiet) writeLines(context.stderr, plan);
  if (yes || simulate !== undefined) return;
  const hint = 'Add `--yes` to agree to it.';
  if (!context.ask || json)
    throw new BootctlError('usage', 'The lines of a board would be moved, and nobody can be asked', { hint });
  const answer = await context.ask("Move the lines of this board? Type 'yes' or 'no':");
  if (!/^\s*y(es)?\s*$/i.test(answer))
    throw new BootctlError('usage', 'It was not agreed to; nothing has moved', { hint });
}

/** What no ROM says, a person may know; without one it stands in the file as unknown. */
function familyAsked({ ask, stderr }: CliContext, { json, quiet, yes }: LearnOptions) {
  if (!ask || json || quiet || yes) return undefined;
  return async (possible: readonly string[]): Promise<string | undefined> => {
    writeLines(stderr, [`The ROM may be that of ${possible.join(', ')}.`]);
    const answer = (await ask('Which line is it? Type its name, or nothing if you do not know:')).trim();
    return possible.find((key) => key.toLowerCase() === answer.toLowerCase());
  };
}

async function keep(
  context: CliContext,
  file: string | undefined,
  { force }: LearnOptions,
  { learned }: LearnResult,
): Promise<{ readonly failed?: LearnResult }> {
  if (file === undefined || !learned) return {};
  try {
    await writeProfile(context, file, learned.text, force);
    return {};
  } catch (error) {
    if (!isBootctlError(error)) throw error;
    return { failed: { ...failedResult(error), target: 'unknown', learned } };
  }
}
