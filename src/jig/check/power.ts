import { isBootctlError } from '../../base/errors.ts';
import { partsOfPort, whyNotSwitched } from '../../bench/hub-ports.ts';
import type { Finding } from '../../ops/doctor/doctor-check.ts';
import type { PlacedSlot } from '../places.ts';
import { whyNeverSwitched } from '../slot-power.ts';
import { type JigCheck, type JigFacts, ok, problem, warning } from './jig-finding.ts';

/** Whether the ports that switch the power of slots exist, can be switched, and have the target of their slot behind them alone. */
export const power: JigCheck = (facts) =>
  facts.slots.flatMap((placed) =>
    placed.slot.power === undefined ? [] : [powerFinding(placed, placed.slot.power, facts)],
  );

function powerFinding(placed: PlacedSlot, text: string, facts: JigFacts): Finding {
  const { jig, tree, slots } = facts;
  const { name } = placed.slot;
  const at = (message: string) => jig.lineAt(['slots', name, 'power'], message);
  const { hub: path, number } = partsOfPort(placed.power ?? text);
  const hub = tree.devices.find((one) => one.path === path);
  if (placed.power === undefined || !hub?.isHub)
    return problem(at(`no hub is plugged in at ${path}`), 'Name the hub, and the number of its port.');
  if (Number(number) > (hub.ports ?? 0))
    return problem(at(`the hub at ${path} has ports 1 to ${hub.ports}`), 'Give the number of a port that it has.');
  const isBehind = (place: string | undefined) =>
    place === `${path}.${number}` || place?.startsWith(`${path}.${number}.`) === true;
  const also = slots.find(({ adapter, target }) => isBehind(adapter) || (target !== placed.target && isBehind(target)));
  if (also)
    return problem(
      at(
        `port ${number} of the hub at ${path} powers the ${isBehind(also.adapter) ? 'adapter' : 'target'} of ${also.slot.name} as well`,
      ),
      'Power the target of this slot, and nothing else, through the port: the adapter has to hold BOOT0 high meanwhile.',
    );
  if (!isBehind(placed.target))
    return problem(
      at(`the target of ${name} is not behind port ${number} of the hub at ${path}`),
      'Give the port through which the target gets its power.',
    );
  return switchFinding(placed, placed.power, facts, at);
}

function switchFinding(
  { slot: { name } }: PlacedSlot,
  port: string,
  { jig, tree, hubFacts }: JigFacts,
  at: (message: string) => string,
): Finding {
  const { hub, number } = partsOfPort(port);
  const may = tree.switches[port];
  if (may === undefined)
    return problem(
      at('this kernel cannot switch the port'),
      'Linux 6.0 and later can; leave `power` out where the power comes from elsewhere.',
    );
  if (may === 'denied')
    return problem(
      at('this user may not switch the port'),
      `Run as root, or give the right to \`${hub}:1.0/${hub}-port${number}/disable\` below /sys/bus/usb/devices.`,
    );
  const says = hubFacts[hub];
  if (isBootctlError(says)) return problem(at(says.message), says.hint);
  const why = says && whyNotSwitched(hub, says.switching);
  if (why !== undefined)
    return problem(at(why), 'Use a hub that switches each port, or leave `power` out: its power would stay on.');
  const never = whyNeverSwitched(jig.profiles.get(name)!, port);
  if (never !== undefined) return warning(at(`it is never switched: ${never}`), 'Leave `power` out.');
  return ok(
    `${name}: port ${number} of the hub at ${hub} is switched as the last attempt to reach the bootloader; whether it cuts the power, and not the data alone, shows at the board`,
  );
}
