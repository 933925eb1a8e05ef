import { isPortAt, type PortInfo, placeOfPort } from '../../bench/serial-link.ts';
import type { Finding } from '../../ops/doctor/doctor-check.ts';
import { troubleFinding } from '../../ops/doctor/doctor-check.ts';
import type { PlacedSlot } from '../places.ts';
import { type JigCheck, type JigFacts, ok, problem } from './jig-finding.ts';

const ends = ['adapter', 'target'] as const;

interface TakenPort {
  readonly path: string | undefined;
  /** With the interface of a port of several. */
  readonly port: string | undefined;
}

/** The whole of an adapter and one of its ports are one place, two of its ports are not. */
const areSame = (a: TakenPort, b: TakenPort): boolean =>
  a.path === b.path && (a.port === b.port || a.port === a.path || b.port === b.path);

/** Places that this host does not have, and places that are one here although jig.yaml names them differently. */
export const places: JigCheck = ({ jig, tree, slots }) => {
  const all = slots.flatMap((placed) =>
    ends.map((end) => ({
      ...{ end, name: placed.slot.name, text: placed.slot[end], path: placed[end] },
      port: end === 'adapter' ? placed.adapterPort : placed.target,
    })),
  );
  const known = [...new Set(tree.rootHubs.map(({ controller }) => controller).filter((name) => name !== ''))];
  return all.flatMap(({ end, name, text, path, port }, index): readonly Finding[] => {
    const at = (message: string) => jig.lineAt(['slots', name, end], message);
    if (path === undefined) {
      return [
        problem(
          at(`this host has no such controller: ${text}`),
          `Its controllers are ${known.join(', ') || 'none'}; \`udevadm info\` shows the ID_PATH of a device.`,
        ),
      ];
    }
    const same = all.slice(0, index).find((other) => areSame(other, { path, port }));
    return same
      ? [
          problem(
            at(`${path} here, where the ${same.end} of ${same.name} is`),
            'Give each adapter and each target a place of its own.',
          ),
        ]
      : [];
  });
};

/** Whether each slot has its adapter, and this user may open it. */
export const adapters: JigCheck = (facts) =>
  facts.slots.flatMap((placed) =>
    placed.adapter === undefined ? [] : [adapterFinding(placed, placed.adapter, facts)],
  );

function adapterFinding(
  { slot: { name }, adapterPort = '' }: PlacedSlot,
  path: string,
  { jig, inventory, tree }: JigFacts,
): Finding {
  const at = (message: string) => jig.lineAt(['slots', name, 'adapter'], message);
  const all = inventory.ports.filter(({ info }) => info.usbPath === path);
  const [port, second] = all.filter(({ info }) => isPortAt(adapterPort, info));
  if (second) return problem(at(`the adapter at ${path} has several ports`), `Name one of ${portNames(all, path)}.`);
  if (!port && all.length > 0)
    return problem(at(`the adapter at ${path} has no port ${adapterPort}`), `It has ${portNames(all, path)}.`);
  if (port?.trouble) {
    const { seen, advice = '' } = troubleFinding('problem', port.trouble);
    return problem(at(seen), advice);
  }
  if (port) return ok(`${name}: adapter ${port.info.path} at ${adapterPort}`);
  const device = tree.devices.find((one) => one.path === path);
  if (device?.isHub) return problem(at(`a hub is plugged in at ${path}`), 'Name the place of the adapter behind it.');
  if (device)
    return problem(
      at(`${device.name} at ${path} has no serial port`),
      'Run `bootctl doctor`: no driver has it, or it is no adapter.',
    );
  if (jig.plan.adapters === 'unit') return ok(`${name}: no unit with its adapter at ${path} now`);
  return problem(
    at(`nothing is plugged in at ${path}`),
    'Plug the adapter in, or let `bootctl jig pair` find the places anew; if units bring theirs, write `adapters: unit`.',
  );
}

/** `"1-3.2:1.0" (/dev/ttyUSB0)`. */
const portNames = (ports: readonly { readonly info: PortInfo }[], path: string): string =>
  ports.map(({ info }) => `"${path}:${info.usbInterface ?? '?'}" (${info.path})`).join(', ');

/**
 * Slots whose adapters are ports of one USB device. Requests to its default control pipe are sent in their order, one at a time
 * (USB 2.0 §5.3.2.2), and drivers move lines by them.
 */
export const sharedAdapters: JigCheck = ({ slots }) => {
  const devices = [...new Set(slots.flatMap(({ adapter }) => adapter ?? []))];
  return devices.flatMap((device): readonly Finding[] => {
    const names = slots.filter(({ adapter }) => adapter === device).map(({ slot }) => slot.name);
    if (names.length < 2) return [];
    return [
      ok(
        `${names.join(' and ')} share the adapter at ${device}: unplugged it is gone for all of them, and their moves of lines go through its one control pipe, one after the other`,
      ),
    ];
  });
};

/** What is in the slots now. An empty one is as it should be between two units. */
export const targets: JigCheck = ({ jig, inventory, tree, slots }) =>
  slots.flatMap(({ slot: { name }, target: path }): readonly Finding[] => {
    if (path === undefined) return [];
    const at = (message: string) => jig.lineAt(['slots', name, 'target'], message);
    const device = tree.devices.find((one) => one.path === path);
    if (!device) return [ok(`${name}: no unit at ${path} now`)];
    if (device.isHub) return [problem(at(`a hub is plugged in at ${path}`), 'Name the place of the target behind it.')];
    const rom = inventory.dfuDevices.find(({ info }) => info.path === path);
    if (rom?.trouble) return [problem(at(rom.trouble.message), rom.trouble.hint)];
    return [ok(`${name}: ${device.name} at ${path}`)];
  });

/** Adapters and bootloaders at other places: a station shows them, and never opens them. */
export const strangers: JigCheck = ({ inventory, slots }) => {
  const own = new Set(slots.flatMap(({ adapterPort, target }) => [adapterPort, target]));
  const all = inventory.ports.map(({ info }) => info);
  const isOwn = (port: PortInfo) => [...own].some((place) => place !== undefined && isPortAt(place, port));
  const found = [
    ...all.flatMap((info) =>
      info.usbPath === undefined || isOwn(info) ? [] : [{ path: placeOfPort(info, all), name: info.path }],
    ),
    ...inventory.dfuDevices
      .map(({ info }) => ({ path: info.path, name: `${info.vendorId}:${info.productId}` }))
      .filter(({ path }) => !own.has(path)),
  ];
  return found.map(({ path, name }) => ok(`${name} at ${path} belongs to no slot, and is left alone`));
};
