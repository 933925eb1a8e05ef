import type { Pair } from '../../../machines/pairing.policy.ts';

/** A slot that was found. Places are as they are written into jig.yaml. */
export interface NamedSlot extends Pair {
  readonly name: string;
}

/** Names for pairs, in their order: A1, A2, … as far as they are free. */
export function namedSlots(
  pairs: readonly Pair[],
  existing: readonly string[],
  placeOf: (path: string) => string,
): readonly NamedSlot[] {
  const free = Array.from({ length: pairs.length + existing.length }, (_, index) => `A${index + 1}`).filter(
    (name) => !existing.includes(name),
  );
  return pairs.map(({ adapter, target }, index) => ({
    name: free[index]!,
    adapter: placeOf(adapter),
    target: placeOf(target),
  }));
}
