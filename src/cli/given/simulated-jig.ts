import { systemClock } from '../../host/system/system-clock.ts';
import type { Jig } from '../../jig/plan/read-jig.ts';
import { exampleOf } from '../../jig/station/example-label.ts';
import { SimulatedJig, type SimulatedJigSpec } from '../../jig/station/simulated-jig.ts';
import type { PlannedSlot } from '../../jig/station/station-spec.ts';
import { uniqueIdOf } from '../../sim/chip/unique-id.ts';
import { scenarios } from '../../sim/scenarios.ts';
import { createSimBench } from '../../sim/sim-bench.ts';

/** One unit in so many has a fault. */
const oneOf = 8;
/** A person at a page sees what happens; without one nobody waits for it. */
const hands = { page: { least: 800, most: 2_500 }, quick: { least: 0, most: 20 } };

/** Units, adapters and an operator that are made up, for a jig as its file describes it. */
export function simulatedJig(
  { plan, rows }: Jig,
  slots: readonly PlannedSlot[],
  {
    seed = 1,
    page,
    ...given
  }: Pick<SimulatedJigSpec, 'onStuck' | 'golden'> & { readonly seed?: number; readonly page: boolean },
): SimulatedJig {
  const { serial } = plan.unit;
  const column = serial?.from === 'csv' ? serial.column : '';
  const labels = serial?.from === 'csv' ? rows.map((row) => row[column] ?? '') : undefined;
  return new SimulatedJig({
    slots,
    adapters: plan.adapters,
    seed,
    clock: systemClock,
    faults: { scenarios: scenariosOf(slots), oneOf },
    labelOf: (unit) =>
      labels ? (labels[unit - 1] ?? '') : exampleOf(serial?.from === 'scan' ? serial : undefined, unit),
    chipOf: (unit) => Buffer.from(uniqueIdOf(seed, unit)).toString('hex'),
    hand: page ? hands.page : hands.quick,
    ...given,
  });
}

/** A scenario may break a part that a profile does not have. */
function scenariosOf(slots: readonly PlannedSlot[]): readonly string[] {
  const profiles = [...new Map(slots.map(({ profile }) => [profile.id, profile])).values()];
  const isPossible = (scenario: string) =>
    profiles.every((profile) => {
      try {
        void createSimBench({ profile, scenario })[Symbol.asyncDispose](); // its firmware would work for ever
        return true;
      } catch {
        return false;
      }
    });
  return scenarios.map(({ name }) => name).filter(isPossible);
}
