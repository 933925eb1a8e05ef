import { seconds } from '../../base/text.ts';
import type { ReportMeasurement } from '../../records/report/report-runs.ts';
import type { UnitLife } from '../../records/unit-life.ts';
import { tableLines } from './table.ts';

/** The life of a unit for a terminal. */
export function lifeLines(life: UnitLife): readonly string[] {
  const { unit, serial, chipUid, lot, isGood, serials, runs } = life;
  const others = serials.filter((one) => one.serial !== serial || one.state !== 'used');
  return [
    `${serial ?? `unit ${unit}`}: ${isGood ? 'good' : 'not good'}, lot ${lot}${chipUid === null ? '' : `, chip ${chipUid}`}`,
    ...others.map((one) => `  serial number ${one.serial}: ${one.state}`),
    ...tableLines(
      ['run', 'attempt', 'slot', 'serial', 'started', 'took', 'outcome', 'code', 'flash', 'operator', 'purpose'],
      runs.map((run) => [
        ...[String(run.seq), String(run.attempt), run.slot, run.serial ?? '', new Date(run.started).toISOString()],
        ...[run.took === null ? '' : seconds(run.took), run.outcome ?? 'running', run.code ?? '', run.flash ?? ''],
        ...[run.operator, run.purpose],
      ]),
    ).map((line) => `  ${line}`),
    ...runs.flatMap(({ seq, measurements }) => measurements.map((one) => `  run ${seq}: ${measurementText(one)}`)),
    '',
  ];
}

function measurementText({ name, value, unit, low, high, outcome }: ReportMeasurement): string {
  const limits = [low === null ? [] : `from ${low}`, high === null ? [] : `to ${high}`].flat().join(' ');
  const allowed = limits === '' ? '' : ` (${limits} ${unit}: ${outcome})`;
  return `${name} ${value === null ? 'no number' : Number(value.toPrecision(6))} ${unit}${allowed}`;
}
