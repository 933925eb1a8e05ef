import type { Milliseconds } from '../../base/units.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { RecoverResult } from '../../ops/job/events.ts';
import { emptyResult } from '../../ops/result.ts';
import type { TextOutput } from '../context.ts';

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

/** The result of a command that only looked at an image. */
export const resultOfImage = ({ bytes, sha256 }: FirmwareImage): RecoverResult => ({
  ...emptyResult,
  image: { bytes, sha256 },
});
