import type { Milliseconds } from '../../base/units.ts';
import type { ProgressEvent, RecoverResult } from '../../ops/job/events.ts';
import type { TextOutput } from '../context.ts';
import type { JobReport } from './job-report.ts';
import { writeLine, writeResultLine } from './result-line.ts';

/** NDJSON on stdout: each event with its time, the result last. */
export class JsonReport implements JobReport {
  readonly #output: TextOutput;
  readonly #elapsed: () => Milliseconds;
  readonly #scenario: string | undefined;

  constructor(output: TextOutput, elapsed: () => Milliseconds, scenario?: string) {
    this.#output = output;
    this.#elapsed = elapsed;
    this.#scenario = scenario;
  }

  progress({ event, ...values }: ProgressEvent): void {
    writeLine(this.#output, event, this.#elapsed(), values);
  }

  result(result: RecoverResult): void {
    writeResultLine(this.#output, this.#elapsed(), result, this.#scenario);
  }
}
