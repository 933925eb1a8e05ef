import { expect } from 'vitest';
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
  onBench: (bench: SimBench) => void = () => {},
): Promise<LearnedInSim> {
  const bench = createSimBench({ scenario: 'crashed', ...sim, profile: real });
  onBench(bench);
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

/** The same board with TX and RX at a USART of its ROM, and no application on USB. */
export const overUsart = (profile: BoardProfile): BoardProfile => ({
  ...profile,
  usart: { connected: true, baudRate: 115_200 },
  application: { expect: 'none' },
});

/** Nothing of the flash was touched, and the lines are idle, if they ever moved. */
export function expectUnharmed({ bench }: LearnedInSim, lines: 'moved' | 'no lines' = 'moved'): void {
  expect(bench.truth.events.filter(({ what }) => what === 'erased' || what === 'programmed')).toEqual([]);
  const last = bench.truth.of('lines').at(-1);
  if (last || lines === 'moved') expect(last).toMatchObject({ rts: 'released', dtr: 'released' });
}
