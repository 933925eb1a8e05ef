import { expect } from 'vitest';
import { migrations } from '../../src/records/migrations.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();

postgresTest(
  'the schema of the records is text that PostgreSQL takes too, with the same columns and constraints',
  async () => {
    const { pathname } = new URL(await postgres.server.createDatabase());
    const admin = await postgres.server.admin(pathname.slice(1));
    try {
      for (const statement of migrations.flat()) await admin.query(statement);
      const lot = "INSERT INTO lot (id, opened_at) VALUES ('L1', 1)";
      const unit = "INSERT INTO unit (id, lot, serial, made_at) VALUES ($1, 'L1', $2, 1)";
      await admin.query(lot);
      await admin.query(unit, ['u1', 'SN1']);
      await expect(admin.query(unit, ['u2', 'SN1'])).rejects.toMatchObject({ code: '23505' }); // unique_violation
      await expect(admin.query("UPDATE unit SET is_good = 2 WHERE id = 'u1'")).rejects.toMatchObject({ code: '23514' }); // check_violation
      await expect(
        admin.query("INSERT INTO unit (id, lot, made_at) VALUES ('u3', 'no-such', 1)"),
      ).rejects.toMatchObject({ code: '23503' }); // foreign_key_violation
    } finally {
      await admin.end();
    }
  },
);
