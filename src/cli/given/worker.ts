import { BootctlError } from '../../base/errors.ts';
import type { Login } from '../../fleet/join.ts';
import { workerLogins } from '../../fleet/worker-login.ts';
import type { CliContext } from '../context.ts';
import type { FleetOptions } from './database.ts';

/** How a worker reaches the database of its fleet. */
export interface GivenWorker {
  readonly address: string;
  readonly login: Login;
}

/**
 * The login that `bootctl fleet join --worker` has left here; `--database` names another address.
 * @throws BootctlError `fleet-refused` where it has not joined, or others may read its file
 */
export function givenWorker(
  { stateFolder, cwd }: CliContext,
  worker: string,
  { database }: Pick<FleetOptions, 'database'>,
): GivenWorker {
  const joined = workerLogins.read(stateFolder ?? cwd, worker);
  if (!joined)
    throw new BootctlError('fleet-refused', `Worker ${worker} has not joined a fleet from this computer`, {
      hint: `Run \`bootctl fleet join --worker ${worker} --database postgres://…\` here, once.`,
    });
  const { user, password } = joined;
  return { address: database ?? joined.database, login: { user, password } };
}
