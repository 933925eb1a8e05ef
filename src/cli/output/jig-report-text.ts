import { amount } from '../../base/text.ts';
import type { NumberAccount } from '../../records/number-account.ts';
import type { MeasuredFigure } from '../../records/report/measurements.ts';
import type { Report } from '../../records/report/report.ts';
import type { Cause, Yield, Yields } from '../../records/report/yields.ts';
import { isSimulatedRun } from '../../records/simulated-runs.ts';
import { tableLines } from './table.ts';

/** What each figure is: in the help, and in short beside the tables. */
export const definitionLines: readonly string[] = [
  'units       that ended as pass or fail at least once, in production; a unit belongs to the slot and the day of its first such run',
  'good        units whose last run that changed anything has passed',
  'yield       good of units',
  'first pass  units whose first run that ended as pass or fail has passed, of units',
  'retest OK   units that are good although their first such run has failed, of those whose first has failed',
  'pass, fail  runs: fail is the unit (entry, protocol, protection, verify, application, a limit, a step)',
  'error       runs that the station has broken off (adapter, rights, a process that died); they are in no yield',
  'aborted     runs that a person has broken off; they are in no yield',
  'share       of all runs that did not pass; cumulative: with the causes above',
  'deviation   standard deviation of all values of the runs that ended as pass or fail (n − 1)',
  'outside     runs whose value was outside of the limits that they had',
  'Cpk         from the mean to the nearer of the newest limits, in units of three such deviations (some call it Ppk)',
  'drift       slope of a straight line through the last 200 values of a slot, for 100 runs; 20 at least',
  'limit in    runs until that line crosses a limit, where its slope is at least 4 of its standard errors; an alarm for 500 or less',
  '            (a hold margin without a limit has one at 0)',
  'used        serial numbers in units that have passed',
  'burnt       that may be in a unit that has not passed: no other unit gets them',
  'free        that nobody has: never claimed, or given back because the flash was not touched',
];

/** The report for a terminal. */
export function reportLines(path: string, report: Report): readonly string[] {
  const { runs, yields, causes, figures, numbers } = report;
  const [first, last] = [runs.at(0), runs.at(-1)];
  if (!first || !last) return [`${path}: no runs`];
  const kind = isSimulatedRun(first) ? ', simulated units' : '';
  const head = `${path}: ${first.station}${kind}, ${amount(runs.length, 'runs')} from ${localTime(first.started)} to ${localTime(last.started)}`;
  return [
    head,
    ...section('Yield', yieldLines(yields)),
    ...section('Runs that did not pass', causes.length === 0 ? ['none'] : causeLines(causes)),
    ...(figures.length === 0 ? [] : section('Measurements', figureLines(figures))),
    ...(figures.some(({ drift }) => drift?.isAlarm) ? section('Alarms', alarmLines(figures)) : []),
    ...(numbers.length === 0 ? [] : section('Serial numbers', numbers.flatMap(numberLines))),
    '',
    '`bootctl jig report --help` defines each figure.',
  ];
}

const section = (title: string, lines: readonly string[]): readonly string[] => [
  '',
  title,
  ...lines.map((line) => `  ${line}`),
];

function localTime(at: number): string {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16).replace('T', ' ');
}

const none = '–';
const percent = (part: number, whole: number): string =>
  whole === 0 ? none : `${((part / whole) * 100).toFixed(1)} %`;

/** Four significant digits, without an exponent for usual sizes. */
const figure = (value: number | undefined): string =>
  value === undefined ? none : String(Number(value.toPrecision(4)));

const yieldHead = ['', 'units', 'good', 'yield', 'first pass', 'retest OK', 'pass', 'fail', 'error', 'aborted'];

function yieldLines({ total, byLot, bySlot, byDay }: Yields): readonly string[] {
  const row = (name: string, { units, passed, firstPass, retestOk, runs }: Yield): readonly string[] => [
    ...[name, String(units), String(passed), percent(passed, units), percent(firstPass, units)],
    ...[`${retestOk} of ${units - firstPass}`, ...Object.values(runs).map(String)],
  ];
  const rows = (word: string, yields: readonly (Yield & { readonly name: string })[]) =>
    yields.map((one) => row(`${word} ${one.name}`, one));
  return tableLines(yieldHead, [
    row('all', total),
    ...rows('lot', byLot),
    ...rows('slot', bySlot),
    ...rows('day', byDay),
  ]);
}

const causeLines = (causes: readonly Cause[]): readonly string[] =>
  tableLines(
    ['outcome', 'cause', 'runs', 'share', 'cumulative', 'slots'],
    causes.map(({ outcome, code, runs, share, cumulative, slots }) => [
      ...[outcome, code, String(runs), percent(share, 1), percent(cumulative, 1)],
      slots.map((one) => `${one.slot}: ${one.runs}`).join(', '),
    ]),
  );

const figureHead = ['', 'slot', 'unit', 'runs', 'mean', 'deviation', 'min', 'max', 'low', 'high', 'outside', 'Cpk'];

const figureLines = (figures: readonly MeasuredFigure[]): readonly string[] =>
  tableLines(
    [...figureHead, 'drift', 'limit in'],
    figures.map(({ name, slot, unit, n, mean, deviation, min, max, low, high, outside, cpk, drift }) => [
      ...[slot === undefined ? name : '', slot ?? 'all', unit, String(n)],
      ...[mean, deviation, min, max, low, high].map(figure),
      ...[String(outside), cpk === undefined ? none : cpk.toFixed(2)],
      ...[figure(drift?.perHundredRuns), figure(drift?.crossesIn)],
    ]),
  );

const alarmLines = (figures: readonly MeasuredFigure[]): readonly string[] =>
  figures.flatMap(({ name, slot, unit, drift }) => {
    if (!drift?.isAlarm) return [];
    const moves = `${name} moves by ${figure(drift.perHundredRuns)} ${unit} in 100 runs and is ${figure(drift.now)} ${unit} now`;
    return [
      `${slot}: ${moves}: it crosses its limit of ${figure(drift.limit)} ${unit} in about ${drift.crossesIn} runs`,
    ];
  });

function numberLines({ lot, first, last, used, burnt, claimed, free }: NumberAccount): readonly string[] {
  const counts = `${used.length} used, ${burnt.length} burnt, ${claimed.length} claimed, ${free} free`;
  return [`lot ${lot}, ${first} to ${last}: ${counts}`, ...(burnt.length === 0 ? [] : [`  burnt: ${spans(burnt)}`])];
}

/** `1003, 1007–1009`. */
function spans(numbers: readonly number[]): string {
  const found: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const current = found.at(-1);
    if (current && current.last === number - 1) current.last = number;
    else found.push({ first: number, last: number });
  }
  return found.map(({ first, last }) => (first === last ? String(first) : `${first}–${last}`)).join(', ');
}

/** The report for `--json`, without its runs: those are in `--csv`. */
export function reportValues({ runs, yields, causes, figures, numbers }: Report): object {
  return { runs: runs.length, yields, causes, figures, numbers };
}
