import { constants } from 'node:fs';
import { access, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { BootctlError, exitStatus } from '../../base/errors.ts';
import { calibrationPicture } from '../../board/pictures/calibration-picture.ts';
import { profileFile } from '../../board/profile/find-profile.ts';
import { measuredLines, withMeasured } from '../../board/profile/write-measured.ts';
import {
  type CalibrateResult,
  type Calibration,
  calibrate,
  fewestResets,
  refuseUnmeasurable,
  usualResets,
} from '../../ops/calibrate.ts';
import { emptyResult } from '../../ops/result.ts';
import { replaceFile } from '../../store/replace-file.ts';
import type { CliContext, DefineCommand } from '../context.ts';
import { type CliOptions, jobOptions, outputOptions, parseNumber, withOptions } from '../given/options.ts';
import { givenProfile } from '../given/profile.ts';
import { calibrationNotes, calibrationPlan, measuredTable } from '../output/calibration-text.ts';
import { writeLine, writeResultLine } from '../output/result-line.ts';
import { writeLines } from '../output/safe-output.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl calibrate --profile ./my-board.yaml              measure, and write the values into the file
  bootctl calibrate --profile ./my-board.yaml --dry-run    say what would be done; nothing is opened
  bootctl calibrate --profile ./my-board.yaml --svg s-curve.svg --resets 80
  bootctl calibrate --profile rc-cap                       a built-in profile: the values are shown only`;

interface CalibrateOptions extends CliOptions {
  readonly resets: number;
  readonly svg?: string;
}

/** Measures the real board. */
export const define: DefineCommand = (command, context, onExit) => {
  command
    .option('--resets <n>', 'how often the target is reset at most', parseResets, usualResets)
    .option('--svg <file>', 'draw the S-curves with their intervals')
    .addHelpText('after', examples)
    .action(async (options: CalibrateOptions) => {
      onExit(await (options.dryRun ? show(context, options) : measure(context, options)));
    });
  withOptions(command, context.env, [...jobOptions, ...outputOptions]);
};

function parseResets(text: string): number {
  const resets = parseNumber(text);
  if (resets >= fewestResets && resets <= 1000) return resets;
  throw new InvalidArgumentError(`A whole number from ${fewestResets} to 1000.`);
}

/** The file that the values go into; none for a built-in profile. */
const fileOf = ({ cwd, profileFolder }: CliContext, { profile, simulate }: CalibrateOptions): string | undefined =>
  profile === undefined || simulate !== undefined
    ? undefined
    : profileFile(profile, { cwd, ...(profileFolder ? { userFolder: profileFolder } : {}) });

async function show(context: CliContext, options: CalibrateOptions): Promise<number> {
  const profile = await givenProfile(context, options);
  refuseUnmeasurable(profile);
  const lines = calibrationPlan(profile, options.resets, fileOf(context, options));
  if (options.json) writeLine(context.stdout, 'calibration.planned', 0, { resets: options.resets, text: lines });
  if (options.json) writeResultLine(context.stdout, 0, emptyResult);
  else writeLines(context.stdout, lines);
  return exitStatus.ok;
}

async function measure(context: CliContext, options: CalibrateOptions): Promise<number> {
  const profile = await givenProfile(context, options);
  refuseUnmeasurable(profile);
  const path = fileOf(context, options);
  const svg = options.svg === undefined ? undefined : resolve(context.cwd, options.svg);
  for (const file of [path, svg]) if (file !== undefined) await refuseUnwritable(file);
  const measured: { lines: readonly string[] } = { lines: [] };
  const ended = runVerb<undefined, CalibrateResult>(context, options, [], {
    run: async (spec) => {
      const result = await calibrate({ ...spec, resets: options.resets });
      if (!result.calibration) return result;
      const { calibration } = result;
      const table = [...measuredTable(calibration.measured), ...calibrationNotes(profile, calibration.measured)];
      // What was measured is shown also where it cannot be written.
      measured.lines = [...table, 'Put this into the profile:', ...measuredLines(calibration.measured)];
      await keep(path, svg, calibration);
      const after =
        path === undefined
          ? shownOnly(calibration.measured, options.simulate !== undefined)
          : [`Written into ${path}.`];
      measured.lines = [...table, ...after];
      return result;
    },
    done: ({ calibration }) => `the board was measured by ${calibration!.resets} resets`,
  });
  return ended.finally(() => {
    if (!options.json && !options.quiet && measured.lines.length > 0)
      writeLines(context.stdout, ['', ...measured.lines]);
  });
}

const shownOnly = (measured: Calibration['measured'], isSimulated: boolean): readonly string[] => [
  isSimulated
    ? 'Nothing was written: the board was a simulated one. Of a real one, this would go into the profile:'
    : 'Nothing was written: the profile is no file of yours. Copy it to ./bootctl/profiles, and put this into it:',
  ...measuredLines(measured),
];

/** The folder is looked at before anything moves: the file is replaced in it. @throws BootctlError `measurement-unwritable` */
async function refuseUnwritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

async function keep(
  path: string | undefined,
  svg: string | undefined,
  { measured, found }: Calibration,
): Promise<void> {
  const write = (file: string, work: Promise<void>) =>
    work.catch((cause) => {
      throw cause instanceof BootctlError ? cause : unwritable(file, cause);
    });
  const replace = async (file: string) => replaceFile(file, withMeasured(await readFile(file, 'utf8'), measured, file));
  if (path !== undefined) await write(path, replace(path));
  if (svg !== undefined && found.length > 0) await write(svg, writeFile(svg, calibrationPicture(found)));
}

const unwritable = (path: string, cause: unknown): BootctlError =>
  new BootctlError(
    'measurement-unwritable',
    `Cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );
