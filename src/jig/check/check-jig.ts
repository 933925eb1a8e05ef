import { BootctlError, exitStatus } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import type { HostFacts } from '../../bench/host-facts.ts';
import { type HubPorts, partsOfPort } from '../../bench/hub-ports.ts';
import { placesBy, type UsbTree } from '../../bench/usb-tree.ts';
import type { CheckedFinding, DoctorResult } from '../../ops/doctor.ts';
import { judge } from '../../ops/doctor.ts';
import { type ListSpec, list } from '../../ops/list.ts';
import { errorReport } from '../../ops/result.ts';
import { type PlacedSlot, placedSlots } from '../places.ts';
import type { Jig } from '../plan/read-jig.ts';
import { budget } from './budget.ts';
import { chipIds } from './chip-ids.ts';
import { hubs } from './hubs.ts';
import type { JigCheck, JigFacts } from './jig-finding.ts';
import { power } from './power.ts';
import { onlyBootctlErrors, programs, programsOf } from './programs.ts';
import { adapters, places, sharedAdapters, strangers, targets } from './slots.ts';

/** Checks of this computer that `bootctl doctor` has as well. */
const ofTheHost = ['modules', 'usb-bus', 'udev-rule', 'modem-manager'];

/** All others, in the order of the report. */
const checks: Readonly<Record<string, JigCheck>> = {
  places,
  adapters,
  'shared-adapters': sharedAdapters,
  targets,
  hubs,
  budget,
  power,
  programs,
  'chip-ids': chipIds,
  strangers,
};

/** Asks the hubs that switch the power of slots. */
async function switchingOf(
  slots: readonly PlacedSlot[],
  hubPorts: HubPorts | undefined,
): Promise<JigFacts['switching']> {
  const hubPaths = [
    ...new Set(slots.flatMap(({ power: port }) => (port === undefined ? [] : [partsOfPort(port).hub]))),
  ];
  if (!hubPorts) return {};
  const asked = hubPaths.map(async (hub) => {
    const answer = await hubPorts.facts(hub).then(({ switching }) => switching, onlyBootctlErrors);
    return [hub, answer] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}

export interface CheckJigSpec extends ListSpec {
  readonly jig: Jig;
  readonly host: HostFacts;
  readonly tree: UsbTree;
}

/** Looks for what would stand in a station's way: no port is opened, no board is reset, and no power is switched. */
export async function checkJig({ jig, host, tree, ...spec }: CheckJigSpec): Promise<DoctorResult> {
  const inventory = await list(spec);
  const resolve = placesBy(tree.rootHubs);
  const slots = placedSlots(jig.plan, resolve);
  const facts: JigFacts = {
    jig,
    inventory,
    tree,
    resolve,
    slots,
    switching: await switchingOf(slots, spec.bench.hubPorts),
    programs: await programsOf(jig.plan, spec.bench.commands),
  };
  const findings: readonly CheckedFinding[] = [
    ...judge({ host, inventory }).filter(({ check }) => ofTheHost.includes(check)),
    ...Object.entries(checks).flatMap(([check, look]) => look(facts).map((finding) => ({ check, ...finding }))),
  ];
  const problems = findings.filter(({ verdict }) => verdict === 'problem').length;
  if (problems === 0) return { ok: true, exitCode: exitStatus.ok, error: null, findings };
  const error = new BootctlError(
    'host-not-ready',
    `${count(problems, 'problem')} in ${count(findings.length, 'check')}`,
    {
      hint: 'Do what `bootctl jig check` says at each problem.',
    },
  );
  return { ok: false, exitCode: error.exitStatus, error: errorReport(error), findings };
}
