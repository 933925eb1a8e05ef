import { count } from '../../base/text.ts';
import type { RootHub, TreeDevice } from '../../bench/usb-tree.ts';
import type { Finding } from '../../ops/doctor/doctor-check.ts';
import { type JigCheck, type JigFacts, ok, problem, warning } from './jig-finding.ts';

/** Of common xHCI controllers of Intel (acroname and Microchip, "96 endpoints"); others have as much or more. */
const mostDevices = 32;
const mostEndpoints = 96;
const intel = '8086';

/** Endpoints of what is not there now, the one for control included: an FT232R, and an application with CDC-ACM. */
const usual = { adapter: 3, target: 4 } as const;

/** Whether each controller has room for all that the slots bring, with the applications of all units running. */
export const budget: JigCheck = (facts) => {
  const controllers = new Map<string, RootHub[]>();
  for (const hub of facts.tree.rootHubs.filter(({ driver }) => driver === 'xhci_hcd')) {
    controllers.set(hub.controller, [...(controllers.get(hub.controller) ?? []), hub]);
  }
  return [...controllers].flatMap(([controller, rootHubs]) => controllerFinding(controller, rootHubs, facts));
};

function controllerFinding(
  controller: string,
  rootHubs: readonly RootHub[],
  { tree, slots }: JigFacts,
): readonly Finding[] {
  const isOn = (path: string | undefined) =>
    path !== undefined && rootHubs.some(({ bus }) => path.startsWith(`${bus}-`));
  const devices = tree.devices.filter(({ path }) => isOn(path));
  const planned = slots
    .flatMap(({ adapter, target }) => [
      { path: adapter, endpoints: usual.adapter },
      { path: target, endpoints: usual.target },
    ])
    .filter(({ path }, index, all) => isOn(path) && all.findIndex((other) => other.path === path) === index);
  if (planned.length === 0) return [];
  const missing = planned.filter(({ path }) => !devices.some((one) => one.path === path));
  const endpoints = sum(devices.map((device) => reckoned(device, planned))) + sum(missing.map((one) => one.endpoints));
  const total = devices.length + missing.length;
  const seen = `${controller}: ${count(total, 'device')} of ${mostDevices}, ${count(endpoints, 'endpoint')} of ${mostEndpoints}, with all slots full`;
  if (total <= mostDevices && endpoints <= mostEndpoints) return [ok(seen)];
  const advice =
    'Plug some of the slots into another controller: a PCIe card with one costs less than the time that is lost here.';
  return [
    rootHubs.some(({ vendorId }) => vendorId === intel)
      ? problem(seen, advice)
      : warning(`${seen} (the limits of common controllers of Intel)`, advice),
  ];
}

/** A target that is in its ROM now has fewer endpoints than its application. */
const reckoned = (
  { path, endpoints }: TreeDevice,
  planned: readonly { readonly path: string | undefined; readonly endpoints: number }[],
): number => Math.max(endpoints, planned.find((one) => one.path === path)?.endpoints ?? 0);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
