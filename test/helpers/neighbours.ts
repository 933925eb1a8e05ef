import fc from 'fast-check';
import type { Moment, Move, Neighbour } from '../../src/sim/neighbours.ts';

/** Where neighbours are plugged in: beside the target's usual `1-2`, behind a hub, on another bus. */
const paths = ['1-3', '1-4.1', '1-4.2', '1-6', '2-1', '2-2.3'] as const;

/** Within the time that a job takes; most moments lie where the target is reset and awaited. */
const anyMoment: fc.Arbitrary<Moment> = fc.oneof(
  fc.record({ at: fc.integer({ min: 0, max: 8_000 }) }),
  fc.record({ sampling: fc.integer({ min: 1, max: 5 }), after: fc.integer({ min: 0, max: 1_000 }) }),
);

const anyMove: fc.Arbitrary<Move> = fc.record({
  when: anyMoment,
  what: fc.constantFrom('plug', 'unplug', 'enter-rom', 'restart'),
});

type Drawn = Omit<Neighbour, 'name'>;

/** A board that nothing of the adapter's reaches, whatever it is and whatever is done to it. */
const anyStranger: fc.Arbitrary<Drawn> = fc.record(
  {
    path: fc.constantFrom(...paths),
    runs: fc.constantFrom<Neighbour['runs'][]>('rom', 'rom', 'application', 'nothing'),
    moves: fc.array(anyMove, { maxLength: 3 }),
    personality: fc.constantFrom('F405', 'H743', 'G0B1', 'L072'),
    // Absent, it has that of its kind: the same as the target where it is of the same kind.
    serialNumber: fc.constantFrom('205C36783731', '306A39513532'),
    unplugged: fc.constant(true as const),
  },
  { requiredKeys: ['path', 'runs', 'moves'] },
);

/** A board of the target's kind on the same lines: nothing but its start-up differs. */
const anyTwin: fc.Arbitrary<Drawn> = fc.record({
  path: fc.constantFrom(...paths),
  runs: fc.constantFrom<Neighbour['runs'][]>('rom', 'application', 'nothing'),
  slowerBy: fc.integer({ min: 0, max: 200 }),
  onLines: fc.constant(true as const),
});

/**
 * Boards beside the target, each at a path of its own: strangers that come, go and start their ROM at any time, and now
 * and then a twin. `fc.sample(anyNeighbours, { seed, numRuns: 1 })` draws one world by a seed.
 */
export const anyNeighbours: fc.Arbitrary<readonly Neighbour[]> = fc
  .uniqueArray(fc.oneof({ arbitrary: anyStranger, weight: 6 }, { arbitrary: anyTwin, weight: 1 }), {
    maxLength: 3,
    selector: ({ path }) => path,
  })
  .map((drawn) => drawn.map((one, index) => ({ ...one, name: `${one.onLines ? 'twin' : 'stranger'}-${index + 1}` })));
