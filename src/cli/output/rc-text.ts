import { amount, milliseconds } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { AnalysedCorner, Analysis } from '../../board/analysis/analyse.ts';
import { dielectricOf, type Factor, factorNames, type RcBoard } from '../../board/analysis/factors.ts';
import type { Histogram, ManyBoards } from '../../board/analysis/many-boards.ts';
import { formatValue } from '../../board/pictures/format-value.ts';
import { tableLines } from './table.ts';

/** A time that may be without end. */
const time = (value: Milliseconds): string =>
  Math.abs(value) < 1e6 ? milliseconds(value) : value > 0 ? 'for ever' : 'never';
const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/** An analysis as a person reads it, after its verdict. */
export function analysisLines(board: RcBoard, analysis: Analysis, many: ManyBoards): readonly string[] {
  const { method, charge, pulse, refused } = analysis.plan;
  const plan = `charge ${milliseconds(charge)}${method === 'rc-cap' ? `, then NRST low for ${milliseconds(pulse)}` : ' and more, while NRST is low'}`;
  return [
    `Corners of ${method}: ${plan}${refused === undefined ? '' : ' (bootctl makes no such plan: it would not work)'}`,
    ...indented(cornerTable(analysis)),
    '',
    'What the margin depends on: each part alone, all others as labelled',
    ...indented(sensitivityTable(analysis)),
    '',
    ...manyLines(many),
    '',
    ...noteLines(board),
  ];
}

function cornerTable({ corners, plan }: Analysis): readonly string[] {
  const head = [
    '',
    'charge to VIH',
    'hold above VIH',
    'low again in',
    'NRST rises in',
    plan.method === 'rc-cap' ? 'hold needed' : 'charge needed',
    'margin',
  ];
  const row = ({ name, times }: AnalysedCorner) => [
    name,
    time(times.charge),
    time(times.hold),
    time(times.clear),
    time(times.nrstRelease),
    time(times.needed),
    time(times.margin),
  ];
  return tableLines(head, corners.map(row));
}

function sensitivityTable({ sensitivities, factors }: Analysis): readonly string[] {
  const rows = sensitivities
    .filter(({ factor }) => factors[factor].low !== factors[factor].high)
    .map(({ factor, atLow, atHigh, cost }) => [
      factor,
      rangeText(factors[factor]),
      time(atLow),
      time(atHigh),
      time(cost),
    ]);
  return tableLines(['part', 'range', 'margin at its low end', 'at its high end', 'costs'], rows);
}

/** `50 to 97 %`, `-1 to 1 µA`. */
export function rangeText({ low, high, unit }: Factor): string {
  const number = (value: number) => String(Number(value.toPrecision(3)));
  if (unit === 'share') return `${number(low * 100)} to ${number(high * 100)} %`;
  if (unit === 'ms') return `${number(low)} to ${number(high)} ms`;
  if (unit === 'A') return `${number(low * 1e6)} to ${number(high * 1e6)} µA`;
  return `${formatValue(low, unit)} to ${formatValue(high, unit)}`;
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

function manyLines({ boards, seed, share, interval, quantiles, histogram }: ManyBoards): readonly string[] {
  return [
    `${amount(boards, 'boards')}, each part drawn evenly over its range (seed ${seed})`,
    `  ${percent(share)} get in; with 95 % it is between ${percent(interval.low)} and ${percent(interval.high)} of all`,
    ...indented(
      tableLines(
        ['this share of them', ...quantiles.map((one) => percent(one.share))],
        [['has a margin below', ...quantiles.map(({ margin }) => time(margin))]],
      ),
    ),
    '',
    ...histogramLines(histogram),
  ];
}

/** Columns of the longest bar. */
const longestBar = 50;

/** Share of the boards over the margin, a bin a line; bins whose boards do not get in are marked. */
export function histogramLines({ low, high, counts }: Histogram): readonly string[] {
  const most = Math.max(...counts);
  const width = (high - low) / counts.length;
  return counts.map((count, index) => {
    const from = low + index * width;
    const bar = '█'.repeat(Math.round((count / most) * longestBar)) || (count > 0 ? '▏' : '');
    const fails = from < 0 ? '✗' : ' ';
    return `${time(from).padStart(12)} ${fails}${bar}${count > 0 ? ` ${count}` : ''}`.trimEnd();
  });
}

function noteLines(board: RcBoard): readonly string[] {
  const named = board.boot0.dielectric !== undefined;
  const dielectric = dielectricOf(board, {});
  return [
    ...(named
      ? []
      : [
          `The profile does not say what its capacitor is: ${dielectric} is assumed. Add \`dielectric\` to \`boot0\`, or try --dielectric.`,
        ]),
    ...(board.target
      ? []
      : ['The target is not named, so its VIH is a safe one, above all that are known: name it in `target`.']),
    'Each chip is taken to read BOOT0 = 1 from its VIH on; most read it at less, and get in where this says they do not.',
    ...(board.measured
      ? ['What `bootctl calibrate` has measured of this one board is not in these figures, but for its adapter.']
      : []),
  ];
}

/** Where each range comes from. */
export function sourceLines({ factors }: Analysis): readonly string[] {
  return [
    'Ranges, and who says so',
    ...factorNames.map((name) => `  ${name}: ${rangeText(factors[name])}. ${factors[name].source}`),
  ];
}
