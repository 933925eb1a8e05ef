import { randomUUID } from 'node:crypto';
import { migrate } from '../../../src/fleet/centre/migrations.ts';
import { type Database, openDatabase } from '../../../src/fleet/database.ts';
import { joinStation } from '../../../src/fleet/join.ts';
import { TestChain } from '../../helpers/fleet.ts';
import type { PostgresServer } from '../../helpers/postgres-server.ts';

export type Row = ReturnType<TestChain['next']>;

/** What a job leaves as its result; 1.3 kB is usual. */
const result = JSON.stringify({ ok: true, log: 'x'.repeat(1_250) });

/** A station with a connection of its own, that speaks as a real one does and has no records on a disk. */
export class BenchStation {
  readonly name: string;
  readonly database: Database;
  readonly life = randomUUID();
  readonly #chain = new TestChain();
  #runs = 0;

  constructor(name: string, database: Database) {
    this.name = name;
    this.database = database;
  }

  /** A claim and an end with three measurements for each two rows. */
  rows(count: number): readonly Row[] {
    return Array.from({ length: count }, (_, index) => (index % 2 === 0 ? this.#claim() : this.#end()));
  }

  async send(rows: readonly Row[]): Promise<void> {
    const column = (name: 'kind' | 'ref' | 'hash' | 'content') => rows.map((row) => row[name]);
    await this.database.query(
      'SELECT station_records($1, $2, $3, $4, $5, $6)',
      ...[this.life, rows[0]!.seq, column('kind'), column('ref'), column('hash'), column('content')],
    );
  }

  async beat(view: object, unsent = 0): Promise<void> {
    await this.database.query('SELECT * FROM station_beat($1, $2, $3, $4)', this.life, unsent, Date.now(), view);
  }

  async askBlock(): Promise<void> {
    await this.database.query('SELECT * FROM station_numbers($1, $2, $3, 10)', this.life, randomUUID(), 'L1');
  }

  #claim(): Row {
    this.#runs += 1;
    const id = `${this.name}-${this.#runs}`;
    return this.#chain.next('claim', {
      ...{ id, station: this.name, seq: this.#runs, unit: id, slot: 'A1', lot: 'free', serial: `SN-${id}` },
      ...{
        number: null,
        chip_uid: null,
        attempt: 1,
        purpose: 'production',
        operator: 'anna',
        firmware: 'f'.repeat(64),
      },
      ...{ profile: 'p'.repeat(64), plan: 'q'.repeat(64), bootctl: '1.0.0', started_at: Date.now() },
    });
  }

  #end(): Row {
    const id = `${this.name}-${this.#runs}`;
    const figure = (position: number, name: string) => ({
      ...{ position, name, value: 12.5 + position, unit: 'ms', low: 5, high: 100, outcome: 'pass' },
    });
    return this.#chain.next(
      'end',
      {
        id,
        ended_at: Date.now(),
        took_ms: 4_512.5,
        outcome: 'pass',
        code: null,
        method: 'rc-cap',
        chip: 'STM32F405',
        flash: 'written',
        result,
      },
      ...['enter', 'holdMargin', 'program'].map((name, position) => figure(position, name)),
    );
  }
}

/** A fleet of so many stations in a database of its own. */
export async function openFleet(server: PostgresServer, stations: number) {
  const address = await server.createDatabase();
  const office = await openDatabase(address, { name: 'bench' });
  await migrate(office);
  await office.query("INSERT INTO signer (id, name, public_key) VALUES ('k', 'bench', '')");
  await office.query(
    `INSERT INTO lot (id, definition, signer, signature, quantity, number_first, number_last, number_next, lease_seconds, state, changed_by)
     VALUES ('L1', '{}', 'k', '', 1000000, 1, 1000000000, 1, 3600, 'open', 'bench')`,
  );
  const open: BenchStation[] = [];
  for (let number = 1; number <= stations; number++) {
    const name = `s${number}`;
    const { user, password } = await joinStation(office, name, 'bench');
    await office.query("INSERT INTO lot_station (lot, station) VALUES ('L1', $1)", name);
    const database = await openDatabase(server.address(user, password, new URL(address).pathname.slice(1)), { name });
    const station = new BenchStation(name, database);
    await database.query("SELECT station_hello($1, 0, repeat('0', 64), '1')", station.life);
    open.push(station);
  }
  return {
    address,
    office,
    stations: open as readonly BenchStation[],
    async [Symbol.asyncDispose]() {
      for (const { database } of open) await database[Symbol.asyncDispose]();
      await office[Symbol.asyncDispose]();
    },
  };
}
