import { resolve } from 'node:path';
import { type Jig, jigText, readJig } from '../../../jig/plan/read-jig.ts';
import type { CliContext } from '../../context.ts';

export const usualJig = 'jig.yaml';

export const jigArgument = `what the station is (default: ./${usualJig})`;

/** The jig.yaml that a command names, with all that it names. @throws BootctlError `jig-invalid` */
export async function givenJig({ cwd, profileFolder }: CliContext, name = usualJig): Promise<Jig> {
  const path = resolve(cwd, name);
  return readJig(await jigText(path, name), path, { name, userFolder: profileFolder });
}
