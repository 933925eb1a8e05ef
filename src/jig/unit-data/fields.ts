import { sha256Hex } from '../../base/sha256.ts';
import type { FieldValues } from './template.ts';

/** Fields that every station knows; columns of a CSV file come beside them. */
export const unitFields = ['serial', 'number', 'lot', 'date', 'uid'] as const;

/** What is known of one unit. */
export interface UnitData {
  readonly serial: string | undefined;
  /** Of a range. */
  readonly number: number | undefined;
  readonly lot: string;
  /** Milliseconds since 1970: its day by the station's time zone is `{date}`. */
  readonly at: number;
  /** Of the chip, in hexadecimal, where it could be read. */
  readonly uid: string | undefined;
  /** Of a CSV file. */
  readonly row: FieldValues;
}

/** The values of all fields of a unit, for its patches. */
export function fieldValues({ serial, number, lot, at, uid, row }: UnitData): FieldValues {
  const known = { serial, number: number === undefined ? undefined : String(number), lot, date: dayOf(at), uid };
  const given = Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...row, ...Object.fromEntries(given) };
}

/** `2026-11-29`. */
export function dayOf(at: number): string {
  const day = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The values as they may be stored and shown: of a secret column only its hash, `sha256:` and 64 hex digits. */
export const storableRow = (row: FieldValues, secret: readonly string[]): FieldValues =>
  Object.fromEntries(
    Object.entries(row).map(([column, text]) => [column, secret.includes(column) ? `sha256:${sha256Hex(text)}` : text]),
  );
