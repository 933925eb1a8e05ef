import type { Milliseconds, Volts } from '../../base/units.ts';
import type { LinePlan, LineStep } from '../circuit/plan.ts';
import { bleedTimeConstant, type Corner, chargedVoltage, chargeTimeConstant } from '../circuit/rc.ts';
import type { BoardProfile, Boot0Circuit } from '../profile.ts';

/** Voltage of a node at an instant of a plan; 0 is the start of its first step. */
export interface Sample {
  readonly t: Milliseconds;
  readonly volts: Volts;
}

interface Span {
  readonly start: Milliseconds;
  readonly end: Milliseconds;
  readonly step: LineStep;
}

/** The steps of a plan with their times; the last state goes on until `end`. */
export function spansOf({ steps }: LinePlan, end: Milliseconds): readonly Span[] {
  let start = 0;
  return steps.map((step, index) => {
    const from = start;
    start += step.hold;
    return { start: from, end: index === steps.length - 1 ? end : start, step };
  });
}

const samplesOfSpan = 60;

/** A node that goes from `from` towards a level with this time constant. If it is 0, at once. */
function approach(span: Span, from: Volts, level: Volts, tau: Milliseconds): readonly Sample[] {
  const duration = span.end - span.start;
  if (tau === 0)
    return [
      { t: span.start, volts: level },
      { t: span.end, volts: level },
    ];
  return Array.from({ length: samplesOfSpan + 1 }, (_, index) => {
    // Closer together at the start, where an exponential bends most.
    const passed = duration * (index / samplesOfSpan) ** 2;
    return { t: span.start + passed, volts: level + (from - level) * Math.exp(-passed / tau) };
  });
}

/** Chains the spans: each starts at the voltage where the one before ended. */
function chain(spans: readonly Span[], first: Volts, follow: (span: Span, from: Volts) => readonly Sample[]) {
  const samples: Sample[] = [{ t: spans[0]!.start, volts: first }];
  for (const span of spans) samples.push(...follow(span, samples.at(-1)!.volts));
  return samples;
}

/** BOOT0 over a plan for a capacitor at this end of its tolerance, from 0 V. */
export const boot0Curve = (
  spans: readonly Span[],
  circuit: Boot0Circuit | undefined,
  corner: Corner,
  supply: Volts,
): readonly Sample[] =>
  chain(spans, 0, (span, from) => {
    const high = span.step.pins.boot0 === 1;
    if (!circuit) return approach(span, from, high ? supply : 0, 0);
    return high
      ? approach(span, from, chargedVoltage(circuit), chargeTimeConstant(circuit, corner))
      : approach(span, from, 0, bleedTimeConstant(circuit, corner));
  });

/** NRST over a plan: pulled low at once, rising by its pull-up as the profile has it. */
export const nrstCurve = (spans: readonly Span[], { nrst }: BoardProfile, supply: Volts): readonly Sample[] =>
  chain(spans, supply, (span, from) =>
    span.step.pins.nrst === 0
      ? approach(span, from, 0, 0)
      : approach(span, from, supply, nrst.pullUp * nrst.capacitor * 1e3),
  );
