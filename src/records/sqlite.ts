import { createRequire } from 'node:module';
import type LibsqlDatabase from 'libsql';
import type { Milliseconds } from '../base/units.ts';

/** What is stored and bound: whole numbers up to 2^53 and doubles are numbers. */
export type SqlValue = string | number | null;

/** One SQLite file. Each statement is a text of ours; what comes from outside is bound to its `?`. */
export interface Sqlite extends Disposable {
  /** Returns how many rows were changed. */
  run(sql: string, ...values: readonly SqlValue[]): number;
  all<Row>(sql: string, ...values: readonly SqlValue[]): readonly Row[];
  /** All of it is on the disk when it returns, or nothing is. Of a reader: all of it sees the same state. */
  transaction<Result>(work: () => Result): Result;
}

/** The two engines: Node's own from 22.13 on, and libsql, whose binary is in its npm package. */
export type Engine = 'node' | 'libsql';

/** How long a lock of another process is waited for: a reader has it for some ms, a copy of a large file for longer. Ours. */
const busyTimeout: Milliseconds = 5000;

/** What both engines have in common. */
interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): unknown;
  close(): unknown;
}

interface Statement {
  run(values: readonly SqlValue[]): { readonly changes: number | bigint };
  all(values: readonly SqlValue[]): readonly unknown[];
}

interface OpenedDatabase {
  readonly database: Database;
  readonly statement: (sql: string) => Statement;
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => Database;
}

interface NodeStatement {
  run(...values: readonly SqlValue[]): { readonly changes: number | bigint };
  all(...values: readonly SqlValue[]): readonly unknown[];
}

/** The engine that is taken. */
export const engineHere = (): Engine => (nodeSqlite() ? 'node' : 'libsql');

export interface OpenOptions {
  readonly engine?: Engine | undefined;
  /** How long a lock of another process is waited for. */
  readonly lockTimeout?: Milliseconds | undefined;
}

/**
 * Opens a file for writing, and makes it where there is none. The journal stays a file of its own that is emptied, so that a commit
 * is on the disk without its folder being synchronised. @throws the engine's error; `sqliteTrouble` says what it means
 */
export const openSqlite = (path: string, options: OpenOptions = {}): Sqlite =>
  openWith(path, options, 'BEGIN IMMEDIATE', [
    ...['PRAGMA journal_mode = TRUNCATE', 'PRAGMA synchronous = FULL', 'PRAGMA foreign_keys = ON'],
  ]);

/** Opens a file that is there. Nothing can be written by it; what a killed writer has left half done is undone first. */
export const openSqliteToRead = (path: string, options: OpenOptions = {}): Sqlite =>
  openWith(path, options, 'BEGIN', ['PRAGMA query_only = ON']);

/**
 * Holds a file that nobody else can hold at the same time; the system lets go of it when the process dies, however it dies.
 * @throws the engine's error, `locked` at once where another has it
 */
export const holdSqlite = (path: string, engine?: Engine): Disposable =>
  openWith(path, { engine, lockTimeout: 0 }, 'BEGIN', ['BEGIN EXCLUSIVE']);

/** `begin` begins its transactions. The timeout comes first: any other statement may meet the lock of another process. */
function openWith(path: string, options: OpenOptions, begin: string, statements: readonly string[]): Sqlite {
  const { engine = engineHere(), lockTimeout = busyTimeout } = options;
  const opened = engine === 'node' ? openNode(path) : openLibsql(path);
  try {
    opened.database.exec(`PRAGMA busy_timeout = ${lockTimeout}`);
    for (const statement of statements) opened.database.exec(statement);
    return new OpenSqlite(opened, begin);
  } catch (error) {
    opened.database.close();
    throw error;
  }
}

/** What an error of either engine says about the file; undefined where it is none of theirs, or a mistake of ours. */
export function sqliteTrouble(error: unknown): SqliteTrouble | undefined {
  const { code, rawCode, errcode } = error as { code?: string; rawCode?: number; errcode?: number };
  if (code !== 'ERR_SQLITE_ERROR' && !code?.startsWith('SQLITE_')) return undefined;
  return troubles[(rawCode ?? errcode ?? 0) & 0xff];
}

export type SqliteTrouble = 'full' | 'locked' | 'damaged' | 'unwritable';

/** Primary result codes: the low eight bits of what SQLite says (sqlite.org/rescode.html). */
const troubles: Readonly<Record<number, SqliteTrouble>> = {
  3: 'unwritable', // SQLITE_PERM
  5: 'locked', // SQLITE_BUSY
  6: 'locked', // SQLITE_LOCKED
  8: 'unwritable', // SQLITE_READONLY
  10: 'unwritable', // SQLITE_IOERR
  11: 'damaged', // SQLITE_CORRUPT
  13: 'full', // SQLITE_FULL
  14: 'unwritable', // SQLITE_CANTOPEN
  26: 'damaged', // SQLITE_NOTADB
};

class OpenSqlite implements Sqlite {
  readonly #database: Database;
  readonly #prepare: (sql: string) => Statement;
  readonly #begin: string;
  readonly #statements = new Map<string, Statement>();
  #isInTransaction = false;
  #isOpen = true;

  constructor({ database, statement }: OpenedDatabase, begin: string) {
    this.#database = database;
    this.#prepare = statement;
    this.#begin = begin;
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    return Number(this.#statement(sql).run(values).changes);
  }

  all<Row>(sql: string, ...values: readonly SqlValue[]): readonly Row[] {
    return this.#statement(sql).all(values) as readonly Row[];
  }

  transaction<Result>(work: () => Result): Result {
    this.#database.exec(this.#begin);
    this.#isInTransaction = true;
    try {
      const result = work();
      this.#database.exec('COMMIT');
      this.#isInTransaction = false;
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** A full disk may have rolled it back already. */
  #rollBack(): void {
    this.#isInTransaction = false;
    try {
      this.#database.exec('ROLLBACK');
    } catch {}
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // libsql keeps the locks of a transaction beyond `close` where there are statements.
    if (this.#isInTransaction) this.#rollBack();
    this.#statements.clear();
    this.#database.close();
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function openNode(path: string): OpenedDatabase {
  const database = new (nodeSqlite()!.DatabaseSync)(path);
  const statement = (sql: string): Statement => {
    const prepared = database.prepare(sql) as NodeStatement;
    return { run: (values) => prepared.run(...values), all: (values) => prepared.all(...values) };
  };
  return { database, statement };
}

function openLibsql(path: string): OpenedDatabase {
  // Its binary is not loaded where Node has one.
  const Libsql = createRequire(import.meta.url)('libsql') as typeof LibsqlDatabase;
  const database = libsqlAt(Libsql, path);
  return { database, statement: (sql) => database.prepare(sql) as unknown as Statement };
}

/** A file that libsql cannot open is an error without its code, which stands at the end of the text. */
function libsqlAt(Libsql: typeof LibsqlDatabase, path: string): LibsqlDatabase.Database {
  try {
    return new Libsql(path);
  } catch (cause) {
    const [, code] = /: (\d+)"\)$/.exec(String(cause)) ?? [];
    throw Object.assign(new Error('unable to open database file', { cause }), {
      code: 'SQLITE_CANTOPEN',
      rawCode: Number(code ?? 14),
    });
  }
}

/** Node says of each release line before 25 that the module is experimental, on standard error of every command. */
function nodeSqlite(): SqliteModule | undefined {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule?.('node:sqlite') as SqliteModule | undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}
