import { groupBy } from './group-by.ts';
import type { Report } from './report.ts';
import type { ReportRun } from './report-runs.ts';

type Column = readonly [name: string, value: (run: ReportRun) => string | number | null];

/** The first ones are a contract; more may follow behind the last. Times are ISO 8601, UTC. */
const columns: readonly Column[] = [
  ['run', ({ run }) => run],
  ['serial', ({ serial }) => serial],
  ['outcome', ({ outcome }) => outcome],
  ['code', ({ code }) => code],
  ['station', ({ station }) => station],
  ['slot', ({ slot }) => slot],
  ['lot', ({ lot }) => lot],
  ['started', ({ started }) => isoTime(started)],
  ['ended', ({ ended }) => ended && isoTime(ended)],
  ['seq', ({ seq }) => seq],
  ['attempt', ({ attempt }) => attempt],
  ['purpose', ({ purpose }) => purpose],
  ['operator', ({ operator }) => operator],
  ['number', ({ number }) => number],
  ['unit', ({ unit }) => unit],
  ['chipUid', ({ chipUid }) => chipUid],
  ['chip', ({ chip }) => chip],
  ['method', ({ method }) => method],
  ['flash', ({ flash }) => flash],
  ['tookMs', ({ took }) => took],
  ['firmware', ({ firmware }) => firmware],
  ['profile', ({ profile }) => profile],
  ['plan', ({ plan }) => plan],
  ['bootctl', ({ bootctl }) => bootctl],
];

const isoTime = (at: number): string => new Date(at).toISOString();

/** Lines of RFC 4180, without their ends: a head, then one a run. Measurements follow, a column for each name and unit. */
export function csvLines({ runs, measurements }: Report): readonly string[] {
  const titleOf = ({ name, unit }: { readonly name: string; readonly unit: string }) =>
    unit === '' ? name : `${name} [${unit}]`;
  const titles = [...groupBy(measurements, titleOf).keys()];
  const byRun = groupBy(measurements, ({ run }) => run);
  const valuesOf = (run: string): readonly (number | null)[] => {
    const its = new Map((byRun.get(run) ?? []).map((measurement) => [titleOf(measurement), measurement.value]));
    return titles.map((title) => its.get(title) ?? null);
  };
  const head = [...columns.map(([name]) => name), ...titles];
  return [line(head), ...runs.map((run) => line([...columns.map(([, value]) => value(run)), ...valuesOf(run.run)]))];
}

const line = (cells: readonly (string | number | null)[]): string => cells.map(cell).join(',');

/**
 * Spreadsheets take a text that begins like this for a formula, which may run programs (CWE-1236): an apostrophe makes it a text.
 * The wide forms of East Asian keyboards count as well.
 */
const formula = /^[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** Numbers are ours, and stay numbers. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
