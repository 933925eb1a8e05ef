import { BootctlError } from '../../../base/errors.ts';

/** Words that cannot be read: where, what stands there, and what could stand there. */
export const notUnderstood = (text: string, column: number, found: string, expected: string): BootctlError =>
  new BootctlError(
    'import-not-understood',
    `column ${column} of \`${text}\`: found ${found === '' ? 'the end' : JSON.stringify(found)}; expected ${expected}`,
    { details: { column } },
  );

/** Words that were read, and that no profile can carry. */
export const notPossible = (message: string, hint?: string): BootctlError =>
  new BootctlError('import-not-possible', message, hint === undefined ? {} : { hint });
