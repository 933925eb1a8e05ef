import { randomBytes } from 'node:crypto';
import { BootctlError } from '../base/errors.ts';
import { capitalised } from '../base/text.ts';
import type { Database } from './database.ts';
import { scramVerifier } from './scram-verifier.ts';

/** How a station logs in. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** PostgreSQL cuts longer names (NAMEDATALEN is 64 bytes with the zero behind it). */
const longestRole = 63;

/** What joins a fleet, with the error where it has joined already; each has a table and a role of its name. */
const joined = { station: 'station-joined', worker: 'worker-joined' } as const;
type Member = keyof typeof joined;

/**
 * Makes a station known and gives it a login of its own, by the rights of whoever made the fleet. `person` stands in the table.
 * @throws BootctlError `station-joined`, `usage`
 */
export const joinStation = (database: Database, name: string, person: string): Promise<Login> =>
  join(database, 'station', name, person);

/** The same for a worker: a computer that owns boards of a rack. @throws BootctlError `worker-joined`, `usage` */
export const joinWorker = (database: Database, name: string, person: string): Promise<Login> =>
  join(database, 'worker', name, person);

function join(database: Database, member: Member, name: string, person: string): Promise<Login> {
  return database.transaction(async () => {
    const user = await loginName(database, member, name);
    const password = randomBytes(24).toString('base64url');
    const added = await database.query(
      `INSERT INTO ${member} (name, login, joined_by) VALUES ($1, $2, $3 || ' as ' || session_user) ON CONFLICT DO NOTHING RETURNING name`,
      ...[name, user, person],
    );
    if (added.length === 0) throw await alreadyJoined(database, member, name);
    await makeLogin(database, member, user, password);
    return { user, password };
  });
}

/** Roles belong to the cluster: the name of the database is part of them. @throws BootctlError `usage` */
async function loginName(database: Database, member: Member, name: string): Promise<string> {
  const [row] = await database.query<{ database: string }>('SELECT current_database() AS database');
  const login = `${member}:${row!.database}:${name}`;
  if (Buffer.byteLength(login) <= longestRole) return login;
  throw new BootctlError(
    'usage',
    `The name ${name} is too long: its login ${login} has more than ${longestRole} bytes`,
    {
      hint: `Give the ${member} a shorter name.`,
    },
  );
}

async function alreadyJoined(database: Database, member: Member, name: string): Promise<BootctlError> {
  const [row] = await database.query<{ since: string; person: string; left_on: string | null; left_by: string | null }>(
    `SELECT to_char(joined_at, 'YYYY-MM-DD') AS since, joined_by AS person, left(to_jsonb(known) ->> 'left_at', 10) AS left_on,
       to_jsonb(known) ->> 'left_by' AS left_by FROM ${member} AS known WHERE name = $1`,
    name,
  );
  const message = `${capitalised(member)} ${name} has joined on ${row?.since} by ${row?.person}`;
  if (row?.left_by == null) return new BootctlError(joined[member], message);
  return new BootctlError(joined[member], `${message}, and was retired on ${row.left_on} by ${row.left_by}`, {
    hint: 'A name is used once: its numbers and records belong to it. Take another one.',
  });
}

/** Utility statements take no parameters: PostgreSQL itself quotes. Its log may show the statement, so the password is not in it. */
async function makeLogin(database: Database, member: Member, user: string, password: string): Promise<void> {
  const [row] = await database.query<{ statement: string }>(
    `SELECT format('CREATE ROLE %I LOGIN PASSWORD %L IN ROLE bootctl_${member}', $1::text, $2::text) AS statement`,
    ...[user, scramVerifier(password)],
  );
  await database.query(row!.statement);
}
