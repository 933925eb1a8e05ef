import { resolve } from 'node:path';
import { Argument } from 'commander';
import type { CliContext } from '../context.ts';

export const recordsArgument = (): Argument =>
  new Argument('<records.db>', 'the records of a station, as `records` of its jig.yaml names them');

/** The file of records that the argument names. */
export async function givenRecords({ cwd }: CliContext, file: string): Promise<string> {
  return resolve(cwd, file);
}
