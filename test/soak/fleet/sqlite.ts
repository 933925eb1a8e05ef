import { createRequire } from 'node:module';

interface Opened {
  prepare(sql: string): { all(...values: readonly unknown[]): unknown[] };
  close(): void;
}

const require = createRequire(import.meta.url);

/** By none of the code of a station. The file is the same for each SQLite: node's own says on Node 22 that it is experimental. */
const open = (path: string): Opened => new (require('libsql'))(path, { readonly: true, timeout: 1_000 });

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
