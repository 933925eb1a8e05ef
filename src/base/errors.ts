import { catalog } from './error-catalog/catalog.ts';
import type { CatalogRow, ErrorKind, Recovery } from './error-catalog/row.ts';

/** Exit statuses of the command line: public API, append-only. */
export const exitStatus = {
  ok: 0,
  internal: 1,
  usage: 2,
  adapter: 3,
  entry: 4,
  protocol: 5,
  protection: 6,
  verify: 7,
  application: 8,
  aborted: 130,
} as const satisfies Record<ErrorKind | 'ok', number>;

/** Stable names of failures; append-only. */
export type ErrorCode = keyof typeof catalog;
/** What may follow a failure of this code. */
export const rowOf = (code: ErrorCode): CatalogRow => catalog[code];
export const errorCodes = Object.keys(catalog) as readonly ErrorCode[];

export interface BootctlErrorOptions {
  readonly details?: Readonly<Record<string, string | number>>;
  /** Replaces the code's general hint with a more specific one. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Every failure that bootctl reports. `code` is stable API; `message` is prose that names what was seen. */
export class BootctlError extends Error {
  override readonly name = 'BootctlError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number>>;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options: BootctlErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.hint = options.hint ?? catalog[code].hint;
  }
  get kind(): ErrorKind {
    return catalog[this.code].kind;
  }
  get recovery(): Recovery {
    return catalog[this.code].recovery;
  }
  /** What may follow. */
  get row(): CatalogRow {
    return catalog[this.code];
  }
  get exitStatus(): number {
    return exitStatus[this.kind];
  }

  /** The same failure with more detail on what was being done. */
  with({
    message = this.message,
    hint = this.hint,
    details = {},
  }: Partial<Pick<BootctlError, 'message' | 'hint' | 'details'>>) {
    return new BootctlError(this.code, message, { hint, details: { ...this.details, ...details }, cause: this.cause });
  }

  /** The same failure with a more specific hint. */
  withHint(hint: string): BootctlError {
    return this.with({ hint });
  }
}

/** True for a failure of bootctl's own kind with this code. */
export const isBootctlError = (error: unknown, code?: ErrorCode): error is BootctlError =>
  error instanceof BootctlError && (code === undefined || error.code === code);
