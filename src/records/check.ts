import { BootctlError } from '../base/errors.ts';
import { backupsOf } from './backup.ts';
import { beforeTheFirst, type ChainRow, chainHash } from './chain.ts';
import { NumberReplay } from './number-replay.ts';
import { readRecords } from './read-records.ts';
import type { Sqlite } from './sqlite.ts';

/** What a walk through all records has found. */
export interface CheckedRecords {
  readonly runs: number;
  /** Rows of the chain, and the hash of the last one: whoever has noted them elsewhere sees whether the end was cut off. */
  readonly rows: number;
  readonly hash: string;
  /** Backups whose last row stands in the chain as it was. */
  readonly backups: number;
  /** One sentence each; none where all is as it was written. */
  readonly problems: readonly string[];
}

/** So many rows are read at once, so that the station does not wait. */
const page = 500;
/** Where a file was rewritten, all rows behind that place differ: the first ones tell where. */
const mostProblems = 20;

/**
 * Walks the chain and the sequence, compares units and serial numbers with what their runs say, and the chain with the backups.
 * @throws BootctlError those of `readRecords`
 */
export function checkRecords(path: string): CheckedRecords {
  return readRecords(path, (sqlite) => {
    const walk = new Walk(sqlite);
    while (walk.pageOn()) {}
    // What has been added meanwhile, and the tables that change: as of one moment.
    sqlite.transaction(() => {
      while (walk.pageOn()) {}
      walk.compareTables();
    });
    const backups = walk.compareBackups(path);
    const { problems, last, runs } = walk;
    return { runs, rows: last.seq, hash: last.hash, backups, problems: problems.slice(0, mostProblems) };
  });
}

class Walk {
  readonly problems: string[] = [];
  last = { seq: 0, hash: beforeTheFirst };
  runs = 0;
  readonly #sqlite: Sqlite;
  readonly #replay = new NumberReplay();

  constructor(sqlite: Sqlite) {
    this.#sqlite = sqlite;
  }

  /** False where there are no more. */
  pageOn(): boolean {
    const rows = this.#sqlite.all<ChainRow>(
      'SELECT seq, kind, ref, previous, hash FROM chain WHERE seq > ? ORDER BY seq LIMIT ?',
      ...[this.last.seq, page],
    );
    for (const row of rows) this.#look(row);
    return rows.length > 0;
  }

  #look(row: ChainRow): void {
    const { seq, kind, ref, previous, hash } = row;
    if (seq !== this.last.seq + 1)
      this.problems.push(`Rows ${this.last.seq + 1} to ${seq - 1} of the chain are missing`);
    else if (previous !== this.last.hash) this.problems.push(`Row ${seq} of the chain does not follow row ${seq - 1}`);
    if (chainHash(this.#sqlite, kind, ref, previous) !== hash) this.problems.push(this.#changed(row));
    if (kind === 'claim') this.#replay.begin(this.#sqlite, ref);
    if (kind === 'end') this.#replay.end(this.#sqlite, ref);
    this.last = { seq, hash };
  }

  #changed({ seq, kind, ref }: ChainRow): string {
    const table = kind === 'note' ? 'station_event' : 'run';
    const [row] = this.#sqlite.all<{ seq: number }>(`SELECT seq FROM ${table} WHERE id = ?`, ref);
    const name = kind === 'note' ? 'Event' : 'Run';
    const part = { claim: ' (its beginning)', end: ' (its end or its measurements)', note: '' }[kind];
    if (row) return `${name} ${row.seq}${part} was changed since it was recorded: row ${seq} of the chain, ${ref}`;
    return `${name} ${ref} is missing: row ${seq} of the chain speaks of it`;
  }

  compareTables(): void {
    this.runs = this.#sqlite.all<{ runs: number }>('SELECT count(*) AS runs FROM run')[0]!.runs;
    for (const [table, name] of [
      ['run', 'Run'],
      ['station_event', 'Event'],
    ] as const) {
      for (const { seq } of this.#sqlite.all<{ seq: number }>(gaps(table)))
        this.problems.push(`${name} ${seq} is missing`);
      for (const { seq } of this.#sqlite.all<{ seq: number }>(unchained[table]))
        this.problems.push(`${name} ${seq} was added past the chain`);
    }
    this.problems.push(...this.#replay.differences(this.#sqlite));
  }

  /** Returns how many were compared. */
  compareBackups(path: string): number {
    const backups = backupsOf(path);
    for (const { file } of backups) this.problems.push(...this.#backupProblems(file));
    return backups.length;
  }

  #backupProblems(file: string): readonly string[] {
    try {
      const [head] = readRecords(file, (sqlite) =>
        sqlite.all<{ seq: number; hash: string }>('SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1'),
      );
      if (!head) return [];
      const [here] = this.#sqlite.all<{ hash: string }>('SELECT hash FROM chain WHERE seq = ?', head.seq);
      if (here?.hash === head.hash) return [];
      return [
        `The backup ${file} has row ${head.seq} of the chain, which ${here ? 'is another one' : 'is missing'} here`,
      ];
    } catch (error) {
      if (!(error instanceof BootctlError)) throw error;
      return [`The backup ${file} cannot be read: ${error.message}`];
    }
  }
}

/** Numbers from 1 on that no row has, the first of each gap. */
const gaps = (table: 'run' | 'station_event'): string =>
  `SELECT before.seq + 1 AS seq FROM (SELECT 0 AS seq UNION ALL SELECT seq FROM ${table}) AS before
   WHERE before.seq < (SELECT max(seq) FROM ${table})
   AND NOT EXISTS (SELECT 1 FROM ${table} AS next WHERE next.seq = before.seq + 1) ORDER BY before.seq`;

/** Rows of which the chain does not know, or not that they have ended. */
const unchained = {
  run: `SELECT seq FROM run WHERE NOT EXISTS (SELECT 1 FROM chain WHERE ref = run.id AND kind = 'claim')
        OR (outcome IS NOT NULL AND NOT EXISTS (SELECT 1 FROM chain WHERE ref = run.id AND kind = 'end')) ORDER BY seq`,
  station_event: `SELECT seq FROM station_event
        WHERE NOT EXISTS (SELECT 1 FROM chain WHERE ref = station_event.id AND kind = 'note') ORDER BY seq`,
};
