import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Analysis, analyse } from '../../../board/analysis/analyse.ts';
import { analysedBoard } from '../../../board/analysis/analysed-board.ts';
import { type DielectricName, dielectricNames } from '../../../board/analysis/dielectrics.ts';
import { factorNames, type RcBoard } from '../../../board/analysis/factors.ts';
import { type ManyBoards, manyBoards, usualDraw } from '../../../board/analysis/many-boards.ts';
import { reachOf, verdictOf } from '../../../board/analysis/verdict.ts';
import { marginPicture } from '../../../board/pictures/margin-picture.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext } from '../../context.ts';
import { type CliOptions, parseNumber, withOptions } from '../../given/options.ts';
import { givenProfile } from '../../given/profile.ts';
import { writeOutput } from '../../output/output-file.ts';
import { analysisLines, sourceLines } from '../../output/rc-text.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

const examples = `
The first line has the answer. A profile whose parts allow no plan is taken as well. Exit status 0 whatever the answer: \`bootctl
profile check\` refuses what cannot be planned.

Examples:
  bootctl rc analyse --profile ./my-board.yaml
  bootctl rc analyse --profile ./my-board.yaml --dielectric X5R --sources
  bootctl rc analyse --profile rc-cap --boards 100000 --seed 7 --svg margin.svg`;

interface AnalyseOptions extends CliOptions {
  readonly boards: number;
  readonly seed: number;
  readonly dielectric?: DielectricName;
  readonly svg?: string;
  readonly sources?: boolean;
}

/** `rc analyse`: the corners of a board that exists, what counts most, and how many boards get in. */
export function analyseCommand(context: CliContext): Command {
  const command = new Command('analyse')
    .description(
      'say whether the capacitor of a board does its part: worst corners, what counts most, how many boards get in',
    )
    .option('--boards <n>', 'how many boards are drawn', wholeNumber(1, 1_000_000), usualDraw.boards)
    .option('--seed <n>', 'what they are drawn by', wholeNumber(0, 0xffff_ffff), usualDraw.seed)
    .addOption(
      new Option('--dielectric <name>', 'what the capacitor is, instead of what the profile says').choices(
        dielectricNames,
      ),
    )
    .option('--svg <file>', 'draw how the margin is spread over the boards')
    .option('--sources', 'say where each range comes from')
    .addHelpText('after', examples)
    .action((options: AnalyseOptions) => show(context, options));
  return withOptions(command, context.env, ['profile', 'json']);
}

const wholeNumber = (least: number, most: number) => (text: string) => {
  const value = parseNumber(text);
  if (value >= least && value <= most) return value;
  throw new InvalidArgumentError(`A whole number from ${least} to ${most}.`);
};

/** What was found for one method. */
interface Found {
  readonly analysis: Analysis;
  readonly many: ManyBoards;
  readonly verdict: string;
}

/** The verdicts come first; the details are those of the method whose capacitor has most to do. */
async function show(context: CliContext, options: AnalyseOptions): Promise<void> {
  const started = context.now();
  const profile = await givenProfile(context, options, { allowsNoPlan: true });
  const { board, methods } = analysedBoard(profile);
  const found = methods.map((method): Found => {
    const analysis = analyse(board, method, options.dielectric === undefined ? {} : { dielectric: options.dielectric });
    const many = manyBoards(board, analysis.plan, analysis.factors, options);
    return { analysis, many, verdict: verdictOf(board, analysis, many) };
  });
  const [first] = found;
  if (options.svg !== undefined) {
    await writeOutput(
      resolve(context.cwd, options.svg),
      marginPicture(`${board.id}: margin of ${first!.analysis.plan.method}`, first!.verdict, first!.many),
    );
  }
  if (options.json) {
    for (const one of found) writeLine(context.stdout, 'rc.analysis', context.now() - started, values(board, one));
    return writeResultLine(context.stdout, context.now() - started, emptyResult);
  }
  writeLines(context.stdout, [
    ...found.map(({ verdict }) => verdict),
    '',
    ...analysisLines(
      { ...board, boot0: { ...board.boot0, ...(options.dielectric && { dielectric: options.dielectric }) } },
      first!.analysis,
      first!.many,
    ),
    ...(options.sources ? ['', ...sourceLines(first!.analysis)] : []),
  ]);
}

/** Of a method, for `--json`; times in ms. */
function values(board: RcBoard, { analysis, many, verdict }: Found): object {
  const { plan, factors, corners, sensitivities, fittingCapacitor } = analysis;
  return {
    profile: board.id,
    method: plan.method,
    reach: reachOf(analysis),
    verdict,
    plan,
    corners: corners.map(({ name, times }) => ({ name, ...times })),
    sensitivities,
    many,
    fittingCapacitor: fittingCapacitor ?? null,
    factors: factorNames.map((name) => ({ name, ...factors[name] })),
  };
}
