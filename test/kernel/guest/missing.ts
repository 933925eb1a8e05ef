/** Reason why the bench cannot run here; tests that need it are reported as not run. */
export class Missing extends Error {
  override readonly name = 'Missing';
}

/** First line of what went wrong. */
export const messageOf = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0]!;
