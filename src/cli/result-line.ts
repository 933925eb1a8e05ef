import { BootctlError, exitStatus } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import type { RecoverResult } from '../ops/job/events.ts';
import type { TextOutput } from './context.ts';

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

/** The result of a run that ended before anything moved; what is no BootctlError is a bug. */
export function failedResult(error: unknown): RecoverResult {
  const report =
    error instanceof BootctlError
      ? { code: error.code, message: error.message, hint: error.hint }
      : {
          code: 'internal' as const,
          message: error instanceof Error ? error.message : String(error),
          hint: 'This is a bug in bootctl; please report it with the stack trace on stderr.',
        };
  const exitCode = error instanceof BootctlError ? error.exitStatus : exitStatus.internal;
  return { ...emptyResult, ok: false, exitCode, error: report };
}

/** Enough digits for any of our quantities, and none of the noise of floating point. */
const significantDigits = 9;
const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(significantDigits)) : value;

/** One line of `--json`; `t` in ms since the start, in tenths. */
export function writeLine(output: TextOutput, event: string, t: Milliseconds, values: object): void {
  output.write(`${JSON.stringify({ event, t: Math.round(t * 10) / 10, ...values }, rounded)}\n`);
}

/** The last line of `--json`. `scenario` marks the result of a simulated bench. */
export function writeResultLine(output: TextOutput, t: Milliseconds, result: RecoverResult, scenario?: string): void {
  writeLine(output, 'result', t, { ...result, ...(scenario === undefined ? {} : { simulated: scenario }) });
}
