import { createHash, randomUUID } from 'node:crypto';
import { migrate } from '../../src/fleet/centre/migrations.ts';
import { type Database, openDatabase } from '../../src/fleet/database.ts';
import { joinStation } from '../../src/fleet/join.ts';
import type { PostgresServer } from './postgres.ts';

/** A fleet in a database of its own, as whoever made it sees it. */
export class TestFleet implements AsyncDisposable {
  readonly address: string;
  readonly office: Database;
  readonly #server: PostgresServer;

  private constructor(server: PostgresServer, address: string, office: Database) {
    this.#server = server;
    this.address = address;
    this.office = office;
  }

  static async make(server: PostgresServer): Promise<TestFleet> {
    const address = await server.createDatabase();
    const office = await openDatabase(address, { name: 'test' });
    await migrate(office);
    return new TestFleet(server, address, office);
  }

  /** Address by which the station that joins logs in. */
  async join(name: string): Promise<string> {
    const { user, password } = await joinStation(this.office, name, 'anna');
    return this.#server.address(user, password, new URL(this.address).pathname.slice(1));
  }

  /** A lot that these stations may make, with a definition that nobody has signed. */
  async lot(id: string, stations: readonly string[], { quantity = 100, first = 1, last = 1000 } = {}): Promise<void> {
    await this.office.query(
      "INSERT INTO signer (id, name, public_key) VALUES ('k', 'office', '') ON CONFLICT DO NOTHING",
    );
    await this.office.query(
      `INSERT INTO lot (id, definition, signer, signature, quantity, number_first, number_last, number_next, lease_seconds, state, changed_by)
       VALUES ($1, '{}', 'k', '', $2, $3, $4, $3, 3600, 'open', 'anna')`,
      ...[id, quantity, first, last],
    );
    for (const station of stations)
      await this.office.query('INSERT INTO lot_station (lot, station) VALUES ($1, $2)', id, station);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.office[Symbol.asyncDispose]();
  }
}

/** Rows of a chain as a station sends them, from what SQLite would say of them. */
export class TestChain {
  seq = 0;
  hash = '0'.repeat(64);

  next(
    kind: 'claim' | 'end' | 'note',
    first: { readonly id: string; readonly [column: string]: unknown },
    ...rest: readonly object[]
  ) {
    const sorted = (row: object) => Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
    const content = JSON.stringify([this.hash, kind, ...[first, ...rest].map(sorted)]);
    this.hash = createHash('sha256').update(content).digest('hex');
    this.seq++;
    return { seq: this.seq, kind, ref: first.id, hash: this.hash, content };
  }
}

export const life = (): string => randomUUID();
