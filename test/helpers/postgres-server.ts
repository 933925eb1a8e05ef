import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const versions = '/usr/lib/postgresql';
const password = 'postgres-of-a-test';

/** Folder of the programs of the newest PostgreSQL; undefined where there is none. */
export const programs = (): string | undefined =>
  existsSync(versions)
    ? readdirSync(versions)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(versions, version, 'bin'))
        .find((folder) => existsSync(join(folder, 'initdb')))
    : undefined;

/** A server that refuses to run as root runs as the user of Debian's package. */
function asServer(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (kind: '-u' | '-g') => Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** A cluster of its own: its folder, its port on loopback. */
export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #safe: boolean;
  #server: ChildProcess | undefined;
  #databases = 0;

  private constructor(folder: string, port: number, safe: boolean) {
    this.#folder = folder;
    this.port = port;
    this.#safe = safe;
  }

  /** `safe`: as a real one; else commits do not wait for the disk. */
  static async start({ safe = false } = {}): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'bootctl-postgres-'));
    const { uid, gid } = asServer();
    if (uid !== undefined) execFileSync('chown', [`${uid}:${gid}`, folder]);
    const pwfile = join(folder, 'password');
    writeFileSync(pwfile, password, { mode: 0o644 });
    execFileSync(
      join(programs()!, 'initdb'),
      [
        '-D',
        join(folder, 'data'),
        '-U',
        'postgres',
        '-A',
        'scram-sha-256',
        `--pwfile=${pwfile}`,
        '-E',
        'UTF8',
        '--no-sync',
      ],
      { ...asServer(), stdio: 'pipe', cwd: folder },
    );
    const server = new PostgresServer(folder, await freePort(), safe);
    await server.resume();
    const admin = await server.admin();
    await admin.query(`CREATE ROLE owner LOGIN CREATEROLE PASSWORD '${password}'`);
    await admin.end();
    return server;
  }

  /** After `kill` or `stop`. */
  async resume(): Promise<void> {
    const options = ['-D', join(this.#folder, 'data'), '-p', String(this.port), '-k', this.#folder, '-h', '127.0.0.1'];
    const careless = this.#safe
      ? []
      : ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'synchronous_commit=off'];
    this.#server = spawn(join(programs()!, 'postgres'), [...options, ...careless, '-c', 'max_connections=300'], {
      ...asServer(),
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: this.#folder,
    });
    this.#server.stderr?.resume();
    for (;;) {
      try {
        const admin = await this.admin();
        await admin.end();
        return;
      } catch (error) {
        if (this.#server.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** With SIGKILL its processes die as in a crash; SIGINT ends it in order, whoever is connected. */
  async stop(signal: 'SIGKILL' | 'SIGINT' = 'SIGINT'): Promise<void> {
    const server = this.#server;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  }

  /** Address of a new, empty database, as its owner, who may make roles and is no superuser. */
  async createDatabase(): Promise<string> {
    const name = `fleet${++this.#databases}`;
    const admin = await this.admin();
    await admin.query(`CREATE DATABASE ${name} OWNER owner`);
    await admin.end();
    return this.address('owner', password, name);
  }

  address(user: string, secret: string, database: string): string {
    return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@127.0.0.1:${this.port}/${database}`;
  }

  /** As superuser, for what only a test does. */
  async admin(database = 'postgres'): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.address('postgres', password, database) });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** Runs a program of PostgreSQL against a database of this server, as superuser; returns what it prints. */
  run(program: 'pg_dump' | 'pg_restore' | 'psql', database: string, args: readonly string[]): Buffer {
    return execFileSync(join(programs()!, program), ['-d', this.address('postgres', password, database), ...args], {
      maxBuffer: 2 ** 28,
    });
  }

  /** Takes TLS from now on, with a certificate for 127.0.0.1 that it has signed itself. Returns the file of the certificate. */
  async encrypt(): Promise<string> {
    const [key, certificate] = [join(this.#folder, 'server.key'), join(this.#folder, 'server.crt')];
    const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2'];
    const subject = ['-subj', '/CN=bootctl-test', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...made, ...subject], { ...asServer(), stdio: 'pipe', cwd: this.#folder });
    const admin = await this.admin();
    for (const setting of [`ssl_key_file = '${key}'`, `ssl_cert_file = '${certificate}'`, 'ssl = on'])
      await admin.query(`ALTER SYSTEM SET ${setting}`);
    await admin.query('SELECT pg_reload_conf()');
    await admin.end();
    return certificate;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
