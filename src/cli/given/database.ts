import { hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { ownPlace } from '../../store/own-files.ts';
import type { CliContext } from '../context.ts';
import type { CliOptions } from './options.ts';

/** The address of `--database`. @throws BootctlError `usage` */
export function givenDatabase({ database }: Pick<CliOptions, 'database'>, argument?: string): string {
  const address = argument ?? database;
  if (address !== undefined) return address;
  throw new BootctlError('usage', 'No database is given', {
    hint: 'Add `--database postgres://USER@HOST/DATABASE`, or set BOOTCTL_DATABASE; PGPASSWORD or ~/.pgpass has the password.',
  });
}

/** Who stands in the records of the fleet beside the user of the database: `anna@office-1`. */
export function thisPerson(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `unknown@${hostname()}`; // a user id without a name
  }
}

/** Where the key of this office is: `--key`, or in the state folder, in a folder that nobody else can read. */
export function keyPlace({ cwd, stateFolder = cwd }: CliContext, { key }: Pick<CliOptions, 'key'>): string {
  return key === undefined ? ownPlace(stateFolder, 'fleet', 'office.pem') : resolve(cwd, key);
}
