/** A row that may be folded with others of its kind. */
interface Foldable {
  readonly kind?: string;
  readonly follows?: boolean;
}

/** Rows, and how often the same pattern of rows came again after them. */
export interface Folded<Row> {
  readonly shown: readonly Row[];
  readonly repeats: number;
  /** The last occurrence of the pattern. Empty without repeats. */
  readonly last: readonly Row[];
}

/** Longest pattern to look for. A block over USART is a command with two frames, their ACKs, and its data in pieces. */
const longestPattern = 12;
/** Fewer repeats than this are shown. */
const fewestRepeats = 3;

/** Folds runs of rows whose kinds repeat with a short period; a row without a kind is never folded. */
export function fold<Row extends Foldable>(rows: readonly Row[]): readonly Folded<Row>[] {
  const folded: Folded<Row>[] = [];
  for (let at = 0; at < rows.length; ) {
    const { period, repeats } = patternAt(rows, at);
    const next = at + period * (repeats + 1);
    const last = repeats > 0 ? rows.slice(next - period, next) : [];
    folded.push({ shown: rows.slice(at, at + period), repeats, last });
    at = next;
  }
  return folded;
}

/** The shortest pattern that repeats often enough from here on, or else the single row here. */
function patternAt(rows: readonly Foldable[], at: number): { readonly period: number; readonly repeats: number } {
  const longest = rows[at]?.follows ? 1 : longestPattern;
  for (let period = 1; period <= longest; period++) {
    let length = period;
    while (isSame(rows[at + length], rows[at + length - period])) length++;
    const repeats = Math.floor(length / period) - 1;
    if (repeats >= fewestRepeats) return { period, repeats };
  }
  return { period: 1, repeats: 0 };
}

const isSame = (one: Foldable | undefined, other: Foldable | undefined): boolean =>
  one?.kind !== undefined && one.kind === other?.kind;
