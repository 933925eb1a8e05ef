import { CsvError, parse } from 'csv-parse/sync';
import { didYouMean } from '../../base/near-names.ts';
import { controlCharacter } from './scanned-code.ts';
import type { FieldValues } from './template.ts';

/** Rows of a CSV file, one a unit: texts, never numbers. */
export interface UnitRows {
  readonly columns: readonly string[];
  readonly rows: readonly FieldValues[];
  /** What is wrong, each with its line; the rows are not to be used then. */
  readonly problems: readonly string[];
}

interface Line {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** As many are said at once. */
const mostProblems = 10;

/**
 * Reads a CSV file (RFC 4180) whose first row has the names of the columns. A spreadsheet of a country with decimal commas has
 * semicolons between them. `column` is that of the serial numbers: each has one, and no two the same.
 */
export function unitRows(text: string, column: string): UnitRows {
  const none = { columns: [], rows: [] };
  let lines: readonly Line[];
  try {
    lines = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as Line[];
  } catch (error) {
    if (error instanceof CsvError) return { ...none, problems: [csvProblem(error)] };
    throw error;
  }
  const [header, ...body] = lines;
  if (!header) return { ...none, problems: ['it is empty; the first line has the names of the columns'] };
  const columns = header.record;
  const problems = headerProblems(columns, column);
  if (problems.length > 0) return { columns, rows: [], problems };
  if (body.length === 0) return { columns, rows: [], problems: ['it has no row below the names of the columns'] };
  const rows = body.map(
    ({ record }): FieldValues => Object.fromEntries(columns.map((name, index) => [name, record[index] ?? ''])),
  );
  return {
    columns,
    rows,
    problems: serialProblems(
      rows.map((row) => row[column] ?? ''),
      body,
      column,
    ),
  };
}

function delimiterOf(text: string): string {
  const [first = ''] = text.split(/\r?\n/, 1);
  return [',', ';', '\t'].map((one) => [one, first.split(one).length] as const).sort((a, b) => b[1] - a[1])[0]![0];
}

const csvProblem = ({ code, lines, message }: CsvError & { readonly lines?: number }): string => {
  const what =
    code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH' ? 'it has more or fewer fields than there are columns' : message;
  return lines === undefined ? what : `line ${lines}: ${what}`;
};

function headerProblems(columns: readonly string[], column: string): readonly string[] {
  const double = columns.find((name, index) => columns.indexOf(name) !== index);
  if (double !== undefined) return [`two columns are named ${JSON.stringify(double)}`];
  if (columns.includes(column)) return [];
  return [
    `it has no column ${JSON.stringify(column)}${didYouMean(column, columns)}; its columns are ${columns.join(', ')}`,
  ];
}

function serialProblems(serials: readonly string[], lines: readonly Line[], column: string): readonly string[] {
  const seen = new Map<string, number>();
  const problems: string[] = [];
  for (const [index, serial] of serials.entries()) {
    const line = lines[index]!.info.lines;
    const before = seen.get(serial);
    if (serial === '') problems.push(`line ${line}: ${column} is empty`);
    else if (controlCharacter.test(serial)) problems.push(`line ${line}: ${column} has a control character in it`);
    else if (before !== undefined) problems.push(`line ${line}: the serial number of line ${before} again`);
    else seen.set(serial, line);
  }
  const more = problems.length - mostProblems;
  return more > 0 ? [...problems.slice(0, mostProblems), `and ${more} more`] : problems;
}
