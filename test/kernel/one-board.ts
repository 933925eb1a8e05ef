import type { TimedTruth } from '../../src/sim/truth.ts';
import type { BenchSetup } from './agent/protocol.ts';
import { boardOf, builtInProfile } from './boards.ts';
import { firmware } from './bootctl.ts';
import { placeOf, setUp } from './kernel-test.ts';

export const idle = { rts: 'released', dtr: 'released' };
export const job = ['recover', firmware, '--profile', 'rc-cap'];

type Scenario = Parameters<typeof boardOf>[2];

/** One board on an FT232R with the built-in rc-cap circuit. */
export const oneBoard = (scenario?: Scenario): BenchSetup => ({
  boards: [boardOf('board', builtInProfile('rc-cap'), scenario)],
  adapters: [{ name: 'adapter', chip: 'ft232r', board: 'board' }],
});

/** The same, with the job that names its place, and where the adapter is. */
export async function setUpOne(scenario?: Scenario) {
  const { board, adapter } = await setUp(oneBoard(scenario));
  return { placed: [...job, ...placeOf(board)], tty: adapter!.tty! };
}

/** What was done to the flash of this board. */
export const changesOf = (truth: readonly TimedTruth[], board: string): readonly TimedTruth[] =>
  truth.filter((event) => event.board === board && (event.what === 'erased' || event.what === 'programmed'));
