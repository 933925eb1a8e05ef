import { existsSync } from 'node:fs';
import { BootctlError } from '../base/errors.ts';
import { schemaOf } from './migrations.ts';
import { openSqliteToRead, type Sqlite } from './sqlite.ts';
import { withRecords } from './trouble.ts';

/**
 * Reads the records of a station, also while it runs. The writer waits for each statement, so that none may last long.
 * @throws BootctlError `records-missing`, `records-unwritable`, `records-damaged`, `records-newer`
 */
export function readRecords<Result>(path: string, read: (sqlite: Sqlite) => Result): Result {
  if (!existsSync(path)) throw new BootctlError('records-missing', `There are no records at ${path}`);
  return withRecords(path, () => {
    using sqlite = openSqliteToRead(path);
    schemaOf(sqlite, path);
    return read(sqlite);
  });
}
