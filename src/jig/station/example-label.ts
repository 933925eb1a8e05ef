import { type CheckDigit, checkDigit } from '../unit-data/check-digits.ts';

/**
 * A made-up code that a pattern of usual shape takes, such as `^SN[0-9]{6}$` or `[A-Z]{2}-\d+`, with the number of the unit in
 * its digits. Of other patterns it may be none: the station refuses it then.
 */
export function exampleOf(
  serial: { readonly match: RegExp; readonly check: CheckDigit | undefined } | undefined,
  unit: number,
): string {
  if (!serial) return `UNIT${String(unit).padStart(6, '0')}`;
  const source = serial.match.source.replace(/^\^|\$$/g, '');
  const parts = [...source.matchAll(/(\[[^\]]+\]|\\d|\\.|[^\\[\]{}*+?])(\{(\d+)(?:,\d*)?\}|\+|\*|\?)?/g)].map(
    ([, atom = '', times, exactly]) => ({ atom, times: exactly === undefined ? timesOf(times) : Number(exactly) }),
  );
  const isNumber = (atom: string) => atom === '\\d' || atom === '[0-9]';
  const last = parts.findLastIndex(({ atom }) => isNumber(atom));
  const text = parts.map(({ atom, times }, index) =>
    index === last ? String(unit).padStart(times, '0').slice(-Math.max(times, 1)) : characterOf(atom).repeat(times),
  );
  const body = text.join('');
  return serial.check ? body.slice(0, -1) + checkDigit(serial.check, body.slice(0, -1)) : body;
}

/** Of `+` as many as a number may have. */
const timesOf = (times: string | undefined): number => (times === '+' ? 6 : times === '*' || times === '?' ? 0 : 1);

const characterOf = (atom: string): string => {
  if (atom === '\\d' || atom === '[0-9]') return '0';
  return atom.startsWith('[') ? atom.charAt(1) : atom.replace('\\', '');
};
