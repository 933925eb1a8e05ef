import type { RecoverOutput } from '../../machines/recover.machine.ts';
import { BootctlError, exitStatus } from '../base/errors.ts';
import { count } from '../base/text.ts';
import type { Milliseconds } from '../base/units.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import type { Entry } from './entry/enter-bootloader.ts';
import type { KeptReport, RecoverResult } from './job/events.ts';

export interface Outcome {
  readonly output: RecoverOutput;
  readonly image: FirmwareImage | undefined;
  /** The boot entries in their order; the last one counts. */
  readonly entries: readonly Entry[];
  readonly kept: readonly KeptReport[];
  readonly durations: Readonly<Record<string, Milliseconds>>;
}

/** The report of a finished job: only what was observed. */
export function resultOf({ output, image, entries, kept, durations }: Outcome): RecoverResult {
  const { error, flash, application, target } = output;
  const entry = entries.at(-1);
  const entered = entry?.bootloader != null;
  return {
    ok: error === null,
    exitCode: exitCodeOf(error),
    method: entered ? (entry.rung?.method ?? 'already-there') : null,
    bootloader: entry?.bootloader?.kind ?? null,
    image: image ? { bytes: image.bytes, sha256: image.sha256 } : null,
    verified: flash === 'verified',
    flash,
    application,
    target,
    kept,
    attempts: entries.flatMap(({ reports }) => reports),
    diagnosis: entry?.diagnosis ?? [],
    durations,
    error: error && errorReport(withRestoring(error, kept)),
  };
}

/** The same command alone would leave out what no board can claim. */
function withRestoring(error: BootctlError, kept: readonly KeptReport[]): BootctlError {
  const cut = kept.find(({ reason, isProvable }) => reason === 'cut' && !isProvable);
  return cut ? error.withHint(`${error.hint} Add \`--restore ${cut.path}\`: ${whatIsIn(cut)}`) : error;
}

const whatIsIn = ({ bytes }: KeptReport): string =>
  `it holds the ${count(bytes, 'byte')} around the image, and this ROM shows nothing that would prove the board to be the same.`;

/** A job that has begun has moved the lines: exit status 2, refused before anything moved, would not be true. */
const exitCodeOf = (error: BootctlError | null): number => {
  if (!error) return exitStatus.ok;
  return error.kind === 'usage' ? exitStatus.protocol : error.exitStatus;
};

/** The result of a command that does no job on a target: nothing was entered, written or seen. */
export const emptyResult: RecoverResult = {
  ok: true,
  exitCode: exitStatus.ok,
  method: null,
  bootloader: null,
  image: null,
  verified: false,
  flash: 'untouched',
  application: 'not-checked',
  target: 'untouched',
  kept: [],
  attempts: [],
  diagnosis: [],
  durations: {},
  error: null,
};

/** The result of a run that ended before anything moved. An error that is not a BootctlError is a bug. */
export function failedResult(error: unknown): RecoverResult {
  const report =
    error instanceof BootctlError
      ? errorReport(error)
      : {
          code: 'internal' as const,
          message: error instanceof Error ? error.message : String(error),
          hint: 'This is a bug in bootctl; please report it with the stack trace on stderr.',
        };
  const exitCode = error instanceof BootctlError ? error.exitStatus : exitStatus.internal;
  return { ...emptyResult, ok: false, exitCode, error: report };
}

/** The fields that every result has; what a verb adds to them, such as the bytes that it has read, is left out. */
export const commonResult = (result: RecoverResult): RecoverResult =>
  Object.fromEntries(fields.map((field) => [field, result[field]])) as unknown as RecoverResult;

const fields = Object.keys(emptyResult) as readonly (keyof RecoverResult)[];

export const errorReport = ({ code, message, hint }: BootctlError): NonNullable<RecoverResult['error']> => ({
  code,
  message,
  hint,
});
