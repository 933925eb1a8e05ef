import type { Finding } from '../../ops/doctor/doctor-check.ts';
import { troubleFinding } from '../../ops/doctor/doctor-check.ts';
import type { PlacedSlot } from '../places.ts';
import { type JigCheck, type JigFacts, ok, problem } from './jig-finding.ts';

const ends = ['adapter', 'target'] as const;

/** Places that this host does not have, and places that are one here although jig.yaml names them differently. */
export const places: JigCheck = ({ jig, tree, slots }) => {
  const all = slots.flatMap((placed) =>
    ends.map((end) => ({ end, name: placed.slot.name, text: placed.slot[end], path: placed[end] })),
  );
  const known = [...new Set(tree.rootHubs.map(({ controller }) => controller).filter((name) => name !== ''))];
  return all.flatMap(({ end, name, text, path }, index): readonly Finding[] => {
    const at = (message: string) => jig.lineAt(['slots', name, end], message);
    if (path === undefined) {
      return [
        problem(
          at(`this host has no such controller: ${text}`),
          `Its controllers are ${known.join(', ') || 'none'}; \`udevadm info\` shows the ID_PATH of a device.`,
        ),
      ];
    }
    const same = all.slice(0, index).find((other) => other.path === path);
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

function adapterFinding({ slot: { name } }: PlacedSlot, path: string, { jig, inventory, tree }: JigFacts): Finding {
  const at = (message: string) => jig.lineAt(['slots', name, 'adapter'], message);
  const ports = inventory.ports.filter(({ info }) => info.usbPath === path);
  const [port, second] = ports;
  if (second) {
    const names = ports.map(({ info }) => info.path).join(', ');
    return problem(at(`the adapter at ${path} has several ports: ${names}`), 'A slot needs an adapter with one port.');
  }
  if (port?.trouble) {
    const { seen, advice = '' } = troubleFinding('problem', port.trouble);
    return problem(at(seen), advice);
  }
  if (port) return ok(`${name}: adapter ${port.info.path} at ${path}`);
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
  const own = new Set(slots.flatMap(({ adapter, target }) => [adapter, target]));
  const found = [
    ...inventory.ports.flatMap(({ info }) =>
      info.usbPath === undefined ? [] : [{ path: info.usbPath, name: info.path }],
    ),
    ...inventory.dfuDevices.map(({ info }) => ({ path: info.path, name: `${info.vendorId}:${info.productId}` })),
  ].filter(({ path }) => !own.has(path));
  return found.map(({ path, name }) => ok(`${name} at ${path} belongs to no slot, and is left alone`));
};
