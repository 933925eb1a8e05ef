import type { Milliseconds } from '../../src/base/units.ts';
import { type Clock, sleep } from '../../src/bench/clock.ts';
import type { SerialPorts } from '../../src/bench/serial-link.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { type CalibrateResult, calibrate } from '../../src/ops/calibrate.ts';
import type { JobSpec } from '../../src/ops/job/job-spec.ts';
import { circuitOf } from '../../src/sim/board/profile-circuit.ts';
import { defaultScenario, scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench, type SimBench, type SimBenchOptions } from '../../src/sim/sim-bench.ts';

/** What a board truly has, in ms on the axes of a calibration; found by the simulator's own parts, not by the product's. */
export interface TrueTimes {
  readonly hold: number;
  readonly charge: number;
}

/** Exact solution for the circuit of the simulated board: exponentials between its real thresholds. */
export function trueTimes(board: BoardProfile, personality = 'F405'): TrueTimes {
  const { boot0, nrst, supply, thresholds } = circuitOf(board, scenarioNamed(defaultScenario), personality);
  if (!boot0) throw new Error('no capacitor');
  const down = 1 / (1 / boot0.bleedResistor + 1 / (boot0.boardPullDown ?? Number.POSITIVE_INFINITY));
  const full = ((supply - boot0.diodeDrop) * down) / (boot0.chargeResistor + down);
  const tau = down * boot0.capacitor * 1e3;
  const chargeTau = ((boot0.chargeResistor * down) / (boot0.chargeResistor + down)) * boot0.capacitor * 1e3;
  const rise = -nrst.pullUp * nrst.capacitor * 1e3 * Math.log(1 - thresholds.nrst / supply);
  const { rising, falling } = thresholds.boot0;
  const needed = Math.max(rising, falling * Math.exp((board.nrst.pulse + rise) / tau));
  return {
    hold: tau * Math.log(full / falling) - rise,
    charge: -chargeTau * Math.log(1 - needed / full),
  };
}

export interface Calibrated {
  readonly result: CalibrateResult;
  readonly bench: SimBench;
  readonly took: number;
}

/** A calibration of a board that differs from what its profile claims, in virtual time. */
export async function calibrated(
  claimed: BoardProfile,
  real: BoardProfile = claimed,
  options: Partial<JobSpec> & { readonly resets?: number } = {},
  { jitter, ...sim }: Partial<SimBenchOptions> & { readonly jitter?: () => Milliseconds } = {},
): Promise<Calibrated> {
  const bench = createSimBench({ scenario: 'crashed', ...sim, profile: real });
  const started = bench.clock.now();
  const used = jitter ? { ...bench, serial: withJitter(bench.serial, bench.clock, jitter) } : bench;
  const result = await calibrate({ profile: claimed, bench: used, today: '2026-11-29', ...options });
  const took = bench.clock.now() - started;
  // NRST of the last reset rises after the job has let it go.
  await sleep(bench.clock, 50);
  return { result, bench, took };
}

/** Adapters whose edges are anywhere in a call that takes another time each time. */
function withJitter(ports: SerialPorts, clock: Clock, jitter: () => Milliseconds): SerialPorts {
  return {
    list: () => ports.list(),
    async open(path, format) {
      const link = await ports.open(path, format);
      const setLines = link.setLines.bind(link);
      link.setLines = async (lines) => {
        await sleep(clock, jitter());
        await setLines(lines);
        await sleep(clock, jitter());
      };
      return link;
    },
  };
}

/** A board whose parts are somewhere within their tolerances; `random` gives numbers from 0 to 1. */
export function boardWithTolerances(profile: BoardProfile, random: () => number): BoardProfile {
  const { boot0, nrst } = profile;
  if (!boot0) return profile;
  const off = (tolerance: number) => 1 + (2 * random() - 1) * tolerance;
  return {
    ...profile,
    boot0: {
      ...boot0,
      capacitor: boot0.capacitor * off(0.4),
      bleedResistor: boot0.bleedResistor * off(0.05),
      chargeResistor: boot0.chargeResistor * off(0.05),
      diodeDrop: boot0.diodeDrop * off(0.3),
    },
    nrst: { ...nrst, pullUp: nrst.pullUp * off(0.3), capacitor: nrst.capacitor * off(0.2) },
  };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
