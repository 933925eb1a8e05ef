import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BootctlError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Instant } from './records.ts';
import type { Sqlite } from './sqlite.ts';

/** Backups of records are as old as this at most while a station runs; so many are kept. */
const backupEvery: Milliseconds = 86_400_000;
const kept = 7;

/** A copy takes the event loop for as long as the disk writes the file: it waits this long for a moment without runs. */
const idleWait: Milliseconds = 3_600_000;

/** Beside the records. */
export const backupFolder = (path: string): string => `${path}.backups`;

const namePattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)Z\.db$/;
const nameOf = (now: Instant): string => `${new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')}Z.db`;
const partEnding = '.part';

/** The backups that are there, the newest last, with their times. */
export function backupsOf(path: string): readonly { readonly file: string; readonly at: Instant }[] {
  const folder = backupFolder(path);
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return names.flatMap((name) => {
    const [, year, month, ...rest] = (namePattern.exec(name) ?? []).map(Number);
    if (year === undefined || month === undefined) return [];
    const [day, hour, minute, second] = rest;
    return [{ file: join(folder, name), at: Date.UTC(year, month - 1, day, hour, minute, second) }];
  });
}

/** When the backups of one file are made. */
export class Backups {
  readonly #path: string;
  readonly #sqlite: Sqlite;
  readonly #onTrouble: (error: BootctlError) => void;
  #last: Instant;

  /** A file without records has nothing to lose yet. */
  constructor(path: string, sqlite: Sqlite, now: Instant, onTrouble: (error: BootctlError) => void) {
    this.#path = path;
    this.#sqlite = sqlite;
    this.#onTrouble = onTrouble;
    const isEmpty = sqlite.all('SELECT 1 FROM chain LIMIT 1').length === 0;
    this.#last = backupsOf(path).at(-1)?.at ?? (isEmpty ? now : Number.NEGATIVE_INFINITY);
  }

  /** Makes one if it is time; a failure is told, and nothing else stops for it. */
  makeIfDue(now: Instant, isIdle: boolean): void {
    // A clock that was set back makes the last one seem to come from the future.
    const age = Math.abs(now - this.#last);
    if (age < (isIdle ? backupEvery : backupEvery + idleWait)) return;
    try {
      makeBackup(this.#sqlite, this.#path, now);
      this.#last = now;
    } catch (cause) {
      // Not again with each run.
      this.#last = now - backupEvery + idleWait;
      this.#onTrouble(backupTrouble(this.#path, cause));
    }
  }
}

const backupTrouble = (path: string, cause: unknown): BootctlError =>
  new BootctlError(
    'records-unwritable',
    `The backup of ${path} could not be made: ${cause instanceof Error ? cause.message : cause}`,
    {
      hint: `The records themselves go on. Make room for ${backupFolder(path)}, or give yourself the right to write there; the next try is in an hour.`,
      cause,
    },
  );

/** It is whole under its name, or absent. */
function makeBackup(sqlite: Sqlite, path: string, now: Instant): void {
  const folder = backupFolder(path);
  if (!existsSync(folder)) mkdirSync(folder);
  for (const name of readdirSync(folder)) if (name.endsWith(partEnding)) rmSync(join(folder, name));
  const target = join(folder, nameOf(now));
  const part = `${target}${partEnding}`;
  try {
    sqlite.run('VACUUM INTO ?', part);
    synchronise(part);
    renameSync(part, target);
  } finally {
    rmSync(part, { force: true });
  }
  for (const { file } of backupsOf(path).slice(0, -kept)) rmSync(file);
}

/** SQLite leaves the copy to the system. */
function synchronise(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
