import { type Belief, curveAt, type Interval, type Trial } from '../calibration/threshold.ts';
import { area, dot, label, line, type Point, picture, wire } from './svg.ts';

/** What was found of one time. */
export interface FoundTime {
  readonly name: 'hold' | 'charge';
  readonly belief: Belief;
  readonly interval: Interval;
  readonly trials: readonly Trial[];
}

const frame = { left: 60, top: 60, width: 620, height: 220, below: 70 } as const;
const points = 120;
const titles = {
  hold: 'Share of resets that lead into the ROM, by the time from the release of BOOT0 to that of NRST',
  charge: 'Share of resets that lead into the ROM, by the time that BOOT0 was charged',
} as const;

/** Around the interval, with room for the trials that lie near it. */
function shownRange({ low, high }: Interval): Interval {
  const room = Math.max(2 * (high - low), high / 20);
  return { low: Math.max(0, low - room), high: high + room };
}

const middleOf = ({ earliest, latest }: Trial): number => (earliest + latest) / 2;

/** S-curves with their intervals, one below the other, and every reset that lies in the picture as a dot. */
export function calibrationPicture(found: readonly FoundTime[]): string {
  const each = frame.top + frame.height + frame.below;
  const size: Point = [frame.left + frame.width + 40, each * found.length];
  const elements = found.flatMap((one, index) => curve(one, index * each));
  return picture(size, 'What a calibration has found: S-curves with their intervals', elements);
}

function curve({ name, belief, interval, trials }: FoundTime, above: number): readonly string[] {
  const shown = shownRange(interval);
  const x = (time: number) => frame.left + ((time - shown.low) / (shown.high - shown.low)) * frame.width;
  const y = (share: number) => above + frame.top + (1 - share) * frame.height;
  const times = Array.from({ length: points + 1 }, (_, at) => shown.low + ((shown.high - shown.low) * at) / points);
  const { low, high } = interval;
  const band: readonly Point[] = [
    [x(low), y(0)],
    [x(low), y(1)],
    [x(high), y(1)],
    [x(high), y(0)],
  ];
  const inside = trials.filter((trial) => middleOf(trial) >= shown.low && middleOf(trial) <= shown.high);
  return [
    label([frame.left, above + 30], titles[name], { style: 'strong' }),
    area(band, 'window'),
    wire([frame.left, y(0)], [frame.left + frame.width, y(0)], { colour: 'muted', look: 'thin' }),
    wire([frame.left, y(1)], [frame.left + frame.width, y(1)], { colour: 'faint', look: 'thin dashed' }),
    line(
      times.map((time): Point => [x(time), y(curveAt(belief, time))]),
      { colour: 'boot0', look: 'bold' },
    ),
    ...inside.map((trial) => dot([x(middleOf(trial)), y(trial.isHigh ? 1 : 0)], trial.isHigh ? 'boot0' : 'nrst')),
    label([frame.left - 8, y(1) + 4], '100 %', { anchor: 'end', style: 'small', colour: 'muted' }),
    label([frame.left - 8, y(0) + 4], '0 %', { anchor: 'end', style: 'small', colour: 'muted' }),
    ...[shown.low, shown.high].map((time) =>
      label([x(time), y(0) + 20], `${time.toFixed(1)} ms`, { anchor: 'middle', style: 'small', colour: 'muted' }),
    ),
    label([x((low + high) / 2), y(0) + 42], `${low.toFixed(2)} to ${high.toFixed(2)} ms, with 99 %`, {
      anchor: 'middle',
    }),
  ];
}
