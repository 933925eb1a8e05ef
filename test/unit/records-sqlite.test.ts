import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Engine,
  engineHere,
  holdSqlite,
  openSqlite,
  openSqliteToRead,
  sqliteTrouble,
} from '../../src/records/sqlite.ts';
import { recordsFolder } from '../helpers/records.ts';

/** Node 22.13 and newer has both. */
const engines: readonly Engine[] = engineHere() === 'node' ? ['node', 'libsql'] : ['libsql'];

describe.each(engines)('%s', (engine) => {
  const file = () => join(recordsFolder(), 'a.db');
  const opened = (path = file()) => openSqlite(path, { engine, lockTimeout: 50 });
  const withTable = (path = file()) => {
    const sqlite = opened(path);
    sqlite.run('CREATE TABLE a (n BIGINT NOT NULL, x DOUBLE PRECISION, t TEXT)');
    return sqlite;
  };

  test('keeps whole numbers up to 2^53, doubles, texts and nothing as they are', () => {
    using sqlite = withTable();
    const rows = [
      { n: Number.MAX_SAFE_INTEGER, x: 0.1, t: "'; DROP TABLE a; --" },
      { n: -1, x: 5e-324, t: '中文 \u0007 "' },
      { n: 0, x: null, t: null },
    ];
    for (const { n, x, t } of rows) expect(sqlite.run('INSERT INTO a (n, x, t) VALUES (?, ?, ?)', n, x, t)).toBe(1);
    expect(sqlite.all('SELECT n, x, t FROM a WHERE n <> ? ORDER BY n DESC', 7)).toEqual([rows[0], rows[2], rows[1]]);
  });

  test('a transaction that throws leaves nothing, and the next one works', () => {
    using sqlite = withTable();
    const torn = () =>
      sqlite.transaction(() => {
        sqlite.run('INSERT INTO a (n) VALUES (?)', 1);
        sqlite.run('INSERT INTO a (n) VALUES (?)', null);
      });
    expect(torn).toThrow('NOT NULL');
    expect(sqlite.all('SELECT * FROM a')).toEqual([]);
    expect(sqlite.transaction(() => sqlite.run('INSERT INTO a (n) VALUES (?)', 1))).toBe(1);
  });

  test('a commit is synchronised with the disk, and its journal stays as an empty file', () => {
    using sqlite = withTable();
    expect(sqlite.all('PRAGMA journal_mode')).toEqual([{ journal_mode: 'truncate' }]);
    expect(sqlite.all('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]); // FULL
    expect(sqlite.all('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
  });

  test('a reader cannot write', () => {
    const path = file();
    withTable(path)[Symbol.dispose]();
    using reader = openSqliteToRead(path, { engine });
    const write = () => reader.run('INSERT INTO a (n) VALUES (1)');
    expect(write).toThrow('readonly');
    expect(caught(write)).toBe('unwritable');
  });

  test('what one holds another cannot hold, until it is let go', () => {
    const path = file();
    const held = holdSqlite(path, engine);
    expect(caught(() => holdSqlite(path, engine))).toBe('locked');
    held[Symbol.dispose]();
    holdSqlite(path, engine)[Symbol.dispose]();
  });

  test('a file that is closed in a transaction is free, with nothing of it in there', () => {
    const path = file();
    const sqlite = withTable(path);
    sqlite.all('SELECT * FROM a');
    const torn = () =>
      sqlite.transaction(() => {
        sqlite.run('INSERT INTO a (n) VALUES (1)');
        sqlite[Symbol.dispose]();
      });
    expect(torn).toThrow();
    using other = opened(path);
    expect(other.run('INSERT INTO a (n) VALUES (2)')).toBe(1);
    expect(other.all('SELECT n FROM a')).toEqual([{ n: 2 }]);
  });

  test('a mistake in our own SQL is no trouble of the file', () => {
    using sqlite = opened();
    expect(caught(() => sqlite.all('SELEKT'))).toBeUndefined();
  });
});

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return sqliteTrouble(error);
  }
  throw new Error('nothing was thrown');
}

test('what is no error of an engine is no trouble of a file', () => {
  expect(sqliteTrouble(new Error('EIO'))).toBeUndefined();
  expect(sqliteTrouble(Object.assign(new Error('EIO'), { code: 'EIO', errcode: 5 }))).toBeUndefined();
});
