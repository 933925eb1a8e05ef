import type { Database } from '../../src/fleet/database.ts';
import { life, TestChain } from './fleet.ts';

interface Made {
  readonly unit: string;
  readonly outcome: 'pass' | 'fail' | 'error';
  readonly at?: number;
  readonly chip?: string;
  readonly margin?: number;
}

/** A station as the database hears it: it has said hello, and its runs come as its chain has them. */
export class HeardStation {
  readonly #database: Database;
  readonly #name: string;
  readonly #life = life();
  readonly #chain = new TestChain();
  #runs = 0;

  constructor(database: Database, name: string) {
    this.#database = database;
    this.#name = name;
  }

  async hello(): Promise<void> {
    await this.#database.query("SELECT station_hello($1, 0, repeat('0', 64), '1.2.3')", this.#life);
    await this.#database.query("SELECT station_units($1, gen_random_uuid(), 'L1', 50)", this.#life);
  }

  async beat(view: object, { unsent = 0, ahead = 0 } = {}): Promise<void> {
    await this.#database.query(
      'SELECT station_beat($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT + $3, $4)',
      ...[this.#life, unsent, ahead, view],
    );
  }

  async runs(made: readonly Made[]): Promise<void> {
    const first = this.#chain.seq + 1;
    const rows = made.flatMap((run) => this.#rowsOf(run));
    await this.#database.query(
      'SELECT station_records($1, $2, $3, $4, $5, $6)',
      ...[this.#life, first, rows.map(({ kind }) => kind), rows.map(({ ref }) => ref)],
      ...[rows.map(({ hash }) => hash), rows.map(({ content }) => content)],
    );
  }

  #rowsOf({ unit, outcome, at = 1, chip, margin }: Made) {
    this.#runs += 1;
    const id = `${this.#name}-${this.#runs}`;
    const claim = {
      ...{ id, station: this.#name, seq: this.#runs, unit, slot: 'A1', lot: 'L1', serial: null, number: null },
      ...{ chip_uid: chip ?? null, attempt: 1, purpose: 'production', operator: 'o', firmware: 'f', profile: 'p' },
      ...{ plan: 'q', bootctl: '1', started_at: at },
    };
    const end = {
      ...{ id, ended_at: at + 1, took_ms: 1, outcome, code: null, method: 'm', chip: 'c', flash: 'written' },
      result: '{}',
    };
    const measured = { name: 'holdMargin', value: margin, unit: 'ms', low: 5, high: null, outcome: 'pass' };
    return [
      this.#chain.next('claim', claim),
      this.#chain.next('end', end, ...(margin === undefined ? [] : [{ position: 0, ...measured }])),
    ];
  }
}
