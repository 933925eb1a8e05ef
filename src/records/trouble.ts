import { BootctlError } from '../base/errors.ts';
import { type SqliteTrouble, sqliteTrouble } from './sqlite.ts';

const rows: Readonly<Record<SqliteTrouble, (path: string) => BootctlError>> = {
  full: (path) =>
    new BootctlError('records-unwritable', `The disk of ${path} is full`, {
      hint: 'Make room on that disk, then go on: what was recorded before is whole.',
    }),
  locked: (path) =>
    new BootctlError('records-unwritable', `Another program has ${path} locked`, {
      hint: 'Close what has the file open, such as a database browser or a copy that is being made, then go on.',
    }),
  damaged: (path) => new BootctlError('records-damaged', `${path} is damaged, or no file of records`),
  unwritable: (path) =>
    new BootctlError('records-unwritable', `${path} cannot be opened or written`, {
      hint: 'Check that its folder is there, that you may write the file and into the folder, and what `dmesg` says of the disk.',
    }),
};

/** Does something with the file at `path`. @throws BootctlError `records-unwritable`, `records-damaged` for what the engine says of it */
export function withRecords<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const trouble = sqliteTrouble(cause);
    if (trouble === undefined) throw cause;
    const { code, message, hint } = rows[trouble](path);
    const said = cause instanceof Error ? `: ${cause.message}` : '';
    throw new BootctlError(code, `${message}${said}`, { hint, cause });
  }
}
