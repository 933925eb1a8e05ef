import type { Outcome } from './records.ts';
import type { Sqlite } from './sqlite.ts';

interface RunRow {
  readonly seq: number;
  readonly unit: string;
  readonly serial: string | null;
  readonly number: number | null;
  readonly outcome: Outcome;
  readonly flash: string;
}

interface SerialState {
  readonly unit: string;
  readonly state: string;
  readonly mayBeWritten: boolean;
}

/**
 * What the runs alone say of units and serial numbers, computed apart from what was stored with them. It must not import from
 * `serial-numbers.ts`: this is the second computation.
 */
export class NumberReplay {
  readonly #serials = new Map<string, SerialState>();
  readonly #good = new Set<string>();
  readonly #problems: string[] = [];

  begin(sqlite: Sqlite, run: string): void {
    const row = runRow(sqlite, run);
    if (!row || row.serial === null) return;
    const { seq, unit, serial } = row;
    const before = this.#serials.get(serial);
    if (before && before.unit !== unit)
      this.#problems.push(`Serial number ${serial} was given to a second unit by run ${seq}`);
    this.#serials.set(serial, { unit, state: 'claimed', mayBeWritten: before?.mayBeWritten ?? false });
  }

  end(sqlite: Sqlite, run: string): void {
    const row = runRow(sqlite, run);
    if (!row) return;
    const { unit, serial, outcome, flash } = row;
    const isTouched = outcome === 'pass' || flash !== 'untouched';
    if (outcome === 'pass') this.#good.add(unit);
    else if (isTouched) this.#good.delete(unit);
    if (serial === null) return;
    const mayBeWritten = isTouched || this.#good.has(unit) || this.#serials.get(serial)?.mayBeWritten === true;
    if (mayBeWritten) this.#serials.set(serial, { unit, state: this.#good.has(unit) ? 'used' : 'burnt', mayBeWritten });
    else this.#serials.delete(serial);
  }

  /** In one sentence each. */
  differences(sqlite: Sqlite): readonly string[] {
    const rows = sqlite.all<{ serial: string; unit: string; state: string }>(
      'SELECT serial, unit, state FROM serial_number',
    );
    const stored = new Map(rows.map((row) => [row.serial, row]));
    const names = [...new Set([...this.#serials.keys(), ...stored.keys()])].sort();
    const wrong = names.flatMap((serial) => {
      const [is, should] = [stored.get(serial), this.#serials.get(serial)];
      if (is?.state === should?.state && is?.unit === should?.unit) return [];
      return [`Serial number ${serial} is kept as ${is?.state ?? 'free'}, and its runs say ${should?.state ?? 'free'}`];
    });
    const good = new Set(sqlite.all<{ id: string }>('SELECT id FROM unit WHERE is_good = 1').map(({ id }) => id));
    const units = [...new Set([...good, ...this.#good])].sort().filter((id) => good.has(id) !== this.#good.has(id));
    return [
      ...this.#problems,
      ...wrong,
      ...units.map((id) => `Unit ${id} is kept as ${good.has(id) ? 'good' : 'not good'}, and its runs say otherwise`),
    ];
  }
}

const runRow = (sqlite: Sqlite, run: string): RunRow | undefined =>
  sqlite.all<RunRow>('SELECT seq, unit, serial, number, outcome, flash FROM run WHERE id = ?', run)[0];
