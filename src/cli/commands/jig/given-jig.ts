import { resolve } from 'node:path';
import { type Jig, jigText, readJig } from '../../../jig/plan/read-jig.ts';
import { stationFile } from '../../../jig/plan/station-file.ts';
import type { CliContext } from '../../context.ts';

export const usualJig = 'jig.yaml';

export const jigArgument = `what the station is (default: ./${usualJig})`;

/**
 * The jig.yaml that a command names, with all that it names; that of a station in a fleet with the lot that it would make now.
 * @throws BootctlError `jig-invalid`, those of `fleetJig`
 */
export async function givenJig(context: CliContext, name = usualJig): Promise<Jig> {
  const path = resolve(context.cwd, name);
  const text = await jigText(path, name);
  const file = stationFile(text, path, { name });
  if (!file) return readJig(text, path, { name, userFolder: context.profileFolder });
  const { fleetJig } = await import('../../given/fleet-station.ts');
  return fleetJig(context, path, file);
}
