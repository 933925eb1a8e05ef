import { BootctlError } from '../../base/errors.ts';
import type { ClaimRequest, Instant, Records } from '../../records/records.ts';
import type { JigPlan } from '../plan/jig-plan.ts';
import { refusedBy } from '../refusal-reason.ts';
import { fieldValues, storableRow } from '../unit-data/fields.ts';
import { scannedCode, scannedSerial } from '../unit-data/scanned-code.ts';
import { serialFormat } from '../unit-data/serial-format.ts';
import type { FieldValues } from '../unit-data/template.ts';
import { goldenPatches, patchTemplate, unitPatches } from '../unit-data/unit-patches.ts';
import type { StationUnits } from './station-spec.ts';

type Serial = ClaimRequest['serial'];

/**
 * Serial numbers and bytes of the units, as jig.yaml says. `rows`: of its CSV file; `serialsInUse` is asked for those once, so that
 * a file of thousands is not tried row by row. @throws BootctlError those of `serialsInUse`
 */
export function stationUnits(
  { lot, unit }: Pick<JigPlan, 'lot' | 'unit'>,
  rows: readonly FieldValues[],
  now: () => Instant,
  serialsInUse: Records['serialsInUse'],
): StationUnits {
  const { serial } = unit;
  const column = serial?.from === 'csv' ? serial.column : '';
  const rowOf = new Map(rows.map((row) => [row[column] ?? '', row]));
  const dataOf = (serial: string | undefined) => rowOf.get(serial ?? '') ?? {};
  const taken = new Set(serialsInUse([...rowOf.keys()]));
  const templates = unit.patch.map((text, index) => patchTemplate(text, `patch ${index + 1}`));
  return {
    labelOf(code) {
      if (serial?.from === 'scan') return scannedSerial(code, serial);
      const label = scannedCode(code);
      if (serial?.from !== 'csv' || rowOf.has(label)) return label;
      const message = `${JSON.stringify(label)} is no serial number of ${serial.file}`;
      throw refusedBy({ code: 'label-foreign', label }, 'unit-refused', message);
    },
    *serialsFor(label): Generator<Serial> {
      if (serial === undefined) yield undefined;
      else if (serial.from === 'range') yield { ...serial, format: serialFormat(serial.format, lot, serial) };
      else if (label !== undefined) yield { text: label };
      else if (serial.from === 'scan') throw refused('no label was scanned');
      else for (const text of rowOf.keys()) if (!taken.has(text)) yield { text };
    },
    take: (text) => taken.add(text),
    giveBack: (text) => taken.delete(text),
    storedDataOf: ({ serial }) => storableRow(dataOf(serial), unit.secret),
    patchesOf: (claimed, { purpose, chipUid: uid }) => {
      const row = dataOf(claimed.serial);
      const values = fieldValues({ ...claimed, lot, at: now(), uid, row });
      return purpose === 'golden' ? goldenPatches(templates, values) : unitPatches(templates, values);
    },
  };
}

const refused = (message: string): BootctlError => new BootctlError('unit-refused', message);
