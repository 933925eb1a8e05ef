import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';

/** Who may use the page of a station, beside who has its token. */
export interface PageAccess {
  /** PIN, or what is on the badge; undefined where nobody has said it. */
  readonly lead: string | undefined;
  /** Of this computer, in lower case. */
  readonly ownNames: readonly string[];
}

/**
 * The lead's PIN or badge from BOOTCTL_LEAD, or from the first line of the file that BOOTCTL_LEAD_FILE names.
 * @throws BootctlError `usage` for a file that cannot be read, or says nothing
 */
export function pageAccess({ env, cwd }: Pick<CliContext, 'env' | 'cwd'>): PageAccess {
  const name = hostname().toLowerCase();
  return { lead: env.BOOTCTL_LEAD || fromFile(env.BOOTCTL_LEAD_FILE, cwd), ownNames: [name, `${name}.local`] };
}

function fromFile(file: string | undefined, cwd: string): string | undefined {
  if (file === undefined || file === '') return undefined;
  const first = firstLine(resolve(cwd, file));
  if (first === '')
    throw new BootctlError('usage', `BOOTCTL_LEAD_FILE: ${file} cannot be read, or is empty`, {
      hint: "Write the lead's PIN, or what the badge says, into its first line.",
    });
  return first;
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)[0]!.trim();
  } catch {
    return '';
  }
}
