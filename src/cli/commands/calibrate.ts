import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
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
  const measured: { lines: readonly string[] } = { lines: [] };
  const status = await runVerb<undefined, CalibrateResult>(context, options, [], {
    run: async (spec) => {
      const result = await calibrate({ ...spec, resets: options.resets });
      if (!result.calibration) return result;
      await keep(context, options, path, result.calibration);
      measured.lines = [
        ...measuredTable(result.calibration.measured),
        ...calibrationNotes(profile, result.calibration.measured),
        ...(path === undefined ? shownOnly(result.calibration.measured) : [`Written into ${path}.`]),
      ];
      return result;
    },
    done: ({ calibration }) => `the board was measured by ${calibration!.resets} resets`,
  });
  if (!options.json && !options.quiet) writeLines(context.stdout, ['', ...measured.lines]);
  return status;
}

const shownOnly = (measured: Calibration['measured']): readonly string[] => [
  'Nothing was written: the profile is no file of yours. Copy it to ./bootctl/profiles, and put this into it:',
  ...measuredLines(measured),
];

async function keep(
  context: CliContext,
  { svg }: CalibrateOptions,
  path: string | undefined,
  { measured, found }: Calibration,
): Promise<void> {
  try {
    if (path !== undefined) await replaceFile(path, withMeasured(await readFile(path, 'utf8'), measured, path));
    if (svg !== undefined && found.length > 0) await writeFile(resolve(context.cwd, svg), calibrationPicture(found));
  } catch (cause) {
    if (cause instanceof BootctlError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BootctlError('usage', `What was measured could not be written: ${why}`, {
      hint: `Make the file writable, or put this into the profile:\n${measuredLines(measured).join('\n')}`,
      cause,
    });
  }
}
