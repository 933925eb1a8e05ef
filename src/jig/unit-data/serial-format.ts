import { type CheckDigit, checkDigit } from './check-digits.ts';
import { fieldsIn, fillTemplate, parseTemplate, type TemplatePart } from './template.ts';

/** How a number becomes a serial number. */
export type SerialFormat = (number: number) => string;

const checkFields: Readonly<Record<string, CheckDigit>> = { check: 'mod37-36', luhn: 'luhn' };
const allowedFields = ['number', 'lot', ...Object.keys(checkFields)];

/**
 * A format such as `SN{number:06}{check}`, whose numbers from `first` to `last` all have serial numbers of their own.
 * @throws RangeError with what is wrong
 */
export function serialFormat(
  format: string,
  lot: string,
  { first, last }: { readonly first: number; readonly last: number },
): SerialFormat {
  if (first > last) throw new RangeError(`the range is empty: it begins at ${first} and ends at ${last}`);
  const parts = parseTemplate(format);
  const foreign = fieldsIn(parts).find((name) => !allowedFields.includes(name));
  if (foreign !== undefined)
    throw new RangeError(`{${foreign}} is none of the fields of a format: {${allowedFields.join('}, {')}}`);
  if (!fieldsIn(parts).includes('number'))
    throw new RangeError('without {number} all units would have one serial number');
  if (parts.some((part) => 'bytes' in part))
    throw new RangeError('{number:6} would end with zero bytes; {number:06} has zeros in front');
  const { body, check } = splitCheck(parts);
  const serialOf: SerialFormat = (number) => {
    const text = fillTemplate(body, { number: String(number), lot });
    return check === undefined ? text : text + checkDigit(check, text);
  };
  if (check !== undefined) refuseUnchecked(serialOf(first), check);
  serialOf(last); // the longest of all numbers has to fit
  return serialOf;
}

function splitCheck(parts: readonly TemplatePart[]): {
  readonly body: readonly TemplatePart[];
  readonly check?: CheckDigit;
} {
  const isCheck = (part: TemplatePart) => 'field' in part && Object.hasOwn(checkFields, part.field);
  const at = parts.findIndex(isCheck);
  if (at < 0) return { body: parts };
  if (at !== parts.length - 1) throw new RangeError('a check digit stands at the end');
  const [last] = parts.slice(-1);
  return { body: parts.slice(0, -1), check: checkFields['field' in last! ? last.field : '']! };
}

/** What the digit does not protect would be wrong unnoticed. */
function refuseUnchecked(serial: string, check: CheckDigit): void {
  const body = serial.slice(0, -1);
  if (check === 'mod37-36' && /[^0-9A-Z .:/_-]/.test(body)) {
    throw new RangeError('{check} is for digits and capital letters (ISO 7064 Mod 37,36), and there are others');
  }
  if (check === 'luhn' && /[^0-9 .:/_-]/.test(body)) {
    throw new RangeError('{luhn} is for digits, and there are other characters; {check} has letters as well');
  }
}
