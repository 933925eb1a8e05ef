import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openSqlite } from '../../src/records/sqlite.ts';
import { jsonLines, runCli, untouchableBench } from '../helpers/cli-context.ts';
import { failed, keptRecordsFolder, measured, openAt, passed, request, untouched } from '../helpers/records.ts';

const jig = (...argv: readonly string[]) => runCli(['jig', ...argv], { openBench: untouchableBench });

/** What a scan may say. */
const nasty = "=cmd|'/c calc'!A1\u001b[31m\n<b>\"";
const chip = '0123456789abcdef01234567';

const folder = keptRecordsFolder();
const path = join(folder, 'records.db');

beforeAll(() => {
  using records = openAt(path);
  const margin = measured('holdMargin', 12.25, { low: 5 });
  records.finish(records.claim(request()).run, passed({ measurements: [margin] }));
  const bad = records.claim(request({ slot: 'A2', chipUid: chip }));
  records.finish(bad.run, failed({ measurements: [measured('holdMargin', 4.5 + 1e-13, { low: 5, outcome: 'fail' })] }));
  records.finish(records.claim(request({ slot: 'A2', again: bad.run })).run, passed({ measurements: [margin] }));
  records.finish(records.claim(request()).run, failed());
  records.finish(records.claim(request()).run, untouched({ outcome: 'error', code: 'adapter-lost' }));
  records.finish(records.claim(request({ serial: { text: nasty } })).run, passed());
  records.claim(request());
});

describe('jig report', () => {
  test('shows yield, causes, measurements and serial numbers', async () => {
    const { status, stdout, stderr } = await jig('report', path);
    expect([status, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/records\.db: line2-a, 7 runs from 20\d\d-\d\d-\d\d \d\d:\d\d to /);
    const squeezed = lines.map((line) => line.trim().replace(/ {2,}/g, '|'));
    expect(squeezed).toContain('units|good|yield|first pass|retest OK|pass|fail|error|aborted');
    // Good: 1000, 1001 at its second try, and the label. 1002 failed.
    expect(squeezed).toContain('all|4|3|75.0 %|50.0 %|1 of 2|3|2|1|0');
    expect(squeezed).toContain('slot A2|1|1|100.0 %|0.0 %|1 of 1|1|1|0|0');
    expect(squeezed).toContain('fail|verify-mismatch|2|66.7 %|66.7 %|A1: 1, A2: 1');
    expect(squeezed).toContain('error|adapter-lost|1|33.3 %|100.0 %|A1: 1');
    // 12.25, 4.5, 12.25: mean 9.6667; distances 2.5833, -5.1667, 2.5833: squares 40.0417; / 2 = 20.0208, root 4.4745.
    // (9.6667 - 5) / (3 × 4.4745) = 0.3476.
    expect(squeezed).toContain('holdMargin|all|ms|3|9.667|4.474|4.5|12.25|5|–|1|0.35|–|–');
    expect(squeezed).toContain('lot 2611-A, 1000 to 1999: 2 used, 1 burnt, 1 claimed, 996 free');
    expect(squeezed).toContain('burnt: 1002');
  });

  test('with --json has the same figures, and a result', async () => {
    const { status, stdout } = await jig('report', path, '--json');
    const [report, result] = jsonLines(stdout);
    expect(status).toBe(0);
    expect(report).toMatchObject({
      event: 'report',
      runs: 7,
      yields: { total: { units: 4, passed: 3, firstPass: 2, retestOk: 1 } },
      numbers: [{ lot: '2611-A', used: [1000, 1001], burnt: [1002], claimed: [1003], free: 996 }],
    });
    expect(result).toMatchObject({ event: 'result', ok: true, exitCode: 0 });
  });

  test('with --csv has one harmless line for each run, whatever was scanned', async () => {
    const { status, stdout } = await jig('report', path, '--csv');
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(8);
    expect(lines[0]).toMatch(/^run,serial,outcome,code,station,slot,lot,started,ended,/);
    expect(lines[1]).toContain(',SN001000,pass,,line2-a,A1,2611-A,2026-11-29T08:00:');
    expect(lines[6]).toContain(`,"'=cmd|'/c calc'!A1\\u001b[31m\\u000a<b>""",pass,,line2-a,A1,`);
  });

  test('with --junit is XML, whatever was scanned', async () => {
    const { status, stdout } = await jig('report', path, '--junit');
    expect(status).toBe(0);
    expect(stdout).toContain('<testsuites tests="6" failures="2" errors="1" skipped="0"');
    expect(stdout).toContain(`name="=cmd|'/c calc'!A1\ufffd[31m&#10;&lt;b&gt;&quot;, attempt 1"`);
  });

  test('takes one lot, and the runs since a day', async () => {
    expect((await jig('report', path, '--lot', 'other')).stdout).toBe(`${path}: no runs\n`);
    expect((await jig('report', path, '--since', '2026-12-01')).stdout).toBe(`${path}: no runs\n`);
    expect((await jig('report', path, '--since', '2026-11-01', '--json')).stdout).toContain('"runs":7');
    const { status, stderr } = await jig('report', path, '--since', 'yesterday');
    expect([status, stderr]).toEqual([2, expect.stringContaining('Give a day, such as 2026-11-29.')]);
  });

  test('defines each figure in its help', async () => {
    const { stdout } = await jig('report', '--help');
    for (const word of ['units', 'good', 'yield', 'first pass', 'retest OK', 'Cpk', 'drift', 'burnt', 'free'])
      expect(stdout).toMatch(new RegExp(`^  ${word} {2,}\\S`, 'm'));
  });

  test('finds the records by the jig.yaml of the current folder, or by the one that is named', async () => {
    const yaml = join(folder, 'jig.yaml');
    writeFileSync(
      yaml,
      'station: line2-a\nlot: 2611-A\nprofile: rc-cap\nimage: [not-there.hex]\nrecords: ./records.db\n',
    );
    const inFolder = await runCli(['jig', 'report'], { cwd: folder, openBench: untouchableBench });
    expect([inFolder.status, inFolder.stderr]).toEqual([0, '']);
    expect(inFolder.stdout).toContain(`${path}: line2-a, 7 runs`);
    expect((await jig('unit', 'SN001000', yaml)).stdout).toContain('SN001000: good');
    expect((await jig('report', yaml, '--check')).stdout).toContain(`${path}: 7 runs and 13 rows`);
  });

  test('without a jig.yaml says so', async () => {
    const { status, stderr } = await runCli(['jig', 'report'], {
      cwd: join(folder, '..'),
      openBench: untouchableBench,
    });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^bootctl: jig\.yaml cannot be read \(ENOENT\) \[jig-invalid\]\n/),
    ]);
  });

  test('of records that are not there says so, and makes none', async () => {
    const { status, stderr } = await jig('report', join(folder, 'no.db'));
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^bootctl: There are no records at .*no\.db \[records-missing\]\n/),
    ]);
  });
});

describe('jig report --check', () => {
  test('says that all is as it was, and the hash of the last row', async () => {
    const { status, stdout } = await jig('report', path, '--check');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /7 runs and 13 rows of the chain are as they were recorded\ncompared with 0 backups\nhash of the last row: [0-9a-f]{64}\n$/,
    );
    const { stdout: json } = await jig('report', path, '--check', '--json');
    expect(jsonLines(json)).toMatchObject([{ event: 'records.checked', runs: 7, problems: [] }, { ok: true }]);
  });

  test('names what was changed, with exit status 7', async () => {
    const changed = join(folder, 'changed.db');
    {
      using records = openAt(changed);
      records.finish(records.claim(request()).run, failed());
    }
    {
      using sqlite = openSqlite(changed);
      sqlite.run("UPDATE run SET outcome = 'pass', code = NULL");
    }
    const { status, stdout, stderr } = await jig('report', changed, '--check');
    expect(status).toBe(7);
    expect(stdout).toMatch(
      /^Run 1 \(its end or its measurements\) was changed since it was recorded: row 2 of the chain, /,
    );
    expect(stderr).toMatch(
      /^bootctl: .*changed\.db is not as it was recorded: Run 1 .* \[records-changed\]\n {2}Compare/,
    );
    const json = await jig('report', changed, '--check', '--json');
    expect(json.status).toBe(7);
    expect(jsonLines(json.stdout)).toMatchObject([
      {
        event: 'records.checked',
        problems: [
          expect.stringContaining('Run 1'),
          expect.stringContaining('SN001000 is kept as burnt'),
          expect.stringContaining('is kept as not good'),
        ],
      },
      { event: 'result', ok: false, exitCode: 7, error: { code: 'records-changed' } },
    ]);
  });
});

describe('jig unit', () => {
  test('shows each run of a unit', async () => {
    const { status, stdout } = await jig('unit', 'SN001001', path);
    expect(status).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().replace(/ {2,}/g, '|'));
    expect(lines).toEqual([
      `SN001001: good, lot 2611-A, chip ${chip}`,
      'run|attempt|slot|serial|started|took|outcome|code|flash|operator|purpose',
      expect.stringMatching(
        /^2\|1\|A2\|SN001001\|2026-11-29T08:00:\d\d\.000Z\|4\.10 s\|fail\|verify-mismatch\|differs\|M\. Ortiz\|production$/,
      ),
      expect.stringMatching(
        /^3\|2\|A2\|SN001001\|2026-11-29T08:00:\d\d\.000Z\|4\.10 s\|pass\|verified\|M\. Ortiz\|production$/,
      ),
      'run 2: holdMargin 4.5 ms (from 5 ms: fail)',
      'run 3: holdMargin 12.25 ms (from 5 ms: pass)',
    ]);
  });

  test('is found by its chip as well, and with --json has all that is recorded', async () => {
    const { stdout } = await jig('unit', chip, path, '--json');
    expect(jsonLines(stdout)).toMatchObject([
      {
        event: 'unit',
        serial: 'SN001001',
        isGood: true,
        serials: [{ serial: 'SN001001', state: 'used' }],
        runs: [
          { seq: 2, outcome: 'fail', measurements: [{ name: 'holdMargin', value: 4.5 }] },
          { seq: 3, outcome: 'pass' },
        ],
      },
      { event: 'result', ok: true },
    ]);
  });

  test('a number that was given back leads to the unit that had it, and to the one that has it', async () => {
    const { stdout } = await jig('unit', 'SN001003', path);
    expect(stdout).toMatch(/^unit [0-9a-f-]{36}: not good, lot 2611-A\n/);
    expect(stdout).toContain('\nSN001003: not good, lot 2611-A\n');
    expect(stdout).toMatch(/serial number SN001003: claimed/);
    expect(stdout).toMatch(/ error +adapter-lost +untouched /);
    expect(stdout).toMatch(/ running /);
  });

  test('what was scanned does nothing to the terminal', async () => {
    const { stdout } = await jig('unit', nasty, path);
    expect(stdout).toContain('\\u001b[31m\\u000a<b>');
    expect(stdout).not.toContain('\u001b');
  });

  test('one that nobody knows is unknown, with names that are near', async () => {
    const { status, stderr } = await jig('unit', 'SN00100', path);
    expect(status).toBe(2);
    expect(stderr).toContain(`No unit "SN00100" is in ${path} (did you mean "SN001000" or "SN001001" or "SN001002"?)`);
    const json = await jig('unit', 'SN00100', path, '--json');
    expect(jsonLines(json.stdout)).toMatchObject([{ event: 'result', ok: false, error: { code: 'unit-unknown' } }]);
  });
});
