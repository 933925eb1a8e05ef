import type { Milliseconds, Volts } from '../../base/units.ts';
import type { LinePlan } from '../circuit/plan.ts';
import type { Drawing } from './layout.ts';
import { label, wire } from './svg.ts';

/** Sizes of a waveform: names on the left, time to the right. */
export const plot = { left: 140, right: 876, top: 84, axis: 410 };

/** Baseline and height of a trace: 0 V, or released, is at `base`. */
export interface Trace {
  readonly base: number;
  readonly height: number;
}
export const traces = {
  rts: { base: 118, height: 22 },
  dtr: { base: 162, height: 22 },
  nrst: { base: 246, height: 54 },
  boot0: { base: 388, height: 114 },
} as const satisfies Record<string, Trace>;

/** Time and voltage as places in the drawing. */
export interface Scale {
  readonly start: Milliseconds;
  readonly end: Milliseconds;
  readonly supply: Volts;
  readonly x: (t: Milliseconds) => number;
  readonly y: (trace: Trace, volts: Volts) => number;
}

export const makeScale = (start: Milliseconds, end: Milliseconds, supply: Volts): Scale => ({
  start,
  end,
  supply,
  x: (t) => plot.left + ((t - start) / (end - start)) * (plot.right - plot.left),
  y: ({ base, height }, volts) => base - (volts / supply) * height,
});

/** A time span with at most one decimal: `42.5 ms`. */
export const ms = (value: Milliseconds): string => `${Number(value.toFixed(1))} ms`;

/** About eight ticks at a round distance. */
export function drawAxis({ x, start, end }: Scale): Drawing {
  const rough = (end - start) / 8;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const distance = decade * ([1, 2, 5].find((factor) => factor * decade >= rough) ?? 10);
  const ticks = Array.from({ length: Math.floor(end / distance) + 1 }, (_, index) => index * distance);
  return [
    wire([plot.left, plot.axis], [plot.right, plot.axis], { colour: 'muted', look: 'thin' }),
    ...ticks.flatMap((t) => [
      wire([x(t), plot.axis], [x(t), plot.axis + 5], { colour: 'muted', look: 'thin' }),
      label([x(t), plot.axis + 19], t === 0 ? '0' : ms(t), { anchor: 'middle', style: 'small', colour: 'muted' }),
    ]),
  ];
}

/** The steps by number, then the margin of the plan. */
export function legendOf(plan: LinePlan, driven: boolean): readonly string[] {
  const steps = plan.steps.map(
    ({ purpose, hold }, index) => `${index + 1}  ${purpose}${hold > 0 ? `, ${ms(hold)}` : ''}`,
  );
  return [...steps, describeMargin(plan, driven), describeClear(plan)];
}

function describeMargin({ window, margin }: LinePlan, driven: boolean): string {
  if (window) {
    return (
      `The capacitor holds BOOT0 above VIH for ${ms(window.limit)} in the worst corner; ` +
      `the reset needs ${ms(window.needed)}, ${ms(margin)} are left to the host.`
    );
  }
  return driven
    ? `BOOT0 is driven and nothing has to charge: it is high for all of the ${ms(margin)} that NRST is low.`
    : `BOOT0 is above VIH ${ms(margin)} before NRST is released, in the worst corner.`;
}

const describeClear = ({ clear }: LinePlan): string =>
  clear > 0
    ? `BOOT0 is below VIL ${ms(clear)} after its line is released, in the worst corner.`
    : 'BOOT0 follows its line at once.';
