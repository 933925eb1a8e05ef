import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { BootctlError, isBootctlError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import { Backups } from './backup.ts';
import { appendToChain } from './chain.ts';
import { claimRun } from './claim.ts';
import { serialOfChip } from './find-unit.ts';
import { finishRun, interruptedEnd } from './finish.ts';
import { lastGoldenRuns } from './golden-runs.ts';
import { identifier } from './identifier.ts';
import { type CountedRun, LotTally } from './lot-tally.ts';
import { migrate } from './migrations.ts';
import { newestValues } from './newest-values.ts';
import type {
  Claimed,
  ClaimRequest,
  GoldenRun,
  Instant,
  LotCounts,
  Records,
  RunEnd,
  RunSummary,
  SlotValue,
  StationNote,
} from './records.ts';
import { lastRuns, openRuns } from './run-summaries.ts';
import { noteFullBlocks, serialsInUse } from './serial-numbers.ts';
import { refuseOtherKind } from './simulated-runs.ts';
import { holdSqlite, openSqlite, type Sqlite, sqliteTrouble } from './sqlite.ts';
import { withRecords } from './trouble.ts';

export interface RecordsOptions {
  /** Name of the station. */
  readonly station: string;
  readonly now: () => Instant;
  /** Its units are simulated; a file of real ones is refused, and the other way round. */
  readonly isSimulated?: boolean;
  /** How long the lock of a reader is waited for. */
  readonly lockTimeout?: Milliseconds;
  /** Told when the daily backup could not be made; the records go on. */
  readonly onBackupTrouble?: (error: BootctlError) => void;
}

/** Records with the file that they are in, for what a fleet keeps beside them. */
export interface OpenRecords extends Records {
  /** All of it is on the disk when it returns, or nothing is. @throws BootctlError as `Records` */
  transaction<Result>(work: (sqlite: Sqlite) => Result): Result;
}

/**
 * Opens the records of a station for writing, and makes the file where there is none. Runs that another life of the station left
 * open are closed. @throws BootctlError `station-busy`, `records-unwritable`, `records-damaged`, `records-newer`,
 * `records-mixed`
 */
export function openRecords(path: string, given: RecordsOptions): OpenRecords {
  // Instants are whole in the records; a simulated clock has parts of a millisecond.
  const options: RecordsOptions = { ...given, now: () => Math.round(given.now()) };
  if (!existsSync(dirname(path)))
    throw new BootctlError('records-unwritable', `The folder of ${path} is missing`, {
      hint: `Make ${dirname(path)}, or name another place as \`records\` in jig.yaml.`,
    });
  const lock = holdStation(path);
  try {
    return withRecords(path, () => openLocked(path, options, lock));
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Beside the records: a reader of them, such as `jig report`, needs no lock. */
function holdStation(path: string): Disposable {
  const lockPath = `${path}.lock`;
  return withRecords(lockPath, () => {
    try {
      return holdSqlite(lockPath);
    } catch (error) {
      if (sqliteTrouble(error) !== 'locked') throw error;
      throw new BootctlError('station-busy', `Another station writes ${path}: it holds ${lockPath}`, { cause: error });
    }
  });
}

function openLocked(path: string, options: RecordsOptions, lock: Disposable): OpenRecords {
  const sqlite = openSqlite(path, options);
  try {
    migrate(sqlite, path, options.now());
    refuseOtherKind(sqlite, path, options.isSimulated ?? false);
    return new StationRecords(path, sqlite, options, lock);
  } catch (error) {
    sqlite[Symbol.dispose]();
    throw error;
  }
}

class StationRecords implements OpenRecords {
  readonly interrupted: readonly RunSummary[];
  readonly #path: string;
  readonly #sqlite: Sqlite;
  readonly #lock: Disposable;
  readonly #station: string;
  readonly #now: () => Instant;
  readonly #tallies = new Map<string, LotTally>();
  readonly #backups: Backups;
  readonly #open = new Set<string>();

  constructor(path: string, sqlite: Sqlite, options: RecordsOptions, lock: Disposable) {
    const { station, now, onBackupTrouble = () => {} } = options;
    this.#path = path;
    this.#sqlite = sqlite;
    this.#station = station;
    this.#now = now;
    this.#lock = lock;
    this.interrupted = this.transaction(() => this.#closeInterrupted());
    this.#backups = new Backups(path, sqlite, now(), onBackupTrouble);
    this.#backups.makeIfDue(now(), true);
  }

  claim(request: ClaimRequest): Claimed {
    const { passed } = this.counts(request.lot);
    const state = { station: this.#station, now: this.#now(), passed };
    try {
      const claimed = this.transaction(() => claimRun(this.#sqlite, request, state));
      this.#open.add(claimed.run);
      return claimed;
    } catch (error) {
      // Of the claim nothing stands.
      if (isBootctlError(error, 'grant-used-up')) this.transaction(() => noteFullBlocks(this.#sqlite, request));
      throw error;
    }
  }

  finish(run: string, end: RunEnd): void {
    const now = this.#now();
    const counted = this.transaction(() => {
      finishRun(this.#sqlite, run, end, now);
      return this.#countedAs(run);
    });
    const { outcome, flash } = end;
    if (counted.purpose === 'production') this.#tallies.get(counted.lot)?.add({ unit: counted.unit, outcome, flash });
    this.#open.delete(run);
    this.#backups.makeIfDue(now, this.#open.size === 0);
  }

  serialOfChip(chipUid: string, failedBefore: ClaimRequest['failedBefore']): string | undefined {
    return withRecords(this.#path, () => serialOfChip(this.#sqlite, chipUid, failedBefore));
  }

  note({ operator, what, why }: StationNote): void {
    const now = this.#now();
    this.transaction(() => {
      const id = identifier(now);
      const [last] = this.#sqlite.all<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM station_event');
      this.#sqlite.run(
        'INSERT INTO station_event (id, station, seq, at, operator, what, why) VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[id, this.#station, last!.seq + 1, now, operator, what, why],
      );
      appendToChain(this.#sqlite, this.#station, 'note', id);
    });
  }

  counts(lot: string): LotCounts {
    return withRecords(this.#path, () => this.#tally(lot)).counts();
  }

  lastRuns(most: number): readonly RunSummary[] {
    return withRecords(this.#path, () => lastRuns(this.#sqlite, most));
  }

  newestValues(runs: number): readonly SlotValue[] {
    return withRecords(this.#path, () => newestValues(this.#sqlite, runs));
  }

  lastGoldenRuns(labels: readonly string[]): readonly GoldenRun[] {
    return withRecords(this.#path, () => lastGoldenRuns(this.#sqlite, labels));
  }

  serialsInUse(serials: readonly string[]): readonly string[] {
    return withRecords(this.#path, () => serialsInUse(this.#sqlite, serials));
  }

  [Symbol.dispose](): void {
    this.#sqlite[Symbol.dispose]();
    this.#lock[Symbol.dispose]();
  }

  transaction<Result>(work: (sqlite: Sqlite) => Result): Result {
    return withRecords(this.#path, () => this.#sqlite.transaction(() => work(this.#sqlite)));
  }

  #closeInterrupted(): readonly RunSummary[] {
    const now = this.#now();
    return openRuns(this.#sqlite).map((summary) => {
      const end = interruptedEnd(summary.started, now);
      finishRun(this.#sqlite, summary.run, end, now);
      return { ...summary, outcome: end.outcome, code: end.code, ended: now };
    });
  }

  /** Counted once for each lot, then kept up to date. */
  #tally(lot: string): LotTally {
    const known = this.#tallies.get(lot);
    if (known) return known;
    const tally = new LotTally();
    const runs = this.#sqlite.all<CountedRun>(
      `SELECT unit, outcome, flash FROM run
       WHERE lot = ? AND purpose = 'production' AND outcome IS NOT NULL ORDER BY seq`,
      lot,
    );
    for (const run of runs) tally.add(run);
    this.#tallies.set(lot, tally);
    return tally;
  }

  #countedAs(run: string) {
    const [row] = this.#sqlite.all<{ unit: string; lot: string; purpose: string }>(
      'SELECT unit, lot, purpose FROM run WHERE id = ?',
      run,
    );
    return row!;
  }
}
