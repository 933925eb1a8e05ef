import { seconds } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import { canTime, emptyAfter, quantitiesOf } from '../../board/calibration/calibration-plan.ts';
import { contradictions } from '../../board/calibration/contradictions.ts';
import type { Measured } from '../../board/calibration/measured.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { tableLines } from './table.ts';

const meanings = {
  hold: "BOOT0 holds, from the release of its line to that of NRST's",
  charge: 'BOOT0 charges, before a pulse as the profile has it',
  adapterLatency: 'one move of RTS and DTR',
  enumeration: 'the ROM answers after the release of NRST',
} as const;
export const quantityNames = Object.keys(meanings) as readonly (keyof typeof meanings)[];

const figure = (time: Milliseconds): string => `${time.toFixed(2)} ms`;

/** What was measured, as a table. */
export const measuredTable = (measured: Measured): readonly string[] =>
  tableLines(
    ['', 'from', 'to', 'resets', ''],
    quantityNames.flatMap((name) => {
      const interval = measured[name];
      if (!interval) return [];
      const resets = 'resets' in interval ? `${interval.resets}` : '';
      return [[name, figure(interval.low), figure(interval.high), resets, meanings[name]]];
    }),
  );

/** What cannot be measured here, and what the measured values contradict. */
export function calibrationNotes(profile: BoardProfile, measured: Measured): readonly string[] {
  const direct = profile.boot0
    ? 'the circuit has no state of the lines that resets without charging BOOT0'
    : 'BOOT0 is driven directly, without a capacitor';
  return [
    ...(canTime(profile) ? [] : [`No time of the circuit to measure: ${direct}.`]),
    ...contradictions(profile.boot0, profile.nrst, measured).map((text) => `Warning: ${text}.`),
  ];
}

/** Of a dry run. */
export function calibrationPlan(profile: BoardProfile, resets: number, path: string | undefined): readonly string[] {
  const ranges = quantitiesOf(profile).map(
    ({ name, range }) => `  ${name}: between ${figure(range.low)} and ${figure(range.high)}`,
  );
  const empty = emptyAfter(profile);
  return [
    'Would reset the target with BOOT0 low, which must not lead into its ROM, and then with BOOT0 high, which must;',
    ranges.length > 0
      ? 'then with changed timing, each time where it tells most, to find'
      : 'then again, for the time to enumeration and the latency of the adapter: the circuit has no time to measure.',
    ...ranges,
    ...(ranges.length > 0 ? [`  before each charge it waits until BOOT0 is empty: up to ${seconds(empty)}`] : []),
    `${resets} resets at most, and one into the application at the end. Nothing is erased or written.`,
    path === undefined
      ? 'The profile is no file of yours: the values would be shown, and not written.'
      : `The values would be written into ${path}, as \`measured\`.`,
  ];
}
