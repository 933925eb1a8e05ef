import type { Milliseconds } from '../../base/units.ts';
import type { ManyBoards } from '../analysis/many-boards.ts';
import { area, label, type Point, picture, wire } from './svg.ts';
import { ms } from './waveform-frame.ts';

const frame = { left: 60, top: 112, width: 680, height: 220 } as const;
const base = frame.top + frame.height;

/** How the margin is spread over many boards: those on the left of 0 do not get in. */
export function marginPicture(title: string, verdict: string, many: ManyBoards): string {
  const { histogram, quantiles, boards, seed, entered } = many;
  const from = Math.min(0, histogram.low);
  const to = Math.max(0, histogram.high);
  const x = (margin: Milliseconds) => frame.left + ((margin - from) / (to - from || 1)) * frame.width;
  const most = Math.max(...histogram.counts);
  const step = (histogram.high - histogram.low) / histogram.counts.length;
  const bars = histogram.counts.map((count, index) => {
    const left = histogram.low + index * step;
    return bar(x(left) + 1, x(left + step) - 1, (count / most) * frame.height, left >= 0);
  });
  const shown = quantiles.filter(({ share }) => share === 0.01 || share === 0.5);
  const words = wrapped(verdict);
  const below = base + 48;
  return picture([frame.left + frame.width + 40, below + 66], title, [
    label([frame.left, 30], title, { style: 'title' }),
    ...words.map((text, row) => label([frame.left, 52 + row * 16], text, { style: 'small', colour: 'muted' })),
    ...bars,
    wire([frame.left, base], [frame.left + frame.width, base], { colour: 'muted', look: 'thin' }),
    ...mark(x(0), 'margin 0', 'nrst', 36),
    ...shown.flatMap(({ share, margin }) => mark(x(margin), `${share * 100} %`, 'muted', 20)),
    label([frame.left, below + 14], `Margin of ${boards} boards, drawn with seed ${seed}: ${entered} get in.`),
    ...[
      shown.map(({ share, margin }) => `${share * 100} % of the boards have less than ${ms(margin)}.`).join(' '),
      'Each part is drawn evenly over its range. Left of 0 a board does not get in.',
    ].map((text, row) => label([frame.left, below + 32 + row * 16], text, { style: 'small', colour: 'muted' })),
  ]);
}

/** A line across the bars, with its name below the axis. */
const mark = (x: number, name: string, colour: 'nrst' | 'muted', depth: number): readonly string[] => [
  wire([x, frame.top - 8], [x, base + 6], { colour, look: colour === 'muted' ? 'thin dashed' : 'thin' }),
  label([x, base + depth], name, { anchor: 'middle', style: 'small', colour }),
];

/** Letters that fit into a line. */
const lineLength = 112;

function wrapped(text: string): readonly string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length > lineLength) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function bar(left: number, right: number, height: number, getsIn: boolean): string {
  const points: readonly Point[] = [
    [left, base],
    [left, base - height],
    [Math.max(right, left + 1), base - height],
    [Math.max(right, left + 1), base],
  ];
  return area(points, getsIn ? 'boot0' : 'nrst');
}
