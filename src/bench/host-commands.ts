import type { Milliseconds } from '../base/units.ts';

/** A program and its arguments, as the system starts it: no shell reads them. */
export type Argv = readonly [program: string, ...rest: string[]];

/** Programs of the host that do what no line reaches. */
export interface HostCommands {
  /** @throws BootctlError `command-missing` if there is no such program */
  check(argv: Argv): Promise<void>;
  /**
   * Runs it to its end, which is its success.
   * @throws BootctlError `command-missing`, `command-failed`, `command-timeout`
   */
  run(argv: Argv, timeout: Milliseconds): Promise<void>;
}
