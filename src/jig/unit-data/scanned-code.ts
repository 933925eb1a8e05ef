import type { BootctlError } from '../../base/errors.ts';
import { type RefusalReason, refusedBy } from '../refusal-reason.ts';
import { type CheckDigit, hasCheckDigit } from './check-digits.ts';

/** More than a label has: a QR code of a whole page. Our choice. */
const longest = 200;

/** `]C1`: what code a scanner has read, which many put in front of it (ISO/IEC 15424, symbology identifiers). */
const symbology = /^\][A-Za-z][0-9A-Za-z]/;

/** Unassigned ones and halves of pairs as well: no label has them, and no font shows them. */
export const controlCharacter = /[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * A scanned code as text, without what the scanner itself adds. Codes are never numbers: zeros in front and dashes stay.
 * @throws BootctlError `unit-refused` for an empty one, control characters, and one that is too long to be a label
 */
export function scannedCode(raw: string): string {
  const code = raw.trim().replace(symbology, '');
  if (code === '') throw refused(unreadable, 'the scanned code is empty');
  if (code.length > longest)
    throw refused(unreadable, `the scanned code has ${code.length} characters, and no label has more than ${longest}`);
  const control = controlCharacter.exec(code);
  if (control) {
    const point = control[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    throw refused(
      unreadable,
      `the scanned code has a control character in it, U+${point} at character ${control.index + 1}`,
    );
  }
  return code;
}

/**
 * The serial number in a scanned code: the whole code has to match.
 * @throws BootctlError `unit-refused`, with the code that was scanned
 */
export function scannedSerial(
  raw: string,
  { match, check }: { readonly match: RegExp; readonly check: CheckDigit | undefined },
): string {
  const code = scannedCode(raw);
  if (!matchesWhole(match, code))
    throw refused(
      { code: 'label-foreign', label: code },
      `${JSON.stringify(code)} is no serial number of this lot: those match ${match.source}`,
    );
  if (check && !hasCheckDigit(check, code))
    throw refused(
      { code: 'label-check-digit', label: code },
      `${JSON.stringify(code)} has a wrong check digit: a character is wrong`,
    );
  return code;
}

/** `SN[0-9]{6}` matches nothing longer than itself, with or without `^` and `$` around it. */
const matchesWhole = ({ source, flags }: RegExp, code: string): boolean =>
  new RegExp(`^(?:${source})$`, flags).test(code);

const unreadable = { code: 'label-unreadable' } as const;

const refused = (reason: RefusalReason, message: string): BootctlError =>
  refusedBy(reason, 'unit-refused', message, {
    hint: 'Read the label again; if it is right, compare it with `unit.serial` in jig.yaml.',
  });
