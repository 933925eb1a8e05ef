import { createHash } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import { backupsOf } from '../../src/records/backup.ts';
import { checkRecords } from '../../src/records/check.ts';
import { openSqlite, type Sqlite } from '../../src/records/sqlite.ts';
import {
  failed,
  measured,
  openAt,
  passed,
  recordsFolder,
  request,
  secondsClock,
  someRecords,
  untouched,
} from '../helpers/records.ts';

/** Three units: the second fails, passes again; a number is given back; a note; one run is open. */
function life(records = someRecords()): string {
  const margin = measured('holdMargin', 12.25, { low: 5 });
  records.finish(records.claim(request()).run, passed({ measurements: [margin, margin] }));
  const bad = records.claim(request());
  records.finish(bad.run, failed());
  records.note({ operator: 'L. Costa', what: 'held', why: 'a needle is bent' });
  records.finish(records.claim(request({ again: bad.run })).run, passed({ measurements: [margin] }));
  records.finish(records.claim(request()).run, untouched());
  records.claim(request());
  return records.path;
}

function change(path: string, work: (sqlite: Sqlite) => void): void {
  using sqlite = openSqlite(path);
  work(sqlite);
}

test('records as they were written have no problem', () => {
  expect(checkRecords(life())).toEqual({
    ...{ runs: 5, rows: 10, backups: 0, problems: [] },
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('a hash covers the one before and what was recorded, as canonical JSON', () => {
  const path = join(recordsFolder(), 'records.db');
  const at = 1_795_939_203_000;
  let run = '';
  {
    using records = openAt(path, () => at);
    records.note({ operator: 'L. Costa', what: 'held', why: '"' });
    run = records.claim(request({ serial: undefined, firmware: 'f', profile: 'p', plan: 'q' })).run;
    const measurements = [measured('margin', 12.25, { low: 5 }), measured('margin', 0.1)];
    records.finish(run, passed({ measurements, result: {} }));
  }
  let [event, unit] = ['', ''];
  change(path, (sqlite) => {
    event = sqlite.all<{ id: string }>('SELECT id FROM station_event')[0]!.id;
    unit = sqlite.all<{ id: string }>('SELECT id FROM unit')[0]!.id;
  });
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const note = hash(
    `["${'0'.repeat(64)}","note",{"at":${at},"id":"${event}","operator":"L. Costa","seq":1,"station":"line2-a","what":"held","why":"\\""}]`,
  );
  const claim = hash(
    `["${note}","claim",{"attempt":1,"bootctl":"0.1.0","chip_uid":null,"firmware":"f","id":"${run}","lot":"2611-A","number":null,` +
      `"operator":"M. Ortiz","plan":"q","profile":"p","purpose":"production","seq":1,"serial":null,"slot":"A1","started_at":${at},` +
      `"station":"line2-a","unit":"${unit}"}]`,
  );
  const end = hash(
    `["${claim}","end",{"chip":"F405_407","code":null,"ended_at":${at},"flash":"verified","id":"${run}","method":"rc-cap",` +
      `"outcome":"pass","result":"{}","took_ms":4100},` +
      `{"high":null,"low":5,"name":"margin","outcome":"pass","position":0,"unit":"ms","value":12.25},` +
      `{"high":null,"low":null,"name":"margin","outcome":"pass","position":1,"unit":"ms","value":0.1}]`,
  );
  expect(checkRecords(path)).toMatchObject({ rows: 3, hash: end, problems: [] });
});

test('canonical JSON has the keys in the order of their code units, within arrays too', () => {
  expect(canonicalJson([{ b: 1, a: [{ d: null, c: 'x' }], B: 0.5 }])).toBe(
    '[{"B":0.5,"a":[{"c":"x","d":null}],"b":1}]',
  );
});

const secondRun = 'SELECT id FROM run WHERE seq = 2';
const notFollowing = /^Row 4 of the chain does not follow row 3$/;

test.each([
  {
    name: 'an outcome',
    sql: [`UPDATE run SET outcome = 'pass' WHERE seq = 2`],
    problems: [
      /^Run 2 \(its end or its measurements\) was changed since it was recorded: row 4 of the chain, [0-9a-f-]{36}$/,
    ],
  },
  {
    name: 'a serial number of a run',
    sql: [`UPDATE run SET serial = 'SN009999' WHERE seq = 1`],
    problems: [
      /^Run 1 \(its beginning\) was changed/,
      /^Serial number SN001000 is kept as used, and its runs say free$/,
      /^Serial number SN009999 is kept as free, and its runs say used$/,
    ],
  },
  {
    name: 'a measurement',
    sql: [`UPDATE measurement SET value = 12.5 WHERE run = (SELECT id FROM run WHERE seq = 1) AND position = 1`],
    problems: [/^Run 1 \(its end or its measurements\) was changed/],
  },
  {
    name: 'a measurement that was taken out',
    sql: [`DELETE FROM measurement WHERE run = (SELECT id FROM run WHERE seq = 3)`],
    problems: [/^Run 3 \(its end or its measurements\) was changed/],
  },
  {
    name: 'a run that was taken out',
    sql: [`DELETE FROM run WHERE seq = 2`],
    problems: [
      /^Run [0-9a-f-]{36} is missing: row 3 of the chain speaks of it$/,
      /^Run [0-9a-f-]{36} is missing: row 4 of the chain speaks of it$/,
      /^Run 2 is missing$/,
    ],
  },
  {
    name: 'a run that was taken out of the chain as well',
    sql: [`DELETE FROM chain WHERE ref = (${secondRun})`, `DELETE FROM run WHERE seq = 2`],
    problems: [/^Rows 3 to 4 of the chain are missing$/, /^Run 2 is missing$/],
  },
  {
    name: 'why the station was held',
    sql: [`UPDATE station_event SET why = 'lunch'`],
    problems: [/^Event 1 was changed since it was recorded: row 5 of the chain/],
  },
  {
    name: 'a hash',
    sql: [`UPDATE chain SET hash = '${'1'.repeat(64)}' WHERE seq = 3`],
    problems: [/^Run 2 \(its beginning\) was changed/, notFollowing],
  },
  {
    name: 'a run that came past the chain',
    sql: [
      `INSERT INTO run (id, station, seq, unit, slot, lot, attempt, purpose, operator, firmware, profile, plan, bootctl, started_at)
       SELECT 'x', station, 6, unit, slot, lot, 9, purpose, operator, firmware, profile, plan, bootctl, started_at FROM run WHERE seq = 1`,
    ],
    problems: [/^Run 6 was added past the chain$/],
  },
  {
    name: 'a burnt number that was made free',
    sql: [`DELETE FROM serial_number WHERE serial = 'SN001001'`],
    problems: [/^Serial number SN001001 is kept as free, and its runs say used$/],
  },
  {
    name: 'a good unit that was made a bad one',
    sql: [`UPDATE unit SET is_good = 0 WHERE serial = 'SN001001'`],
    problems: [/^Unit [0-9a-f-]{36} is kept as not good, and its runs say otherwise$/],
  },
])('$name that was changed by hand is found', ({ sql, problems }) => {
  const path = life();
  change(path, (sqlite) => {
    sqlite.run('PRAGMA foreign_keys = OFF');
    for (const statement of sql) expect(sqlite.run(statement)).toBeGreaterThan(0);
  });
  expect(checkRecords(path).problems).toEqual(problems.map((problem) => expect.stringMatching(problem)));
});

test('an end that was cut off is found by a backup that has it', () => {
  const day = 86_400_000;
  const records = someRecords();
  const path = life(records);
  records[Symbol.dispose]();
  const early = `${path}.early`;
  copyFileSync(path, early);
  let now = Date.UTC(2026, 10, 30, 9);
  {
    using records = openAt(path, () => now);
    records.finish(records.claim(request()).run, passed());
    now += day;
    records.finish(records.claim(request()).run, passed());
  }
  expect(backupsOf(path)).toHaveLength(2);
  expect(checkRecords(path)).toMatchObject({ problems: [], backups: 2 });
  copyFileSync(early, path);
  const [first, second] = backupsOf(path).map(({ file }) => file);
  expect(checkRecords(path).problems).toEqual([
    `The backup ${first} has row 11 of the chain, which is missing here`,
    `The backup ${second} has row 15 of the chain, which is missing here`,
  ]);
});

test('no more than twenty problems are told', () => {
  const records = someRecords();
  for (let run = 0; run < 25; run++) records.finish(records.claim(request()).run, passed());
  change(records.path, (sqlite) => void sqlite.run("UPDATE run SET operator = 'nobody'"));
  expect(checkRecords(records.path).problems).toHaveLength(20);
});

test('a good unit that is spoilt when it is programmed again is no problem, nor is one whose flash was left alone', () => {
  const records = someRecords();
  const again = (run: string) => request({ again: run, passedBefore: 'reprogram' });
  for (const end of [failed(), untouched()]) {
    const good = records.claim(request());
    records.finish(good.run, passed());
    records.finish(records.claim(again(good.run)).run, end);
  }
  expect(checkRecords(records.path)).toMatchObject({ runs: 4, problems: [] });
});

test('records without a run are whole', () => {
  expect(checkRecords(someRecords().path)).toEqual({
    runs: 0,
    rows: 0,
    backups: 0,
    hash: '0'.repeat(64),
    problems: [],
  });
});

test('a station that writes meanwhile is no problem', () => {
  const records = someRecords();
  const now = secondsClock();
  for (let run = 0; run < 300; run++) {
    records.finish(records.claim(request({ operator: String(now()) })).run, passed());
    if (run % 100 === 50) expect(checkRecords(records.path).problems).toEqual([]);
  }
  const open = records.claim(request());
  expect(checkRecords(records.path)).toMatchObject({ runs: 301, rows: 601, problems: [] });
  records.finish(open.run, untouched());
  expect(checkRecords(records.path)).toMatchObject({ runs: 301, rows: 602, problems: [] });
});
