/**
 * What the boot entry may do after this error: the fallback policy, as a column of the table.
 * `same-rung` repeats what was just tried, `next-rung` changes a time, `next-method` changes the method.
 */
export type Recovery = 'same-rung' | 'next-rung' | 'next-method' | 'stop';

/** What kind of failure an error is; decides the exit status. */
export type ErrorKind =
  | 'internal'
  | 'usage'
  | 'adapter'
  | 'entry'
  | 'protocol'
  | 'protection'
  | 'verify'
  | 'application'
  | 'aborted';

/** What is known of a failure by its code. */
export interface CatalogRow {
  readonly kind: ErrorKind;
  readonly recovery: Recovery;
  /** One sentence that the person at the board can act on. */
  readonly hint: string;
}
