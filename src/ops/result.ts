import type { RecoverOutput } from '../../machines/recover.machine.ts';
import { type BootctlError, exitStatus } from '../errors.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import type { Milliseconds } from '../units.ts';
import type { Entry } from './entry/enter-bootloader.ts';
import type { RecoverResult } from './events.ts';

export interface Outcome {
  readonly output: RecoverOutput;
  readonly image: FirmwareImage | undefined;
  /** The boot entries in their order; the last one counts. */
  readonly entries: readonly Entry[];
  readonly durations: Readonly<Record<string, Milliseconds>>;
}

/** The report of a finished job: only what was observed. */
export function resultOf({ output, image, entries, durations }: Outcome): RecoverResult {
  const { error, flash, application, target } = output;
  const entry = entries.at(-1);
  const entered = entry?.target != null;
  return {
    ok: error === null,
    exitCode: exitCodeOf(error),
    method: entered ? (entry.rung?.method ?? 'already-there') : null,
    bootloader: entry?.target?.kind ?? null,
    image: image ? { bytes: image.bytes, sha256: image.sha256 } : null,
    verified: flash === 'verified',
    flash,
    application,
    target,
    attempts: entries.flatMap(({ reports }) => reports),
    diagnosis: entry?.diagnosis ?? [],
    durations,
    error: error && errorReport(error),
  };
}

/** A job that has begun has moved something: what is refused then is not refused before that. */
const exitCodeOf = (error: BootctlError | null): number => {
  if (!error) return exitStatus.ok;
  return error.kind === 'usage' ? exitStatus.protocol : error.exitStatus;
};

export const errorReport = ({ code, message, hint }: BootctlError): NonNullable<RecoverResult['error']> => ({
  code,
  message,
  hint,
});
