/** Check digits at the end of a serial number. Other characters than those of the alphabet do not count. */
export type CheckDigit = 'mod37-36' | 'luhn';

const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * ISO/IEC 7064, MOD 37,36 (hybrid system): finds every wrong character and nearly every exchange of two neighbours. Of digits
 * and capital letters.
 */
function mod37And36(text: string): string {
  let product = 36;
  for (const character of text) {
    const value = alphanumeric.indexOf(character);
    if (value < 0) continue;
    const sum = (product + value) % 36 || 36;
    product = (sum * 2) % 37;
  }
  return alphanumeric[(37 - product) % 36]!;
}

/** ISO/IEC 7812-1, annex B: of digits. */
function luhn(text: string): string {
  const digits = [...text].filter((character) => /[0-9]/.test(character)).map(Number);
  const sum = digits.reverse().reduce((total, digit, index) => {
    const weighed = index % 2 === 0 ? digit * 2 : digit;
    return total + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return String((10 - (sum % 10)) % 10);
}

const digits: Readonly<Record<CheckDigit, (text: string) => string>> = { 'mod37-36': mod37And36, luhn };

/** The character that belongs behind `text`. */
export const checkDigit = (kind: CheckDigit, text: string): string => digits[kind](text);

/** Whether the last character is the check digit of those before it. */
export const hasCheckDigit = (kind: CheckDigit, text: string): boolean =>
  text.length > 1 && checkDigit(kind, text.slice(0, -1)) === text.slice(-1);
