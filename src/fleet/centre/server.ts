import { BootctlError } from '../../base/errors.ts';
import type { Database } from '../database.ts';

/** What of the server and of this user decides whether a fleet can be made here. */
interface ServerState {
  readonly version: string;
  readonly number: number;
  readonly encoding: string;
  readonly user: string;
  readonly database: string;
  readonly mayMakeRoles: boolean;
  readonly mayMakeSchemas: boolean;
  /** Whoever made the schema, where it is there and this user may not act for them. */
  readonly otherOwner: string | null;
  readonly hasGist: boolean;
  readonly offersGist: boolean;
}

const question = `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
  current_setting('server_encoding') AS encoding, current_user AS "user", current_database() AS database,
  (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) AS "mayMakeRoles",
  has_database_privilege(current_database(), 'CREATE') AS "mayMakeSchemas",
  (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'bootctl' AND NOT pg_has_role(nspowner, 'USAGE')) AS "otherOwner",
  EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'btree_gist') AS "hasGist",
  EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'btree_gist') AS "offersGist"`;

/** btree_gist is a trusted extension from 13 on: who owns the database may install it (release notes of PostgreSQL 13). */
const oldest = 130_000;

/** @throws BootctlError `fleet-unfit` with the statement that helps, before anything is made */
export async function refuseUnfitServer(database: Database): Promise<void> {
  const [state] = await database.query<ServerState>(question);
  const found = whatIsMissing(state!);
  if (found) throw new BootctlError('fleet-unfit', found.message, { hint: found.hint });
}

function whatIsMissing(state: ServerState): { readonly message: string; readonly hint: string } | undefined {
  const { version, number, encoding, user, database, otherOwner } = state;
  if (number < oldest)
    return {
      message: `This is PostgreSQL ${version}, and a fleet needs 13 or newer`,
      hint: 'Take a newer server; Debian 12 has 15.',
    };
  if (encoding !== 'UTF8')
    return {
      message: `The database ${database} has the encoding ${encoding}, and records are UTF8`,
      hint: `As postgres: createdb -E UTF8 -T template0 -O ${identifier(user)} NAME`,
    };
  if (!state.mayMakeRoles)
    return {
      message: `The user ${user} may not make roles, and each station gets one`,
      hint: `As postgres, in psql: ALTER ROLE ${identifier(user)} CREATEROLE;`,
    };
  if (otherOwner !== null)
    return {
      message: `The fleet of ${database} belongs to ${otherOwner}, and you are ${user}`,
      hint: `Log in as ${otherOwner}; lots need only: GRANT bootctl_office TO ${identifier(user)};`,
    };
  if (!state.mayMakeSchemas)
    return {
      message: `The user ${user} may not make a schema in ${database}`,
      hint: `As postgres, in psql: ALTER DATABASE ${identifier(database)} OWNER TO ${identifier(user)};`,
    };
  if (!state.hasGist && !state.offersGist)
    return {
      message: 'The server lacks the extension btree_gist',
      hint: 'Install it on the server: `apt-get install postgresql-contrib`, or the package of that name of its system.',
    };
  return undefined;
}

/** As it stands in a statement. */
const identifier = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
