import { sharedAddress, shown } from '../../../fleet/database.ts';
import { joinWorker } from '../../../fleet/join.ts';
import { openOffice } from '../../../fleet/office.ts';
import { workerLogins } from '../../../fleet/worker-login.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext } from '../../context.ts';
import { type FleetOptions, givenDatabase, thisPerson } from '../../given/database.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

/**
 * `fleet join --worker`: this computer owns boards from now on, with a login of its own in its state folder.
 * @throws BootctlError `worker-joined`, `usage`, `output-unwritable`; those of `openOffice`
 */
export async function joinAsWorker(context: CliContext, name: string, options: FleetOptions): Promise<void> {
  const { stateFolder, cwd, stdout } = context;
  const address = givenDatabase(options);
  await using office = await openOffice(address, 'fleet join');
  const login = await joinWorker(office, name, thisPerson());
  const path = await workerLogins.write(stateFolder ?? cwd, name, { database: sharedAddress(address), ...login });
  if (options.json) {
    writeLine(stdout, 'worker', 0, { worker: name, user: login.user, path });
    return writeResultLine(stdout, 0, emptyResult);
  }
  writeLines(stdout, [
    `${shown(address)}: worker ${name} has joined, with the login ${login.user}`,
    `login: ${path}, for this user alone`,
    '',
    `Next: write boards.yaml with \`worker: ${name}\`, then \`bootctl fleet work\``,
  ]);
}
