import { jigErrors } from '../../base/error-catalog/jig.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { HoldPlan } from '../../jig/plan/jig-plan.ts';
import { recover } from '../../ops/recover.ts';
import { scenarios } from '../../sim/scenarios.ts';
import { createSimBench } from '../../sim/sim-bench.ts';

/** The golden units of a jig.yaml, as far as simulated boards can be them. */
export interface SimulatedGolden {
  readonly plan: HoldPlan['golden'];
  /** What is wrong with each board, by its label. */
  readonly scenarios: Readonly<Record<string, string>>;
  /** Labels of which no simulated board shows what they should. */
  readonly missing: readonly string[];
}

/** Finds a board for each golden unit by trying: what a scenario leads to depends on the profile and the image. */
export async function simulatedGolden(
  golden: HoldPlan['golden'],
  profiles: readonly BoardProfile[],
  image: FirmwareImage,
): Promise<SimulatedGolden> {
  const found = new Map<string, string | undefined>();
  for (const expected of new Set(Object.values(golden?.units ?? {})))
    found.set(expected, await scenarioThatShows(expected, profiles, image));
  const units = Object.entries(golden?.units ?? {});
  const made = units.filter(([, expected]) => found.get(expected) !== undefined);
  return {
    plan: golden && made.length > 0 ? { ...golden, units: Object.fromEntries(made) } : undefined,
    scenarios: Object.fromEntries(made.map(([label, expected]) => [label, found.get(expected)!])),
    missing: units.filter((unit) => !made.includes(unit)).map(([label]) => label),
  };
}

/** The likely ones first: one try takes a tenth of a second. */
async function scenarioThatShows(
  expected: string,
  profiles: readonly BoardProfile[],
  image: FirmwareImage,
): Promise<string | undefined> {
  if (expected === 'pass') return 'crashed';
  // Of a station's own failures, such as that of a step, no board is the cause.
  if (Object.hasOwn(jigErrors, expected)) return undefined;
  const names = scenarios.map(({ name }) => name);
  const ordered = new Set([...names.filter((name) => name === expected), 'nrst-open', 'stuck-bit', ...names]);
  for (const scenario of ordered) if (await isShown(expected, scenario, profiles, image)) return scenario;
  return undefined;
}

async function isShown(
  expected: string,
  scenario: string,
  profiles: readonly BoardProfile[],
  image: FirmwareImage,
): Promise<boolean> {
  for (const profile of profiles) if ((await shownBy(scenario, profile, image)) !== expected) return false;
  return profiles.length > 0;
}

/** The code of the failure; undefined after a pass, and where the scenario breaks a part that this profile does not have. */
async function shownBy(scenario: string, profile: BoardProfile, image: FirmwareImage): Promise<string | undefined> {
  try {
    await using bench = createSimBench({ profile, scenario });
    return (await recover({ profile, bench, image })).error?.code;
  } catch {
    return undefined;
  }
}
