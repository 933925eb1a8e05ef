import type { Finding } from '../../ops/doctor/doctor-check.ts';
import type { PlacedSlot } from '../places.ts';
import { type JigCheck, type JigFacts, ok, problem } from './jig-finding.ts';

/** Whether the ports that switch the power of slots exist, can be switched by this user, and have their slot behind them. */
export const power: JigCheck = (facts) =>
  facts.slots.flatMap((placed) =>
    placed.slot.power === undefined ? [] : [powerFinding(placed, placed.slot.power, facts)],
  );

function powerFinding(
  { slot: { name }, adapter, target }: PlacedSlot,
  text: string,
  { jig, tree, resolve }: JigFacts,
): Finding {
  const [place = '', port = ''] = text.split('#');
  const at = (message: string) => jig.lineAt(['slots', name, 'power'], message);
  const path = resolve(place);
  const hub = tree.devices.find((one) => one.path === path);
  if (path === undefined || !hub?.isHub)
    return problem(at(`no hub is plugged in at ${path ?? place}`), 'Name the hub, and the number of its port.');
  if (Number(port) > (hub.ports ?? 0))
    return problem(at(`the hub at ${path} has ports 1 to ${hub.ports}`), 'Give the number of a port that it has.');
  const own = `${path}.${port}`;
  if (![adapter, target].some((one) => one === own || one?.startsWith(`${own}.`))) {
    return problem(
      at(`neither adapter nor target of ${name} is behind port ${port} of the hub at ${path}`),
      'Give the port through which the slot gets its power.',
    );
  }
  const may = tree.switches[`${path}#${port}`];
  if (may === undefined)
    return problem(
      at('this kernel cannot switch the port'),
      'Linux 6.0 and later can; leave `power` out where the power comes from elsewhere.',
    );
  if (may === 'denied')
    return problem(
      at('this user may not switch the port'),
      `Run as root, or give the right to \`${path}:1.0/${path}-port${port}/disable\` below /sys/bus/usb/devices.`,
    );
  return ok(
    `${name}: port ${port} of the hub at ${path} can be switched; whether it cuts the power, and not the data alone, shows at the board`,
  );
}
