import type { WiringKey } from '../src/board/circuit/plan.ts';
import type { Hypothesis } from '../src/board/learning/hypotheses.ts';

/**
 * Without a capacitor BOOT0 has its new level within microseconds, and NRST rises by its pull-up: circuits where BOOT0 is the
 * later one are taken for likely only where no other remains.
 */
export const likely = (remaining: readonly Hypothesis[]): readonly Hypothesis[] => {
  const usual = remaining.filter(({ isFirst }) => isFirst.rising && isFirst.falling);
  return usual.length > 0 ? usual : remaining;
};

/** The circuit in which all that remain agree, where anything can show it; of these the simplest. Null where they do not. */
export function claimed(remaining: readonly Hypothesis[]): Hypothesis | null {
  const possible = likely(remaining);
  const [first] = possible;
  const isSame = possible.every(
    ({ storage, wiring }) =>
      storage === first!.storage &&
      keysOf(wiring).every(
        (key) =>
          wiring[key].nrst === first!.wiring[key].nrst &&
          (wiring[key].boot0 === first!.wiring[key].boot0 || isHidden(first!, key)),
      ),
  );
  return first && isSame ? possible.toSorted((one, other) => rank(one) - rank(other))[0]! : null;
}

export const keysOf = (wiring: Hypothesis['wiring']) => Object.keys(wiring) as readonly WiringKey[];

/** Without a capacitor no target reads BOOT0 in a state that holds it in reset, nor in one to which no single line leads from there. */
function isHidden({ storage, wiring }: Hypothesis, key: WiringKey): boolean {
  if (storage === 'capacitor') return false;
  return wiring[key].nrst === 0 || neighbours[key].every((other) => wiring[other].nrst === 1);
}

const neighbours: Readonly<Record<WiringKey, readonly WiringKey[]>> = {
  'rts released, dtr released': ['rts asserted, dtr released', 'rts released, dtr asserted'],
  'rts asserted, dtr released': ['rts released, dtr released', 'rts asserted, dtr asserted'],
  'rts released, dtr asserted': ['rts released, dtr released', 'rts asserted, dtr asserted'],
  'rts asserted, dtr asserted': ['rts asserted, dtr released', 'rts released, dtr asserted'],
};

export interface ResetLine {
  readonly line: 'rts' | 'dtr';
  readonly asserted: 0 | 1;
}

/** The one line that resets, where all that remain agree on that; null otherwise. */
export function resetLine(remaining: readonly Hypothesis[]): ResetLine | null {
  const [first] = remaining;
  if (!first) return null;
  const nrst = (key: WiringKey) => first.wiring[key].nrst;
  const isSame = remaining.every(({ wiring }) => keysOf(wiring).every((key) => wiring[key].nrst === nrst(key)));
  const [idle, rts, dtr, both] = wiringOrder.map(nrst);
  if (!isSame || idle !== 1 || both !== 0 || rts === dtr) return null;
  return { line: rts === 0 ? 'rts' : 'dtr', asserted: 0 };
}

const wiringOrder = [
  'rts released, dtr released',
  'rts asserted, dtr released',
  'rts released, dtr asserted',
  'rts asserted, dtr asserted',
] as const satisfies readonly WiringKey[];

/** States of which BOOT0 was not seen, because the target never reads it there. */
export const hiddenIn = (circuit: Hypothesis): readonly WiringKey[] =>
  keysOf(circuit.wiring).filter((key) => isHidden(circuit, key));

/** A BOOT0 that follows one line comes first, among circuits that hold it high in reset: the method `lines` needs that. */
function rank({ wiring }: Hypothesis): number {
  const hasReset = Object.values(wiring).some(({ boot0, nrst }) => boot0 === 1 && nrst === 0);
  return (hasReset ? 0 : 2) + (followsOneLine(wiring) ? 0 : 1);
}

const followsOneLine = (wiring: Hypothesis['wiring']): boolean => {
  const boot0 = (rts: 'asserted' | 'released', dtr: 'asserted' | 'released') => wiring[`rts ${rts}, dtr ${dtr}`].boot0;
  const byRts =
    boot0('released', 'released') === boot0('released', 'asserted') &&
    boot0('asserted', 'released') === boot0('asserted', 'asserted');
  const byDtr =
    boot0('released', 'released') === boot0('asserted', 'released') &&
    boot0('released', 'asserted') === boot0('asserted', 'asserted');
  return byRts || byDtr;
};
