import { createRequire } from 'node:module';

interface Opened {
  prepare(sql: string): { all(...values: readonly unknown[]): unknown[] };
  close(): void;
}

const require = createRequire(import.meta.url);

/** By the SQLite that a station has, node's own or libsql, and by none of its code. */
function open(path: string): Opened {
  try {
    const { DatabaseSync } = require('node:sqlite');
    return new DatabaseSync(path, { readOnly: true });
  } catch {
    return new (require('libsql'))(path, { readonly: true, timeout: 1_000 });
  }
}

/** The records of a station, read only. */
export class RecordsFile implements Disposable {
  readonly #database: Opened;

  constructor(path: string) {
    this.#database = open(path);
  }

  rows<Row>(sql: string, ...values: readonly unknown[]): readonly Row[] {
    return this.#database.prepare(sql).all(...values) as Row[];
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
