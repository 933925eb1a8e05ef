import type { Milliseconds } from '../base/units.ts';

/** Between digits, where a multiple of three of them follows. `Intl` would load its data first, 10 ms of every command. */
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
