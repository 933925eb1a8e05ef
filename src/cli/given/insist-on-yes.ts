import { BootctlError } from '../../base/errors.ts';
import type { CliOptions } from './options.ts';

/** @throws BootctlError `usage` without `--yes` */
export function insistOnYes({ yes }: CliOptions, what: string, why: string): void {
  if (yes) return;
  throw new BootctlError('usage', `${what} is not undone: ${why}`, { hint: 'Add `--yes` if that is what you want.' });
}
