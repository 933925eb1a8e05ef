import { isBootctlError } from '../../base/errors.ts';
import type { TreeDevice } from '../../bench/usb-tree.ts';
import type { Finding } from '../../ops/doctor/doctor-check.ts';
import { type JigCheck, type JigFacts, problem } from './jig-finding.ts';

// Milliamperes. A port of a hub with a supply of its own gives five unit loads of 100 mA, one of a hub that is powered by the
// bus gives one, and such a hub has five for itself and its ports (USB 2.0 §7.2.1, §7.2.1.1, §7.2.1.2).
const portOfSupply = 500;
const portOfBus = 100;
const wholeOfBus = 500;

/** A device on a port of a hub, and what it declares. */
export interface PowerDevice {
  readonly path: string;
  /** `A1 adapter`, or the name of a device that no slot has. */
  readonly what: string;
  /** bMaxPower in mA; undefined where nothing is plugged in now. */
  readonly milliamps: number | undefined;
}

/** A hub with devices of slots behind it. Declared is not drawn: a board may draw more, or have a supply of its own. */
export interface PowerRow {
  readonly hub: string;
  readonly supply: 'own' | 'bus';
  /** It has said so now; else its descriptor says what it can. */
  readonly isAsked: boolean;
  /** mA that one port gives, and all together where that is less. */
  readonly eachPort: number;
  readonly inAll: number | undefined;
  readonly devices: readonly PowerDevice[];
  /** Sum of what is there, in mA. */
  readonly declared: number;
}

/** The hubs on the way to the slots, as far as this host says what they declare. */
export const powerRows = (facts: Pick<JigFacts, 'slots' | 'tree' | 'hubFacts'>): readonly PowerRow[] =>
  facts.tree.devices
    .filter(({ path, isHub }) => isHub && placesOf(facts).some((place) => place.startsWith(`${path}.`)))
    .flatMap((hub) => (hub.power ? [rowOf(hub, hub.power, facts)] : []));

/** Hubs on the way to the slots, whether or not this host says what they declare. */
export const hubsOnTheWay = (facts: Pick<JigFacts, 'slots' | 'tree'>): readonly string[] =>
  facts.tree.devices
    .filter(({ path, isHub }) => isHub && placesOf(facts).some((place) => place.startsWith(`${path}.`)))
    .map(({ path }) => path);

const placesOf = ({ slots }: Pick<JigFacts, 'slots'>): readonly string[] =>
  slots.flatMap(({ adapter, target }) => [adapter, target].filter((place) => place !== undefined));

function rowOf(
  { path }: TreeDevice,
  { milliamps, isSelfPowered }: NonNullable<TreeDevice['power']>,
  facts: Pick<JigFacts, 'slots' | 'tree' | 'hubFacts'>,
): PowerRow {
  const said = facts.hubFacts[path];
  const asked = said === undefined || isBootctlError(said) ? undefined : said;
  const supply = (asked?.isSelfPowered ?? isSelfPowered) ? 'own' : 'bus';
  const devices = devicesOn(path, facts);
  return {
    ...{ hub: path, supply, isAsked: asked !== undefined, devices },
    eachPort: supply === 'own' ? portOfSupply : portOfBus,
    inAll: supply === 'own' ? undefined : wholeOfBus - (asked?.ownCurrent ?? milliamps),
    declared: devices.reduce((sum, one) => sum + (one.milliamps ?? 0), 0),
  };
}

function devicesOn(
  hub: string,
  { slots, tree }: Pick<JigFacts, 'slots' | 'tree' | 'hubFacts'>,
): readonly PowerDevice[] {
  const isOn = (path: string) => path.startsWith(`${hub}.`) && !path.slice(hub.length + 1).includes('.');
  const named = new Map<string, string[]>();
  for (const { slot, adapter, target } of slots) {
    for (const [end, path] of [
      ['adapter', adapter],
      ['target', target],
    ] as const)
      if (path !== undefined && isOn(path)) named.set(path, [...(named.get(path) ?? []), `${slot.name} ${end}`]);
  }
  const there = tree.devices.filter(({ path }) => isOn(path));
  const paths = [...new Set([...named.keys(), ...there.map(({ path }) => path)])];
  return paths.map((path) => {
    const device = there.find((one) => one.path === path);
    return {
      path,
      what: named.get(path)?.join(', ') ?? (device?.isHub ? 'hub' : device!.name),
      milliamps: device?.power?.milliamps,
    };
  });
}

/** Devices that declare more than their hub can give: Linux leaves such a device without a configuration (usb/core/generic.c). */
export const powerBudget: JigCheck = (facts) =>
  powerRows(facts).flatMap(({ hub, eachPort, inAll, devices, declared }): readonly Finding[] => {
    const advice = 'Give the hub a supply of its own, or plug the device in where there is one.';
    const tooMuch = devices
      .filter(({ milliamps = 0 }) => milliamps > eachPort)
      .map(({ what, path, milliamps }) =>
        problem(
          `${what} at ${path} declares ${milliamps} mA, and a port of the hub at ${hub} gives ${eachPort} mA`,
          advice,
        ),
      );
    if (inAll === undefined || declared <= inAll) return tooMuch;
    const sum = `what is plugged into the hub at ${hub} declares ${declared} mA, and the bus leaves it ${inAll} mA`;
    return [...tooMuch, problem(sum, advice)];
  });
