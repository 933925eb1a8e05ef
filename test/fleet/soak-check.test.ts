import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openDatabase } from '../../src/fleet/database.ts';
import { askedGrant, keepNumbers, keepUnits } from '../../src/records/fleet-grants.ts';
import { recordsAfter } from '../../src/records/outbox.ts';
import { life, TestFleet } from '../helpers/fleet.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';
import { failed, measured, openAt, passed, range, recordsFolder, request } from '../helpers/records.ts';
import { checkFleet } from '../soak/fleet/check-fleet.ts';

const postgres = usePostgres();
const station = 'line2-a';
const lot = '2611-A';

/** A station that has made three units, of which the database has all records. */
async function madeFleet() {
  const fleet = await TestFleet.make(postgres.server);
  await using database = await openDatabase(await fleet.join(station), { name: station });
  await fleet.lot(lot, [station], { quantity: 3 });
  const path = join(recordsFolder(), 'records.db');
  const records = openAt(path);
  const own = life();
  const ask = async <Row>(sql: string, ...values: readonly (string | number)[]) =>
    (await database.query<Row>(sql, own, ...values))[0]!;
  await ask("SELECT station_hello($1, 0, repeat('0', 64), '1')");
  for (let time = 0; time < 3; time++) {
    const id = randomUUID();
    const { units } = await ask<{ units: number }>('SELECT station_units($1, $2, $3, 3) AS units', id, lot);
    records.transaction((sqlite) => keepUnits(sqlite, askedGrant(sqlite, 'units', lot, 3, id).id, units));
  }
  const block = randomUUID();
  const numbers = await ask<{ first: number; last: number }>(
    'SELECT * FROM station_numbers($1, $2, $3, 9)',
    block,
    lot,
  );
  records.transaction((sqlite) => keepNumbers(sqlite, askedGrant(sqlite, 'numbers', lot, 9, block).id, numbers));
  for (const end of [passed(), failed(), passed({ measurements: [measured('enter', 12.5)] }), passed()]) {
    const { run } = records.claim(request({ isGranted: true, serial: range(1, 9), quantity: 3 }));
    records.finish(run, end);
  }
  records.note({ operator: 'o', what: 'hold', why: 'w' });
  const rows = records.transaction((sqlite) => recordsAfter(sqlite, 0, 99, 1e6));
  const column = (name: 'kind' | 'ref' | 'hash' | 'content') => rows.map((row) => row[name]);
  await database.query(
    'SELECT station_records($1, 1, $2, $3, $4, $5)',
    ...[own, column('kind'), column('ref'), column('hash'), column('content')],
  );
  records[Symbol.dispose]();
  const centre = await postgres.server.admin(new URL(fleet.address).pathname.slice(1));
  return {
    path,
    centre,
    check: async (shown: readonly string[] = []) =>
      (await checkFleet(centre, [{ name: station, records: path, shown: new Set(shown) }], { [lot]: 3 })).faults,
    /** Changes the file past the station. */
    change: (sql: string) => {
      const file = new (createRequire(import.meta.url)('libsql'))(path);
      file.exec(sql);
      file.close();
    },
    async [Symbol.asyncDispose]() {
      await centre.end();
      await fleet[Symbol.asyncDispose]();
    },
  };
}

postgresTest('a fleet without a fault has none, and a PASS that was shown needs its record', async () => {
  await using made = await madeFleet();
  expect(await made.check()).toEqual([]);
  expect(await made.check(['run-x'])).toEqual([`${station}: a PASS was shown without its record, run run-x`]);
});

const centre = "SET session_replication_role = 'replica'; ";
const cases: readonly (readonly [string, { readonly far?: string; readonly here?: string }, RegExp])[] = [
  ['a record that is not there', { far: 'DELETE FROM bootctl.record WHERE seq = 4' }, /record 4 has not arrived/],
  [
    'a record of nobody',
    {
      far: `INSERT INTO bootctl.record SELECT station, 77, kind, ref, hash, content FROM bootctl.record WHERE seq = 1`,
    },
    /1 records are in the database that it has never made/,
  ],
  [
    'a record that is another one',
    { far: "UPDATE bootctl.record SET content = 'x', hash = encode(sha256('x'), 'hex') WHERE seq = 2" },
    /record 2 has arrived as another one/,
  ],
  [
    'a row that was changed here',
    { here: "UPDATE run SET operator = 'x' WHERE seq = 1" },
    /record 1 is not what was hashed/,
  ],
  [
    'a measurement that is missing',
    { far: 'DELETE FROM bootctl.measurement' },
    /1 measurements, and 0 in the database/,
  ],
  [
    'a number in two units',
    { here: 'UPDATE run SET number = 1, serial = (SELECT serial FROM run WHERE seq = 1) WHERE seq = 4' },
    /number 1 of 2611-A is in two units/,
  ],
  [
    'more good units than the lot has',
    { here: "UPDATE run SET outcome = 'pass' WHERE outcome = 'fail'" },
    /lot 2611-A of 3 has 4 good units/,
  ],
  ['a run without an end', { here: 'UPDATE run SET outcome = NULL, ended_at = NULL WHERE seq = 3' }, /has no end/],
  [
    'blocks that overlap',
    {
      far: `ALTER TABLE bootctl.serial_block DROP CONSTRAINT serial_block_lot_int8range_excl;
        INSERT INTO bootctl.serial_block SELECT gen_random_uuid(), lot, station, last, last + 5 FROM bootctl.serial_block`,
    },
    /blocks that overlap/,
  ],
  [
    'more allotted than there is',
    { far: 'ALTER TABLE bootctl.lot DROP CONSTRAINT lot_check; UPDATE bootctl.lot SET allotted = 9' },
    /more allotted than the lot has/,
  ],
];

for (const [what, { far, here }, fault] of cases)
  postgresTest(`the check of the soak finds ${what}`, async () => {
    await using made = await madeFleet();
    if (far) await made.centre.query(centre + far);
    if (here) made.change(here);
    const faults = await made.check();
    expect(faults.join('\n')).toMatch(fault);
  });
