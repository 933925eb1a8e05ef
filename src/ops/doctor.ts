import { BootctlError, exitStatus } from '../base/errors.ts';
import { count } from '../base/text.ts';
import type { HostFacts } from '../bench/host-facts.ts';
import { profileWarnings } from '../board/profile/profile-warnings.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { adapterChecks } from './doctor/doctor-adapters.ts';
import type { Check, DoctorFacts, Finding, ProfileFacts } from './doctor/doctor-check.ts';
import { hostChecks } from './doctor/doctor-host.ts';
import { imageChecks } from './doctor/doctor-image.ts';
import { profileChecks } from './doctor/doctor-profile.ts';
import { checkCommands, checkGpioLines } from './job/adapter/board-lines.ts';
import { findAdapter } from './job/adapter/open-adapter.ts';
import type { RecoverResult } from './job/events.ts';
import { type ListSpec, list } from './list.ts';
import { errorReport } from './result.ts';

/** All checks, in the order of the report. */
const checks: Readonly<Record<string, Check>> = { ...hostChecks, ...adapterChecks, ...profileChecks, ...imageChecks };

export const checkNames: readonly string[] = Object.keys(checks);

/** What one check has found. */
export type CheckedFinding = Finding & { readonly check: string };

export interface DoctorSpec extends ListSpec {
  readonly host: HostFacts;
  /** The board that a job is for. Why its profile cannot be read is a finding. */
  readonly profile?: BoardProfile | BootctlError | undefined;
  /** Firmware of the board: whether it can be asked. */
  readonly image?: FirmwareImage | undefined;
}

/** `host-not-ready` where a finding is a problem; warnings do no harm. */
export interface DoctorResult extends Pick<RecoverResult, 'ok' | 'exitCode' | 'error'> {
  readonly findings: readonly CheckedFinding[];
}

/** Looks for what would stand in a job's way: no serial port is opened, and nothing is sent to a USB device. */
export async function doctor(spec: DoctorSpec): Promise<DoctorResult> {
  const findings = judge(await examine(spec));
  const problems = findings.filter(({ verdict }) => verdict === 'problem').length;
  if (problems === 0) return { ok: true, exitCode: exitStatus.ok, error: null, findings };
  const message = `${count(problems, 'problem')} in ${count(findings.length, 'check')}`;
  const error = new BootctlError('host-not-ready', message);
  return { ok: false, exitCode: error.exitStatus, error: errorReport(error), findings };
}

/** The findings of all checks. */
export const judge = (facts: DoctorFacts): readonly CheckedFinding[] =>
  checkNames.flatMap((check) => checks[check]!(facts).map((finding) => ({ check, ...finding })));

async function examine({ host, profile, image, ...spec }: DoctorSpec): Promise<DoctorFacts> {
  const known = { host, inventory: await list(spec), ...(image ? { image } : {}) };
  if (profile === undefined) return known;
  return { ...known, wanted: await wantedOf(profile, spec) };
}

async function wantedOf(profile: BoardProfile | BootctlError, { bench }: ListSpec): Promise<ProfileFacts> {
  if (profile instanceof BootctlError) return { profile };
  const adapter = await orError(findAdapter({ profile, bench, report: () => {} }));
  const gpio = await orError(checkGpioLines(bench, profile.hostLines ?? {}));
  const commands = await orError(checkCommands(bench, profile));
  const refusals = { ...(gpio ? { gpio } : {}), ...(commands ? { commands } : {}) };
  return { profile, warnings: profileWarnings(profile), adapter, ...refusals };
}

const orError = <T>(work: Promise<T>): Promise<T | BootctlError> =>
  work.catch((error: unknown) => {
    if (error instanceof BootctlError) return error;
    throw error;
  });
