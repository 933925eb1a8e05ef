import { BootctlError } from '../../base/errors.ts';
import { didYouMean } from '../../base/near-names.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { Database } from '../database.ts';

/** A board as its worker has described it. */
export interface KnownBoard {
  readonly name: string;
  readonly profile: BoardProfile;
  /** Scenario of a simulated board. */
  readonly scenario: string | null;
  /** Undefined where no worker has it now. */
  readonly worker: WorkerPresence | undefined;
}

/** Whether a worker is there, by the clock of the database: for people, it decides nothing. */
export interface WorkerPresence {
  readonly name: string;
  readonly isThere: boolean;
  /** Since its last beat; undefined before the first. */
  readonly silentSeconds: number | undefined;
}

/** Columns of a worker `w` that is perhaps none. */
export const presenceColumns = `w.name AS worker, w.is_there AS there,
  extract(epoch FROM clock_timestamp() - w.beat_at)::float8 AS silent`;

export interface StoredPresence {
  readonly worker: string | null;
  readonly there: boolean | null;
  readonly silent: number | null;
}

export const presenceOf = ({ worker, there, silent }: StoredPresence): WorkerPresence | undefined =>
  worker === null ? undefined : { name: worker, isThere: there === true, silentSeconds: silent ?? undefined };

/** All boards that a worker has ever had, by their names. */
export async function knownBoards(database: Database): Promise<readonly KnownBoard[]> {
  const rows = await database.query<Pick<KnownBoard, 'name' | 'profile' | 'scenario'> & StoredPresence>(
    `SELECT b.name, b.profile, b.scenario, ${presenceColumns}
      FROM board b LEFT JOIN worker w ON w.name = b.worker ORDER BY b.name`,
  );
  return rows.map(({ name, profile, scenario, ...worker }) => ({
    name,
    profile,
    scenario,
    worker: presenceOf(worker),
  }));
}

/** @throws BootctlError `board-unknown` */
export async function knownBoard(database: Database, name: string): Promise<KnownBoard> {
  const boards = await knownBoards(database);
  const found = boards.find((board) => board.name === name);
  if (found) return found;
  const names = boards.map((board) => board.name);
  const there = names.length === 0 ? 'no worker has had any' : `there are: ${names.join(', ')}`;
  throw new BootctlError(
    'board-unknown',
    `No board is named ${JSON.stringify(name)}${didYouMean(name, names)}; ${there}`,
  );
}
