import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootctlError, exitStatus } from '../base/errors.ts';
import { hardwareFolder } from '../base/hardware-folder.ts';
import { count } from '../base/text.ts';
import { profileWarnings } from '../board/profile/profile-warnings.ts';
import { examine, judge } from '../ops/doctor/doctor.ts';
import type { ProfileFacts, Verdict } from '../ops/doctor/doctor-check.ts';
import { emptyResult, failedResult } from '../ops/result.ts';
import { type Colours, coloursFor } from './colours.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import type { CliContext } from './context.ts';
import { writeLine, writeResultLine } from './result-line.ts';
import { readProfile } from './run-job.ts';
import { writeLines } from './safe-output.ts';

type Row = ReturnType<typeof judge>[number];

/** Prints the findings; resolves with the exit status. @throws BootctlError those of the host that no check expects */
export async function runDoctor(context: CliContext, options: DoctorOptions): Promise<number> {
  const { stdout, now } = context;
  if (options.udev) {
    stdout.write(readFileSync(join(hardwareFolder('udev'), '60-bootctl.rules'), 'utf8'));
    return exitStatus.ok;
  }
  const started = now();
  await using bench = await context.openBench({});
  const wanted = await wantedOf(context, options);
  const rows = judge(await examine(bench, await context.hostFacts(), context.portTrouble, wanted));
  const problems = rows.filter(({ verdict }) => verdict === 'problem').length;
  const failure = problems === 0 ? undefined : hostNotReady(problems, rows.length);
  if (options.json) {
    for (const row of rows) writeLine(stdout, 'check', now() - started, row);
    writeResultLine(stdout, now() - started, failure ? failedResult(failure) : emptyResult);
  } else {
    writeLines(stdout, textLines(rows, coloursFor(context, stdout)));
  }
  return failure?.exitStatus ?? exitStatus.ok;
}

const hostNotReady = (problems: number, all: number): BootctlError =>
  new BootctlError('host-not-ready', `${count(problems, 'problem')} in ${count(all, 'check')}`);

/** A profile that cannot be read is a finding, not the end. */
async function wantedOf(context: CliContext, options: DoctorOptions): Promise<ProfileFacts | undefined> {
  if (options.profile === undefined) return undefined;
  try {
    const profile = await readProfile(context, options);
    return { profile, warnings: profileWarnings(profile) };
  } catch (error) {
    if (error instanceof BootctlError) return { profile: error };
    throw error;
  }
}

function textLines(rows: readonly Row[], colours: Colours): readonly string[] {
  const paint: Readonly<Record<Verdict, (text: string) => string>> = {
    ok: colours.green,
    warning: colours.yellow,
    problem: colours.red,
  };
  const width = Math.max(...rows.map(({ check }) => check.length));
  const counted = (verdict: Verdict) => count(rows.filter((row) => row.verdict === verdict).length, verdict);
  const lines = rows.flatMap(({ check, verdict, seen, advice }) => [
    `${paint[verdict](verdict.padEnd(7))}  ${check.padEnd(width)}  ${seen}`,
    ...(advice === undefined ? [] : [`${' '.repeat(width + 11)}${advice}`]),
  ]);
  return [...lines, '', `${counted('problem')}, ${counted('warning')}`];
}
