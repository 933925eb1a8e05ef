import type { Outcome } from '../records.ts';
import { groupBy } from './group-by.ts';
import type { Report } from './report.ts';
import type { ReportMeasurement, ReportRun } from './report-runs.ts';

/** JUnit XML as CI servers read it: a suite for each lot, a case for each run that has ended. */
export function junitLines({ runs, measurements }: Report): readonly string[] {
  const byRun = groupBy(measurements, ({ run }) => run);
  const ended = runs.filter(({ outcome }) => outcome !== null);
  const suites = [...groupBy(ended, ({ lot }) => lot)].flatMap(([lot, its]) => suiteLines(lot, its, byRun));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes(countsOf(ended))}>`,
    ...suites,
    '</testsuites>',
  ];
}

type Measurements = ReadonlyMap<string, readonly ReportMeasurement[]>;

function suiteLines(lot: string, runs: readonly ReportRun[], byRun: Measurements): readonly string[] {
  const [first] = runs;
  const head = {
    name: lot,
    hostname: first!.station,
    timestamp: new Date(first!.started).toISOString(),
    ...countsOf(runs),
  };
  const cases = runs.flatMap((run) => caseLines(run, byRun.get(run.run) ?? []));
  return [`  <testsuite${attributes(head)}>`, ...cases, '  </testsuite>'];
}

const countsOf = (runs: readonly ReportRun[]): Readonly<Record<string, string | number>> => {
  const ended = (outcome: Outcome) => runs.filter((run) => run.outcome === outcome).length;
  const took = runs.reduce((sum, run) => sum + (run.took ?? 0), 0);
  return {
    ...{ tests: runs.length, failures: ended('fail'), errors: ended('error'), skipped: ended('aborted') },
    time: secondsText(took),
  };
};

const secondsText = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);

/** How a run that did not pass is called: the unit failed, the station had an error, a person has broken it off. */
const elements = { fail: 'failure', error: 'error', aborted: 'skipped' } as const;

function caseLines(run: ReportRun, measurements: readonly ReportMeasurement[]): readonly string[] {
  const { serial, attempt, slot, outcome, code, took } = run;
  const name = `${serial ?? run.unit}, attempt ${attempt}`;
  const head = `    <testcase${attributes({ name, classname: `${run.lot}.${slot}`, time: secondsText(took ?? 0) })}>`;
  const properties = measurements.map(
    (one) => `        <property${attributes({ name: one.name, value: `${one.value ?? ''} ${one.unit}`.trim() })}/>`,
  );
  const message = { message: code ?? '', type: code ?? '' };
  return [
    head,
    ...(properties.length === 0 ? [] : ['      <properties>', ...properties, '      </properties>']),
    ...(outcome === null || outcome === 'pass' ? [] : [`      <${elements[outcome]}${attributes(message)}/>`]),
    '    </testcase>',
  ];
}

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');

/** What XML 1.0 allows in no form, not even escaped (section 2.2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Line breaks and tabs too: a parser would make blanks of them. */
const escaped = (text: string): string =>
  text
    .replace(notXml, '\ufffd')
    .replace(/[&<>"]/g, (sign) => entities[sign]!)
    .replace(/[\t\n\r]/g, (sign) => `&#${sign.charCodeAt(0)};`);
