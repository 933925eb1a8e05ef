import { expect } from 'vitest';
import { migrate, migrations, requireSchema } from '../../src/fleet/centre/migrations.ts';
import { openDatabase } from '../../src/fleet/database.ts';
import { TestFleet } from '../helpers/fleet.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();

/** What a later version would bring. */
const nextStep = [
  'ALTER TABLE lot ADD COLUMN customer TEXT',
  "UPDATE lot SET customer = 'known before' WHERE customer IS NULL",
  'ALTER TABLE lot ALTER COLUMN customer SET NOT NULL',
];

postgresTest('a fleet of the version before keeps its rows, its stations and their rights', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  await using station = await openDatabase(await fleet.join('a'), { name: 'a' });
  await fleet.lot('L1', ['a']);
  await station.query("SELECT station_hello('one', 0, '', '1')");
  await station.query("SELECT station_units('one', gen_random_uuid(), 'L1', 20)");
  const rows = () =>
    fleet.office.query<{ name: string; rows: number }>(
      `SELECT relname AS name, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM bootctl.%I', relname), false, true, '')))[1]::text::int AS rows
     FROM pg_class WHERE relnamespace = 'bootctl'::regnamespace AND relkind = 'r' AND relname <> 'migration' ORDER BY 1`,
    );
  const before = await rows();
  expect(before).toContainEqual({ name: 'allotment', rows: 1 });
  const steps = [...migrations, nextStep];
  expect(await migrate(fleet.office, steps)).toEqual({ from: migrations.length, to: migrations.length + 1 });
  expect(await migrate(fleet.office, steps)).toEqual({ from: migrations.length + 1, to: migrations.length + 1 });
  expect(await rows()).toEqual(before);
  expect(await fleet.office.query('SELECT id, allotted, customer FROM lot')).toEqual([
    { id: 'L1', allotted: 20, customer: 'known before' },
  ]);
  // The same connection goes on, with functions that were made anew.
  expect(await station.query("SELECT station_units('one', gen_random_uuid(), 'L1', 20) AS units")).toEqual([
    { units: 20 },
  ]);
  await expect(station.query('SELECT * FROM lot')).rejects.toMatchObject({ code: 'fleet-refused' });
  // The bootctl of before does not touch it.
  await expect(migrate(fleet.office)).rejects.toMatchObject({ code: 'fleet-newer' });
  await expect(requireSchema(fleet.office)).rejects.toMatchObject({ code: 'fleet-newer' });
});

postgresTest('a step that fails leaves everything as it was', async () => {
  await using fleet = await TestFleet.make(postgres.server);
  const steps = [...migrations, ['ALTER TABLE lot ADD COLUMN customer TEXT', 'SELECT 1 / 0']];
  await expect(migrate(fleet.office, steps)).rejects.toThrow('division by zero');
  expect(await migrate(fleet.office)).toEqual({ from: migrations.length, to: migrations.length });
  await expect(fleet.office.query('SELECT customer FROM lot')).rejects.toThrow('does not exist');
});

postgresTest('a database without a fleet, or with one of an older version, asks for fleet init', async () => {
  await using database = await openDatabase(await postgres.server.createDatabase(), { name: 'test' });
  await expect(requireSchema(database)).rejects.toMatchObject({ code: 'fleet-missing' });
  await migrate(database);
  await requireSchema(database);
  await database.query('DELETE FROM migration');
  await expect(requireSchema(database)).rejects.toMatchObject({
    code: 'fleet-missing',
    message: `The database has schema 0, and this bootctl needs ${migrations.length}`,
  });
});
