import { BootctlError, exitStatus } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import type { HostFacts } from '../../bench/host-facts.ts';
import { type HubPorts, partsOfPort } from '../../bench/hub-ports.ts';
import { placesBy, type UsbTree } from '../../bench/usb-tree.ts';
import type { CheckedFinding, DoctorResult } from '../../ops/doctor.ts';
import { judge } from '../../ops/doctor.ts';
import { type ListSpec, list } from '../../ops/list.ts';
import { errorReport } from '../../ops/result.ts';
import { placedSlots } from '../places.ts';
import type { Jig } from '../plan/read-jig.ts';
import { budget } from './budget.ts';
import { chipIds } from './chip-ids.ts';
import { hubs } from './hubs.ts';
import type { JigCheck, JigFacts } from './jig-finding.ts';
import { power } from './power.ts';
import { hubsOnTheWay, type PowerRow, powerBudget, powerRows } from './power-budget.ts';
import { onlyBootctlErrors, programs, programsOf } from './programs.ts';
import { adapters, places, sharedAdapters, strangers, targets } from './slots.ts';
import { type SpeedRow, speedRows } from './translators.ts';

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
  'power-budget': powerBudget,
  programs,
  'chip-ids': chipIds,
  strangers,
};

/** Asks the hubs that switch the power of slots, and where `isPower` those on the way to the slots. */
async function askHubs(
  facts: Pick<JigFacts, 'slots' | 'tree'>,
  hubPorts: HubPorts | undefined,
  isPower: boolean,
): Promise<JigFacts['hubFacts']> {
  if (!hubPorts) return {};
  const switched = facts.slots.flatMap(({ power: port }) => (port === undefined ? [] : [partsOfPort(port).hub]));
  const all = new Set([...switched, ...(isPower ? hubsOnTheWay(facts) : [])]);
  const asked = [...all].map(async (hub) => [hub, await hubPorts.facts(hub).catch(onlyBootctlErrors)] as const);
  return Object.fromEntries(await Promise.all(asked));
}

export interface CheckJigSpec extends ListSpec {
  readonly jig: Jig;
  readonly host: HostFacts;
  readonly tree: UsbTree;
  /** Hubs are asked whether they have a supply of their own now. */
  readonly isPower?: boolean | undefined;
}

export interface CheckJigResult extends DoctorResult {
  readonly power: readonly PowerRow[];
  readonly speed: readonly SpeedRow[];
}

/** Looks for what would stand in a station's way: no port is opened, no board is reset, and no power is switched. */
export async function checkJig({ jig, host, tree, isPower = false, ...spec }: CheckJigSpec): Promise<CheckJigResult> {
  const inventory = await list(spec);
  const resolve = placesBy(tree.rootHubs);
  const slots = placedSlots(jig.plan, resolve);
  const facts: JigFacts = {
    jig,
    inventory,
    tree,
    resolve,
    slots,
    hubFacts: await askHubs({ slots, tree }, spec.bench.hubPorts, isPower),
    programs: await programsOf(jig.plan, spec.bench.commands),
  };
  const findings: readonly CheckedFinding[] = [
    ...judge({ host, inventory }).filter(({ check }) => ofTheHost.includes(check)),
    ...Object.entries(checks).flatMap(([check, look]) => look(facts).map((finding) => ({ check, ...finding }))),
  ];
  return { ...outcomeOf(findings), findings, power: powerRows(facts), speed: speedRows(facts) };
}

function outcomeOf(findings: readonly CheckedFinding[]): Pick<DoctorResult, 'ok' | 'exitCode' | 'error'> {
  const problems = findings.filter(({ verdict }) => verdict === 'problem').length;
  if (problems === 0) return { ok: true, exitCode: exitStatus.ok, error: null };
  const error = new BootctlError(
    'host-not-ready',
    `${count(problems, 'problem')} in ${count(findings.length, 'check')}`,
    { hint: 'Do what `bootctl jig check` says at each problem.' },
  );
  return { ok: false, exitCode: error.exitStatus, error: errorReport(error) };
}
