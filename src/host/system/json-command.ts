import type { Milliseconds } from '../../base/units.ts';
import { type ProgramArgv, runProgram } from './run-program.ts';

/**
 * Runs a program with JSON on its standard input; resolves with what it printed.
 * @throws BootctlError as `runProgram`
 */
export const runJsonCommand = (
  argv: ProgramArgv,
  input: object,
  timeout: Milliseconds,
  signal: AbortSignal,
): Promise<string> => runProgram(argv, timeout, { input: `${JSON.stringify(input)}\n`, signal });
