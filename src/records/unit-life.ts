import { BootctlError } from '../base/errors.ts';
import { didYouMean } from '../base/near-names.ts';
import { readRecords } from './read-records.ts';
import { type ReportMeasurement, type ReportRun, unitMeasurements, unitRuns } from './report/report-runs.ts';
import type { Sqlite } from './sqlite.ts';

/** All that the records know of a unit. */
export interface UnitLife {
  readonly unit: string;
  /** The one that it has now. */
  readonly serial: string | null;
  readonly chipUid: string | null;
  readonly lot: string;
  readonly isGood: boolean;
  /** Serial numbers that are in it or may be. */
  readonly serials: readonly { readonly serial: string; readonly state: 'claimed' | 'used' | 'burnt' }[];
  /** In their order. */
  readonly runs: readonly (ReportRun & { readonly measurements: readonly ReportMeasurement[] })[];
}

/**
 * The units that have had a serial number, or have this chip: several where a number was given back and went to another one.
 * @throws BootctlError `unit-unknown`, and those of `readRecords`
 */
export function unitLives(path: string, name: string): readonly UnitLife[] {
  return readRecords(path, (sqlite) => {
    const units = unitsNamed(sqlite, name);
    if (units.length > 0) return units.map((unit) => lifeOf(sqlite, unit));
    throw new BootctlError(
      'unit-unknown',
      `No unit ${JSON.stringify(name)} is in ${path}${didYouMean(name, namesOf(sqlite))}`,
    );
  });
}

interface UnitRow {
  readonly id: string;
  readonly serial: string | null;
  readonly chip_uid: string | null;
  readonly lot: string;
  readonly is_good: 0 | 1;
}

const unitsNamed = (sqlite: Sqlite, name: string): readonly UnitRow[] =>
  sqlite.all(
    `SELECT id, serial, chip_uid, lot, is_good FROM unit
     WHERE serial = ? OR chip_uid = ? OR id IN (SELECT unit FROM run WHERE serial = ?) ORDER BY made_at, id`,
    ...[name, name, name],
  );

const namesOf = (sqlite: Sqlite): readonly string[] =>
  sqlite
    .all<{ name: string }>('SELECT DISTINCT serial AS name FROM run WHERE serial IS NOT NULL ORDER BY serial')
    .map(({ name }) => name);

function lifeOf(sqlite: Sqlite, { id, serial, chip_uid, lot, is_good }: UnitRow): UnitLife {
  const measurements = unitMeasurements(sqlite, id);
  return {
    ...{ unit: id, serial, chipUid: chip_uid, lot, isGood: is_good === 1 },
    serials: sqlite.all('SELECT serial, state FROM serial_number WHERE unit = ? ORDER BY serial', id),
    runs: unitRuns(sqlite, id).map((run) => ({
      ...run,
      measurements: measurements.filter((one) => one.run === run.run),
    })),
  };
}
