import { BootctlError } from '../../base/errors.ts';
import type { Database } from '../database.ts';

/** A lot by what the database has of it. Times are milliseconds since 1970, by the clock of the database. */
export interface LotAccount {
  readonly id: string;
  readonly state: 'draft' | 'open' | 'held' | 'closed';
  readonly heldBy: string | null;
  readonly quantity: number;
  /** Good units that stations have made or may still make. */
  readonly allotted: number;
  /** By the records that have arrived. */
  readonly good: number;
  readonly leaseSeconds: number;
  readonly signer: string;
  /** Null where units have no numbers of a range. */
  readonly numbers: NumberAccount | null;
  readonly stations: readonly StationAccount[];
  readonly changes: readonly LotChange[];
}

/** Where the numbers of a range are, by the records that have arrived. */
export interface NumberAccount {
  readonly first: number;
  readonly last: number;
  readonly inGoodUnits: number;
  /** In units that have not passed, or are being made. */
  readonly inOtherUnits: number;
  /** Granted to a station, and in no unit that is known of. */
  readonly atStations: number;
  /** Granted to nobody. */
  readonly free: number;
}

export interface StationAccount {
  readonly station: string;
  /** It may still be granted some. */
  readonly isAssigned: boolean;
  /** Good units that it has made or may still make. */
  readonly units: number;
  readonly good: number;
  /** Numbers that it was granted. */
  readonly numbers: number;
  /** Records that it had at its last beat, and that were not here; null before its first. */
  readonly unsent: number | null;
}

export interface LotChange {
  readonly at: number;
  readonly person: string;
  readonly what: string;
  readonly why: string;
}

const millis = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::BIGINT`;

const accounts = `
  SELECT l.id, l.state, l.held_by AS "heldBy", l.quantity, l.allotted, l.lease_seconds AS "leaseSeconds", l.signer,
    (SELECT count(*) FROM good_unit g WHERE g.lot = l.id) AS good, l.number_first AS first, l.number_last AS last,
    l.number_last - l.number_next + 1 AS free,
    (SELECT count(*) FROM number_in_unit n WHERE n.lot = l.id) AS "inUnits",
    (SELECT count(*) FROM number_in_unit n JOIN good_unit g ON g.station = n.station AND g.unit = n.unit AND g.serial = n.serial
      WHERE n.lot = l.id) AS "inGoodUnits"
  FROM lot l WHERE $1::TEXT IS NULL OR l.id = $1 ORDER BY l.created_at, l.id`;

const stations = `
  SELECT s.name AS station, EXISTS (SELECT 1 FROM lot_station a WHERE a.lot = $1 AND a.station = s.name) AS "isAssigned",
    (SELECT coalesce(sum(units - returned), 0)::BIGINT FROM allotment a WHERE a.lot = $1 AND a.station = s.name) AS units,
    (SELECT count(*) FROM good_unit g WHERE g.lot = $1 AND g.station = s.name) AS good,
    (SELECT coalesce(sum(b.last - b.first + 1), 0)::BIGINT FROM serial_block b WHERE b.lot = $1 AND b.station = s.name) AS numbers,
    s.unsent
  FROM station s WHERE s.name IN (SELECT station FROM lot_station WHERE lot = $1 UNION SELECT station FROM allotment WHERE lot = $1
    UNION SELECT station FROM serial_block WHERE lot = $1) ORDER BY s.name COLLATE "C"`;

const changes = `SELECT ${millis('at')} AS at, person, what, why FROM lot_change WHERE lot = $1 ORDER BY id`;

type Row = Omit<LotAccount, 'numbers' | 'stations' | 'changes'> & {
  readonly first: number | null;
  readonly last: number | null;
  readonly free: number | null;
  readonly inUnits: number;
  readonly inGoodUnits: number;
};

/** All lots, or the one of this id; the oldest first. @throws BootctlError `lot-unknown` */
export async function lotAccounts(office: Database, id?: string): Promise<readonly LotAccount[]> {
  const rows = await office.query<Row>(accounts, id ?? null);
  if (id !== undefined && rows.length === 0) throw new BootctlError('lot-unknown', `no lot has the id ${id}`);
  const found: LotAccount[] = [];
  for (const row of rows) {
    found.push({
      ...accountOf(row),
      stations: await office.query<StationAccount>(stations, row.id),
      changes: await office.query<LotChange>(changes, row.id),
    });
  }
  return found;
}

function accountOf({ first, last, free, inUnits, inGoodUnits, ...lot }: Row): Omit<LotAccount, 'stations' | 'changes'> {
  if (first === null || last === null || free === null) return { ...lot, numbers: null };
  const atStations = last - first + 1 - free - inUnits;
  return {
    ...lot,
    numbers: { ...{ first, last, inGoodUnits }, inOtherUnits: inUnits - inGoodUnits, atStations, free },
  };
}
