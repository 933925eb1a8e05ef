import type { Milliseconds, Volts } from '../../base/units.ts';
import { guaranteedNrstRise } from '../circuit/corners.ts';
import { lineNames } from '../circuit/host-lines.ts';
import type { LinePlan } from '../circuit/plan.ts';
import { type LineMethod, planEntry } from '../circuit/planner.ts';
import { type Corner, nrstVihFraction } from '../circuit/rc.ts';
import type { BoardProfile } from '../profile.ts';
import { boot0Curve, nrstCurve, type Sample, spansOf } from './curves.ts';
import type { Drawing } from './layout.ts';
import { area, type Colour, label, line, type Point, picture, smallWidth, wire } from './svg.ts';
import { drawAxis, legendOf, makeScale, ms, plot, type Scale, type Trace, traces } from './waveform-frame.ts';

/** Input of each part of the drawing. */
interface Scene {
  readonly profile: BoardProfile;
  readonly plan: LinePlan;
  readonly scale: Scale;
}

const startOf = (plan: LinePlan, index: number): Milliseconds =>
  plan.steps.slice(0, index).reduce((sum, { hold }) => sum + hold, 0);

/**
 * Nominal plan of one method over the circuit of a board, as an SVG file: both lines, both pins, thresholds, the hold
 * window and its margin. BOOT0 is drawn for the nominal capacitor, dashed for both ends of its tolerance.
 * @throws BootctlError `profile-invalid` where the wiring cannot do the method
 */
export function waveformPicture(profile: BoardProfile, method: LineMethod): string {
  const plan = planEntry(method, profile.wiring, profile);
  const opens = plan.window ? startOf(plan, plan.window.opens) : 0;
  const end = Math.max(startOf(plan, plan.steps.length) * 1.12, opens + (plan.window?.limit ?? 0) * 1.35);
  const scale = makeScale(-end * 0.06, end, profile.boot0?.supply ?? 3.3);
  const scene = { profile, plan, scale };
  const legend = legendOf(plan, profile.boot0 === undefined);
  const legendTop = plot.axis + 54;
  return picture([900, legendTop + 20 * legend.length], `${profile.id}: lines and pins during ${method}`, [
    label([24, 36], `${profile.id}, method ${method}`, { style: 'title' }),
    ...drawWindow(scene),
    ...drawSteps(scene),
    ...drawLines(scene),
    ...drawNrst(scene),
    ...drawBoot0(scene),
    ...drawSampling(scene),
    ...drawAxis(scale),
    ...legend.map((text, index) => label([24, legendTop + 20 * index], text)),
  ]);
}

/** The hold window in two parts: the time that the reset needs, and the rest for the host. */
function drawWindow({ plan, scale: { x } }: Scene): Drawing {
  const { window } = plan;
  if (!window) return [];
  const opens = startOf(plan, window.opens);
  const top = traces.nrst.base - traces.nrst.height - 10;
  const part = (
    from: Milliseconds,
    to: Milliseconds,
    colour: Colour,
    text: string,
    side: 'left' | 'right',
  ): Drawing => [
    area(
      [
        [x(from), top],
        [x(to), top],
        [x(to), plot.axis],
        [x(from), plot.axis],
      ],
      colour,
    ),
    spanLabel(x(from), x(to), text, side),
  ];
  const needed = opens + window.needed;
  return [
    ...part(opens, needed, 'margin', `needed ${ms(window.needed)}`, 'left'),
    ...part(needed, opens + window.limit, 'window', `margin ${ms(plan.margin)}`, 'right'),
  ];
}

/** In the middle of its area, or beside it if the area is too narrow. */
function spanLabel(from: number, to: number, text: string, side: 'left' | 'right'): string {
  const y = plot.axis - 12;
  if (smallWidth(text) + 8 <= to - from) return label([(from + to) / 2, y], text, { anchor: 'middle', style: 'small' });
  return side === 'left'
    ? label([from - 6, y], text, { anchor: 'end', style: 'small' })
    : label([to + 6, y], text, { style: 'small' });
}

/** Numbered spans over the traces, and a thin line at each edge. */
function drawSteps({ plan, scale: { x, end } }: Scene): Drawing {
  return spansOf(plan, end).flatMap(({ start, end: stop }, index) => [
    wire([x(start), plot.top - 14], [x(start), plot.axis], { colour: 'faint', look: 'thin' }),
    label([(x(start) + x(stop)) / 2, plot.top - 4], String(index + 1), {
      anchor: 'middle',
      style: 'strong',
      colour: 'muted',
    }),
  ]);
}

function drawLines({ profile, plan, scale: { x, start, end } }: Scene): Drawing {
  const names = lineNames(profile);
  return (['rts', 'dtr'] as const).flatMap((name) => {
    const { base, height } = traces[name];
    const points: Point[] = [[x(start), base]];
    for (const span of spansOf(plan, end)) {
      const y = span.step.lines[name] === 'asserted' ? base - height : base;
      points.push([x(span.start), points.at(-1)![1]], [x(span.start), y], [x(span.end), y]);
    }
    return [
      ...traceName(name, traces[name], names[name]),
      label([plot.left - 8, base - height + 5], 'asserted', { anchor: 'end', style: 'small', colour: 'muted' }),
      line(points, { colour: name, look: 'bold' }),
    ];
  });
}

const traceName = (name: keyof typeof traces, { base, height }: Trace, text = name.toUpperCase()): Drawing => [
  label([24, base - height / 2 + 5], text, { style: 'strong', colour: name }),
];

const polyline = (samples: readonly Sample[], trace: Trace, { x, y }: Scale): readonly Point[] =>
  samples.map(({ t, volts }): Point => [x(t), y(trace, volts)]);

/** A dashed threshold with its name on the left. */
function threshold(name: string, volts: Volts, trace: Trace, { y }: Scale): Drawing {
  const at = y(trace, volts);
  const ends: readonly Point[] = [
    [plot.left, at],
    [plot.right, at],
  ];
  return [
    line(ends, { colour: 'muted', look: 'thin dashed' }),
    label([plot.left - 8, at + 4], `${name} ${volts.toFixed(2)} V`, { anchor: 'end', style: 'small', colour: 'muted' }),
  ];
}

function drawNrst({ profile, plan, scale }: Scene): Drawing {
  const before = { t: scale.start, volts: scale.supply };
  const samples = [before, ...nrstCurve(spansOf(plan, scale.end), profile, scale.supply)];
  return [
    ...traceName('nrst', traces.nrst),
    ...threshold('VIH', nrstVihFraction * scale.supply, traces.nrst, scale),
    line(polyline(samples, traces.nrst, scale), { colour: 'nrst', look: 'bold' }),
  ];
}

function drawBoot0({ profile: { boot0 }, plan, scale }: Scene): Drawing {
  const curve = (corner: Corner) => {
    const samples = boot0Curve(spansOf(plan, scale.end), boot0, corner, scale.supply);
    return polyline([{ t: scale.start, volts: 0 }, ...samples], traces.boot0, scale);
  };
  const corners = boot0
    ? [
        ...threshold('VIH', boot0.vih, traces.boot0, scale),
        ...threshold('VIL', boot0.vil, traces.boot0, scale),
        line(curve('low'), { colour: 'boot0', look: 'thin dashed' }),
        line(curve('high'), { colour: 'boot0', look: 'thin dashed' }),
      ]
    : [];
  return [...traceName('boot0', traces.boot0), ...corners, line(curve('nominal'), { colour: 'boot0', look: 'bold' })];
}

/** The instant at which the target reads BOOT0, as late as NRST can rise. */
function drawSampling({ profile, plan, scale: { x } }: Scene): Drawing {
  const released = plan.steps.findIndex(({ pins }, index) => pins.nrst === 1 && plan.steps[index - 1]?.pins.nrst === 0);
  const at = x(startOf(plan, released) + guaranteedNrstRise(profile.nrst));
  const ends: readonly Point[] = [
    [at, traces.nrst.base - traces.nrst.height - 10],
    [at, plot.axis],
  ];
  return [
    line(ends, { look: 'thin' }),
    label([at + 6, traces.nrst.base + 14], 'BOOT0 is read here at the latest', { style: 'small' }),
  ];
}
