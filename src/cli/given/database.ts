import { hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BootctlError } from '../../base/errors.ts';
import { ownPlace } from '../../store/own-files.ts';
import type { CliContext } from '../context.ts';
import { type CliOptions, withOptions } from './options.ts';

/** What commands of a fleet have in common. */
export interface FleetOptions extends Pick<CliOptions, 'json' | 'yes'> {
  /** Address of the database, perhaps with a password. */
  readonly database?: string;
  /** File of the key that signs lots. */
  readonly key?: string;
}

/** Adds `--database` and `--json` to a command of a fleet. */
export function withDatabase(command: Command, { env }: CliContext): Command {
  const database = new Option('--database <address>', 'database of the fleet: postgres://USER@HOST/DATABASE');
  return withOptions(command.addOption(database.env('BOOTCTL_DATABASE')), env, ['json']);
}

/** `--key` of a command that signs. */
export const keyOption = (): Option =>
  new Option('--key <file>', 'private key that signs lots, as PEM (default: fleet/office.pem in the state folder)').env(
    'BOOTCTL_KEY',
  );

/** The address of `--database`. @throws BootctlError `usage` */
export function givenDatabase({ database }: FleetOptions, argument?: string): string {
  const address = argument ?? database;
  if (address !== undefined) return address;
  throw new BootctlError('usage', 'No database is given', {
    hint: 'Add `--database postgres://USER@HOST/DATABASE`, or set BOOTCTL_DATABASE; the password may stand in PGPASSWORD.',
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
export function keyPlace({ cwd, stateFolder = cwd }: CliContext, { key }: FleetOptions): string {
  return key === undefined ? ownPlace(stateFolder, 'fleet', 'office.pem') : resolve(cwd, key);
}

/** The name of a station, as jig.yaml has it: it is also that of a file, and part of a login. */
export function stationName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('Letters, digits, - . and _, 64 at most.');
}

/** `--station a --station b`. */
export const stationNames = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  stationName(text),
];
