import { sleep } from '../../src/bench/clock.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { enter } from '../../src/ops/enter.ts';
import { type LearnResult, type LearnSpec, learn } from '../../src/ops/learn.ts';
import { createSimBench, type SimBench, type SimBenchOptions } from '../../src/sim/sim-bench.ts';

export interface LearnedInSim {
  readonly result: LearnResult;
  readonly bench: SimBench;
  /** Of the bench, in ms. */
  readonly took: number;
}

/** Learns a simulated board, in virtual time. */
export async function learned(
  real: BoardProfile,
  sim: Omit<SimBenchOptions, 'profile'> = {},
  options: Partial<LearnSpec> = {},
): Promise<LearnedInSim> {
  const bench = createSimBench({ scenario: 'crashed', ...sim, profile: real });
  const result = await learn({ bench, id: 'learned', today: '2026-11-29', isSimulated: true, ...options });
  const took = bench.clock.now();
  // NRST of the last reset rises after the job has let it go.
  await sleep(bench.clock, 50);
  return { result, bench, took };
}

/** A job by the profile that was learned, on a board as the one it was learned of. */
export async function enteredByLearned(
  { result }: LearnedInSim,
  real: BoardProfile,
  sim: Omit<SimBenchOptions, 'profile'> = {},
) {
  const profile = parseProfile(result.learned!.text, 'learned.yaml');
  const bench = createSimBench({ scenario: 'crashed', ...sim, profile: real });
  return enter({ profile, bench });
}
