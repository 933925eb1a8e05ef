/** An address as people read it: `0x0800_0000`. */
export function address32(address: number): string {
  const digits = (address >>> 0).toString(16).padStart(8, '0').toUpperCase();
  return `0x${digits.slice(0, 4)}_${digits.slice(4)}`;
}

/** `1 sector`, `3 sectors`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/**
 * Controls (C0, DEL, C1), marks that turn the direction of writing, and separators of lines and paragraphs: what a terminal
 * or a reader's eye obeys instead of showing it (Unicode categories Cc, Zl, Zp; UAX #9 Bidi_Control). All are in the BMP.
 */
const controls = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;
const asEscape = (control: string): string => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text that is safe to write, line breaks kept: everything that acts is written as JSON writes it, `\u001b`. */
export const escapeControls = (text: string): string =>
  text.replace(controls, (control) => (control === '\n' ? control : asEscape(control)));

/** The same in one line: a line break inside it is written as `\u000a`. */
export const oneLine = (text: string): string => text.replace(controls, asEscape);
