import { BootctlError } from '../../base/errors.ts';
import type { Bench } from '../../bench/bench.ts';
import type { HostFacts } from '../../bench/host-facts.ts';
import { type PortTrouble, takeInventory } from '../inventory.ts';
import { findAdapter } from '../job/adapter/open-adapter.ts';
import { adapterChecks } from './doctor-adapters.ts';
import type { Check, DoctorFacts, Finding, ProfileFacts } from './doctor-check.ts';
import { hostChecks } from './doctor-host.ts';
import { profileChecks } from './doctor-profile.ts';

/** All checks, in the order of the report. */
const checks: Readonly<Record<string, Check>> = { ...hostChecks, ...adapterChecks, ...profileChecks };

export const checkNames: readonly string[] = Object.keys(checks);

/** The findings of all checks. */
export const judge = (facts: DoctorFacts): readonly (Finding & { readonly check: string })[] =>
  checkNames.flatMap((check) => checks[check]!(facts).map((finding) => ({ check, ...finding })));

/** Looks at the host without opening a serial port or sending anything to a USB device. */
export async function examine(
  bench: Bench,
  host: HostFacts,
  portTrouble: PortTrouble,
  wanted?: Pick<ProfileFacts, 'profile' | 'warnings'>,
): Promise<DoctorFacts> {
  const inventory = await takeInventory(bench, portTrouble);
  if (wanted === undefined) return { host, inventory };
  const { profile } = wanted;
  if (profile instanceof BootctlError) return { host, inventory, wanted };
  const adapter = await findAdapter({ profile, bench, report: () => {} }).catch((error: unknown) => {
    if (error instanceof BootctlError) return error;
    throw error;
  });
  return { host, inventory, wanted: { ...wanted, adapter } };
}
