import pg from 'pg';
import { BootctlError, type ErrorCode, isBootctlError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import { systemClock } from '../host/system/system-clock.ts';

/** What is bound to a `$1`; objects go as JSON. */
export type Parameter = string | number | boolean | null | Uint8Array | object;

/** One connection to the database of a fleet. */
export interface Database extends AsyncDisposable {
  /** Each statement is a text of ours; what comes from outside is bound. @throws BootctlError those of `databaseError` */
  query<Row>(sql: string, ...values: readonly Parameter[]): Promise<readonly Row[]>;
  /** All of it stands, or nothing does. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Hears what others notify on a channel, until the connection ends. */
  listen(channel: string, heard: (payload: string) => void): Promise<void>;
  /** Aborted, with a BootctlError `fleet-unreachable`, when the connection is gone by itself. */
  readonly lost: AbortSignal;
}

export interface DatabaseOptions {
  /** Replaces user and password of the address. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Who this is, for `pg_stat_activity`. */
  readonly name: string;
  /** So long an answer is waited for: a network that swallows everything says nothing. */
  readonly patience?: Milliseconds;
}

/** A network that drops everything is noticed after so long; longer than the slowest statement of ours. */
const usualPatience: Milliseconds = 10_000;

/** A network that drops everything answers no goodbye. */
const goodbyeLimit: Milliseconds = 500;

// Numbers of ours are below 2^53; pg gives int8 as text.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** @throws BootctlError `usage` for what is no address; `fleet-unreachable`, `fleet-refused` */
export async function openDatabase(address: string, options: DatabaseOptions): Promise<Database> {
  const client = clientFor(address, configOf(address, options));
  const lost = new AbortController();
  client.on('error', (error) => lost.abort(databaseError(error, shown(address))));
  client.on('end', () => lost.abort(databaseError(new Error('the connection has ended'), shown(address))));
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    throw whyNotOpened(databaseError(error, shown(address)), shown(address));
  }
  return new OpenDatabase(client, shown(address), lost.signal);
}

/** Files that an address names are read here. @throws BootctlError `usage` */
function clientFor(address: string, config: pg.ClientConfig): pg.Client {
  try {
    return new pg.Client(config);
  } catch (cause) {
    throw new BootctlError('usage', `${shown(address)}: ${(cause as Error).message}`, {
      hint: 'Look at what follows the `?` in the address: sslmode and sslrootcert are those of libpq.',
      cause,
    });
  }
}

/** Connections that a package takes and gives back by itself, no more than `most`. */
export const databasePool = (address: string, options: DatabaseOptions & { readonly most: number }): pg.Pool =>
  new pg.Pool({ ...configOf(address, options), max: options.most });

const configOf = (address: string, { login, name, patience = usualPatience }: DatabaseOptions): pg.ClientConfig => ({
  connectionString: connectionString(address, login),
  application_name: `bootctl ${name}`,
  connectionTimeoutMillis: patience,
  query_timeout: patience,
  keepAlive: true,
  options: '-c search_path=bootctl,public',
});

/** Those of libpq (PostgreSQL manual, 34.19.3); here `prefer` does not go on without TLS. */
const sslModes: readonly string[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** Encrypted where it leaves this computer, unless the address says otherwise. `pg` takes what stands here before anything else. */
function connectionString(text: string, login: DatabaseOptions['login']): string {
  const url = parsed(text);
  const { searchParams } = url;
  const host = searchParams.get('host') ?? url.hostname;
  const isHere = host.startsWith('/') || ['', 'localhost', '127.0.0.1', '[::1]'].includes(host);
  const mode = searchParams.get('sslmode') ?? (isHere ? 'disable' : 'require');
  if (!sslModes.includes(mode))
    throw new BootctlError('usage', `sslmode=${mode} is not known`, { hint: `It is one of ${sslModes.join(', ')}.` });
  searchParams.set('sslmode', mode);
  searchParams.set('uselibpqcompat', 'true'); // without it, `require` looks at the certificate, and warns
  if (login) {
    for (const name of ['user', 'password']) searchParams.delete(name);
    url.username = encodeURIComponent(login.user);
    url.password = encodeURIComponent(login.password);
  }
  return url.href;
}

/** What `pg` itself and Node's TLS refuse has no SQLSTATE: their messages tell it from a network that is down. */
function whyNotOpened(error: unknown, where: string): unknown {
  if (!isBootctlError(error, 'fleet-unreachable')) return error;
  if (/client password must be/.test(error.message))
    return new BootctlError('fleet-refused', `${where}: a password is asked for, and none was given`, {
      hint: 'It stands in the address, as `postgres://USER:PASSWORD@HOST/DATABASE`, or in PGPASSWORD.',
    });
  if (/does not support SSL/.test(error.message))
    return error.withHint(
      'Set `ssl = on` in the postgresql.conf of the server; only where nobody else is on the network, add `?sslmode=disable` to the address.',
    );
  if (/certificate|altnames/i.test(error.message))
    return error.withHint(
      'Name the file of the authority that has signed its certificate, as `?sslmode=verify-full&sslrootcert=FILE`; `sslmode=require` encrypts, and does not look at it.',
    );
  return error;
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1) return url;
  throw new BootctlError('usage', `${JSON.stringify(text)} is no address of a database`, {
    hint: 'It is postgres://USER@HOST/DATABASE.',
  });
}

/** The address without its password. */
export function shown(address: string): string {
  const url = parsed(address);
  url.password = '';
  url.searchParams.delete('password');
  return url.href;
}

/** The address without user and password: what all stations of a fleet share. */
export function sharedAddress(address: string): string {
  const url = new URL(shown(address));
  url.username = '';
  url.searchParams.delete('user');
  return url.href;
}

/** What an error of the database means; `where` is its address. SQLSTATEs: PostgreSQL manual, appendix A; those of ours begin with BC. */
const meanings: Readonly<Record<string, ErrorCode>> = {
  '28000': 'fleet-refused', // invalid_authorization_specification
  '28P01': 'fleet-refused', // invalid_password
  '42501': 'fleet-refused', // insufficient_privilege
  '3D000': 'fleet-refused', // invalid_catalog_name
  '3F000': 'fleet-missing', // invalid_schema_name
  '42P01': 'fleet-missing', // undefined_table
  '42883': 'fleet-missing', // undefined_function
  BC001: 'fleet-refused',
  BC002: 'station-taken-over',
  BC003: 'fleet-records-gap',
  BC004: 'lot-unknown',
  BC005: 'lot-held',
  BC006: 'worker-taken-over',
  BC007: 'board-unknown',
  BC008: 'fleet-records-forked',
  BC011: 'lot-taken',
  BC012: 'lot-closed',
  BC013: 'station-unknown',
  BC014: 'nothing-open',
};

/** Network, shutdown, crash and overload of the server (classes 08, 53, 57, 58) and what is no SQLSTATE at all. */
const isFarAway = (code: string | undefined): boolean =>
  code === undefined || !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57|58)/.test(code);

/** A mistake of ours stays what it is: it is no failure of the fleet. */
export function databaseError(error: unknown, where: string): unknown {
  if (error instanceof BootctlError || !(error instanceof Error)) return error;
  const { code, message } = error as Error & { code?: string };
  const meaning = code === undefined ? undefined : meanings[code];
  if (meaning) return new BootctlError(meaning, `${where}: ${message}`, { cause: error });
  if (isFarAway(code))
    return new BootctlError('fleet-unreachable', `${where}: ${message || (code ?? 'no answer')}`, { cause: error });
  return error;
}

class OpenDatabase implements Database {
  readonly lost: AbortSignal;
  readonly #client: pg.Client;
  readonly #where: string;

  constructor(client: pg.Client, where: string, lost: AbortSignal) {
    this.#client = client;
    this.#where = where;
    this.lost = lost;
  }

  async query<Row>(sql: string, ...values: readonly Parameter[]): Promise<readonly Row[]> {
    try {
      const { rows } = await this.#client.query(sql, values.map(bound));
      return rows as readonly Row[];
    } catch (error) {
      throw databaseError(error, this.#where);
    }
  }

  async transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.query('BEGIN');
    try {
      const result = await work();
      await this.query('COMMIT');
      return result;
    } catch (error) {
      await this.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  async listen(channel: string, heard: (payload: string) => void): Promise<void> {
    this.#client.on('notification', (note) => {
      if (note.channel === channel) heard(note.payload ?? '');
    });
    await this.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const silence = systemClock.setTimeout(() => this.#client.connection.stream.destroy(), goodbyeLimit);
    await this.#client.end().catch(() => {});
    systemClock.clearTimeout(silence);
  }
}

/** pg makes a JSON text of an object, and an array of PostgreSQL of an array. */
const bound = (value: Parameter): unknown => (value instanceof Uint8Array ? Buffer.from(value) : value);
