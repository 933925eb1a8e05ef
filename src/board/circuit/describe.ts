import type { Milliseconds } from '../../base/units.ts';
import { type LineNames, modemLineNames } from './host-lines.ts';
import type { LinePlan, LineStep } from './plan.ts';

const ms = (value: Milliseconds): string => `${value.toFixed(1)} ms`;

/** When each step starts, from the start of the plan. */
function startTimes(steps: readonly LineStep[]): readonly Milliseconds[] {
  let start = 0;
  return steps.map(({ hold }) => {
    start += hold;
    return start - hold;
  });
}

const describeStep = ({ lines, pins, hold, purpose }: LineStep, start: Milliseconds, names: LineNames): string =>
  [
    ms(start).padStart(10),
    `${names.rts} ${lines.rts.padEnd(8)}`,
    `${names.dtr} ${lines.dtr.padEnd(8)}`,
    `NRST ${pins.nrst}`,
    `BOOT0 ${pins.boot0}`,
    hold > 0 ? `for ${ms(hold)}`.padEnd(14) : 'and stay'.padEnd(14),
    purpose,
  ].join('  ');

/** The plan in words, one line for each step: start time, lines, pins, hold, purpose. The worst-case margin follows. */
export function describePlan(plan: LinePlan, names: LineNames = modemLineNames): string[] {
  const starts = startTimes(plan.steps);
  const steps = plan.steps.map((step, index) => describeStep(step, starts[index]!, names));
  const margin = plan.window
    ? `hold window ${ms(plan.window.limit)}, needed ${ms(plan.window.needed)}, margin ${ms(plan.margin)}`
    : `margin ${ms(plan.margin)}`;
  return [
    ...steps,
    margin,
    ...(plan.clear > 0 ? [`BOOT0 is low again ${ms(plan.clear)} after its line is released`] : []),
  ];
}

/** Columns of the names at the left, and of the whole drawing. */
const labelWidth = 18;
const drawingWidth = 100;
/** Room for a time below each edge. */
const narrowest = 11;

/** Columns of each step: in proportion to its hold, though none so narrow that its time would not fit. */
function stepWidths(steps: readonly LineStep[]): readonly number[] {
  const spare = Math.max(0, drawingWidth - labelWidth - steps.length * narrowest);
  const total = steps.reduce((sum, { hold }) => sum + hold, 0);
  return steps.map(({ hold }) => narrowest + (total > 0 ? Math.floor((spare * hold) / total) : 0));
}

/** Level of a signal during a step. `held`: only the capacitor keeps it at 1. */
type Level = 'high' | 'low' | 'held';

const edges = { rise: ['┌', '┘'], fall: ['┐', '└'], none: ['', ''] } as const;

/** Two rows of text, upper and lower, for one signal. */
function drawSignal(levels: readonly Level[], widths: readonly number[]): readonly [string, string] {
  let upper = '';
  let lower = '';
  for (const [index, level] of levels.entries()) {
    const before = levels[index - 1] ?? level;
    const edge = (before === 'low') === (level === 'low') ? 'none' : level === 'low' ? 'fall' : 'rise';
    const [top, bottom] = edges[edge];
    const rest = widths[index]! - top.length;
    upper += top + (level === 'high' ? '─' : level === 'held' ? '╌' : ' ').repeat(rest);
    lower += bottom + (level === 'low' ? '─' : ' ').repeat(rest);
  }
  return [upper, lower];
}

const pinLevel = (level: 0 | 1): Level => (level === 1 ? 'high' : 'low');

function boot0Levels({ steps, window }: LinePlan): readonly Level[] {
  // The steps between release and sampling. After that BOOT0 discharges and is not read again.
  const held = (index: number) => window !== undefined && index >= window.opens && index < window.closes;
  return steps.map(({ pins }, index) => (held(index) ? 'held' : pinLevel(pins.boot0)));
}

const rows = (
  name: string,
  [high, low]: readonly [string, string],
  levels: readonly Level[],
  widths: readonly number[],
): string[] => {
  const [upper, lower] = drawSignal(levels, widths);
  const label = (word: string, state: string) => `${word.padEnd(6)} ${state.padEnd(labelWidth - 7)}`;
  return [label(name, high) + upper, label('', low) + lower].map((row) => row.trimEnd());
};

/**
 * The plan as a drawing, at most 100 columns wide: both lines, NRST and BOOT0 over a time axis, not to scale where a step
 * is short. A dashed BOOT0 is held by the capacitor.
 */
export function drawPlan(plan: LinePlan, names: LineNames = modemLineNames): string[] {
  const { steps } = plan;
  const widths = stepWidths(steps);
  const starts = startTimes(steps);
  const line = (name: 'rts' | 'dtr') => steps.map(({ lines }): Level => (lines[name] === 'asserted' ? 'high' : 'low'));
  const axis = widths.map((width, index) => ms(starts[index]!).padEnd(width)).join('');
  return [
    ...rows(names.rts, ['asserted', 'released'], line('rts'), widths),
    ...rows(names.dtr, ['asserted', 'released'], line('dtr'), widths),
    ...rows(
      'NRST',
      ['1', '0'],
      steps.map(({ pins }) => pinLevel(pins.nrst)),
      widths,
    ),
    ...rows('BOOT0', ['1', '0'], boot0Levels(plan), widths),
    `${''.padEnd(labelWidth)}${axis}`.trimEnd(),
  ];
}
