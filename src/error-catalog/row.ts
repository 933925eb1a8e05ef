import type { ErrorKind, Recovery } from '../errors.ts';

/** What is known of a failure by its code. */
export interface CatalogRow {
  readonly kind: ErrorKind;
  readonly recovery: Recovery;
  /** One sentence that the person at the board can act on. */
  readonly hint: string;
}
