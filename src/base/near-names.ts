import { distance } from 'fastest-levenshtein';

/**
 * Up to three of `known` that `name` may have meant, nearest first. Case does not count. A shortened name counts as one
 * wrong letter.
 */
export function nearNames(name: string, known: readonly string[]): readonly string[] {
  const wanted = name.toLowerCase();
  const reach = Math.max(1, Math.floor(name.length / 3));
  return known
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const within = wanted.length >= 2 && (lower.startsWith(wanted) || wanted.startsWith(lower));
      return { candidate, edits: Math.min(distance(wanted, lower), within ? 1 : Number.POSITIVE_INFINITY) };
    })
    .filter(({ edits }) => edits <= reach)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** ` (did you mean "pulse"?)`, or nothing where no name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearNames(name, known);
  return near.length === 0 ? '' : ` (did you mean ${near.map((word) => `"${word}"`).join(' or ')}?)`;
}
