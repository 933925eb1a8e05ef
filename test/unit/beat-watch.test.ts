import { expect, test } from 'vitest';
import { BeatWatch } from '../../src/fleet/rack/beat-watch.ts';

/** What stands still after these looks, each as [time in s, beats of rack-1, life]. */
function after(...looks: readonly (readonly [number, number, string?])[]): readonly string[] {
  let now = 0;
  const watch = new BeatWatch(() => now, 15_000);
  let still: readonly string[] = [];
  for (const [seconds, beats, life = 'one'] of looks) {
    now = seconds * 1_000;
    still = watch.look([{ name: 'rack-1', life, beats }]).map(({ name }) => name);
  }
  return still;
}

test('a worker stands still whose beats are the same for the limit, at each look', () => {
  expect(after([0, 7], [5, 7], [10, 7], [14.9, 7])).toEqual([]);
  expect(after([0, 7], [5, 7], [10, 7], [15, 7])).toEqual(['rack-1']);
});

test('a beat or another life begins the watch anew', () => {
  expect(after([0, 7], [5, 7], [10, 8], [15, 8])).toEqual([]);
  expect(after([0, 7], [5, 7], [10, 7, 'two'], [15, 7, 'two'])).toEqual([]);
});

test('who has not looked for a while has seen nothing: the database was away, or this computer slept', () => {
  expect(after([0, 7], [20, 7])).toEqual([]);
  expect(after([0, 7], [20, 7], [25, 7], [30, 7], [35, 7])).toEqual(['rack-1']);
});
