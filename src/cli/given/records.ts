import { resolve } from 'node:path';
import { Argument } from 'commander';
import { jigText, planOfJig } from '../../jig/plan/read-jig.ts';
import type { CliContext } from '../context.ts';

export const recordsArgument = (): Argument =>
  new Argument('[jig.yaml|records.db]', 'the jig, or the file of its records').default('jig.yaml', './jig.yaml');

/**
 * The file of records that the argument names, by itself or as `records` of a jig.yaml; of that no other file is read, and its slots
 * need not be known yet. @throws BootctlError `jig-invalid`
 */
export async function givenRecords({ cwd }: CliContext, file: string): Promise<string> {
  const path = resolve(cwd, file);
  if (!/\.ya?ml$/i.test(file)) return path;
  return planOfJig(await jigText(path, file), path, { name: file }).plan.records;
}
