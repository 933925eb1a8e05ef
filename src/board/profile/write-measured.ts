import { isMap, isScalar, parseDocument } from 'yaml';
import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Measured } from '../calibration/measured.ts';
import type { Interval } from '../calibration/threshold.ts';
import { parseProfile } from './parse-profile.ts';

/** Hundredths of a millisecond, outwards: the interval that is written contains the one that was measured. */
const outwards = { low: Math.floor, high: Math.ceil } as const;
const time = (value: Milliseconds, end: keyof typeof outwards): string => `${outwards[end](value * 100) / 100}ms`;

const flow = ({ low, high, resets }: Interval & { readonly resets?: number }): string =>
  `{ low: ${time(low, 'low')}, high: ${time(high, 'high')}${resets === undefined ? '' : `, resets: ${resets}`} }`;

const intervals = ['hold', 'charge', 'adapterLatency', 'enumeration'] as const;

/** The lines of `measured` in a profile file. */
export const measuredLines = (measured: Measured): readonly string[] => [
  'measured: # by `bootctl calibrate`',
  `  at: "${measured.at}"`,
  ...intervals.flatMap((name) => {
    const interval = measured[name];
    return interval ? [`  ${name}: ${flow(interval)}`] : [];
  }),
];

/**
 * The text of a profile file with these values as its `measured`; every other byte stays as it is.
 * @throws BootctlError `profile-invalid` where the text is no profile, or has a form into which no key can be put
 */
export function withMeasured(text: string, measured: Measured, path: string): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const block = measuredLines(measured).join(newline);
  const place = placeOf(text);
  const written = place
    ? `${text.slice(0, place.start)}${block}${text.slice(place.end)}`
    : `${text}${text.endsWith('\n') ? '' : newline}${newline}${block}${newline}`;
  parseProfile(text, path);
  try {
    if (parseProfile(written, path).measured?.at === measured.at) return written;
  } catch {
    // the text as it is was a profile: its form has no room for a block
  }
  throw new BootctlError('profile-invalid', `${path}: no \`measured\` can be put into a file of this form`, {
    hint: `Put it in by hand:\n${measuredLines(measured).join('\n')}`,
  });
}

/** Where `measured` stands in the file, from its key to the end of its last value. */
function placeOf(text: string): { readonly start: number; readonly end: number } | undefined {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) return undefined;
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === 'measured');
  const key = isScalar(pair?.key) ? pair.key.range : undefined;
  const value = (pair?.value as { range?: readonly number[] } | null | undefined)?.range;
  if (!key || !value) return undefined;
  const end = key[0] + text.slice(key[0], value[1]).trimEnd().length;
  return { start: key[0], end };
}
