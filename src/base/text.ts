import type { Milliseconds } from './units.ts';

/** An address as people read it: `0x0800_0000`. */
export function address32(address: number): string {
  const digits = (address >>> 0).toString(16).padStart(8, '0').toUpperCase();
  return `0x${digits.slice(0, 4)}_${digits.slice(4)}`;
}

/** An address as people type it, and as files have it: `0x0800C000`. */
export const hex32 = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;

/** `1 sector`, `3 sectors`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/**
 * Between digits, where a multiple of three of them follows. `Intl` would load its data first, 10 ms of every command.
 */
const thousands = /\B(?=(\d{3})+$)/g;

/** `33,184 bytes`. */
export const amount = (value: number, unit: string): string =>
  `${String(value).replace(thousands, ',')} ${value === 1 ? unit.replace(/s$/, '') : unit}`;

/** `26.5 ms`. */
export const milliseconds = (time: Milliseconds): string => `${time.toFixed(1)} ms`;

/** `2.31 s`. */
export const seconds = (time: Milliseconds): string => `${(time / 1000).toFixed(2)} s`;

/** `54.2 kB/s`, of work done at this speed. */
export const rate = (done: number, unit: string, took: Milliseconds): string => {
  const perSecond = took > 0 ? (done / took) * 1000 : 0;
  return unit === 'bytes' ? `${(perSecond / 1000).toFixed(1)} kB/s` : `${perSecond.toFixed(1)} ${unit}/s`;
};

/** `16 KB`, `1 MB`: powers of 1024, as data sheets name flash sizes. */
export const size = (bytes: number): string => {
  if (bytes >= 1024 * 1024 && bytes % (1024 * 1024) === 0) return `${bytes / 1024 / 1024} MB`;
  return bytes % 1024 === 0 ? `${bytes / 1024} KB` : amount(bytes, 'bytes');
};

/**
 * Controls (C0, DEL, C1), marks that change the writing direction, and separators of lines and paragraphs. A terminal
 * obeys these instead of showing them (Unicode categories Cc, Zl, Zp; UAX #9 Bidi_Control). All are in the BMP.
 */
const controls = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;
const asEscape = (control: string): string => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text that is safe to write. Line breaks are kept; control characters are escaped as in JSON, `\u001b`. */
export const escapeControls = (text: string): string =>
  text.replace(controls, (control) => (control === '\n' ? control : asEscape(control)));

/** Begins as a sentence does. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The same in one line: a line break inside it is written as `\u000a`. */
export const oneLine = (text: string): string => text.replace(controls, asEscape);
