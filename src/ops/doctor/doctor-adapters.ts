import type { PortFacts } from '../../bench/host-facts.ts';
import type { PortInfo } from '../../bench/serial-link.ts';
import { knownAdapter, portWithoutLines } from '../job/adapter/known-adapters.ts';
import { adaptersWithoutPort } from '../job/adapter/without-port.ts';
import type { Found } from '../list.ts';
import { type Check, type Finding, troubleFinding } from './doctor-check.ts';

/** On-board ports are listed too; only what is on USB is an adapter. */
const isAdapter = ({ info }: Found<PortInfo>): boolean => info.vendorId !== undefined;

const ports: Check = ({ inventory }) => {
  const adapters = inventory.ports.filter(isAdapter);
  const without = adaptersWithoutPort(
    inventory.usbDevices,
    adapters.map(({ info }) => info),
    inventory.adapterDrivers,
  );
  const portless: readonly Finding[] = without ? [{ verdict: 'problem', ...without }] : [];
  if (adapters.length === 0 && without) return portless;
  if (adapters.length === 0) {
    const advice =
      'Plug the adapter in. Where it is, no driver knows its ids (`lsusb`, `dmesg`), or a container has to be given its port: `docker run --device /dev/ttyUSB0 …`.';
    return [{ verdict: 'warning', seen: 'no serial port of a USB adapter is here', advice }];
  }
  const usable = adapters.map(
    ({ info, trouble }): Finding =>
      trouble
        ? troubleFinding('problem', trouble)
        : { verdict: 'ok', seen: `${info.path} can be opened by this user, and nobody holds it` },
  );
  return [...usable, ...portless];
};

const breakText = (facts: PortFacts): string =>
  facts.sendsBreak === false ? 'no break, so its lines are moved by TIOCMSET' : 'break';

const latencyText = ({ latencyTimer }: PortFacts): string =>
  `latency timer${latencyTimer === undefined ? '' : ` ${latencyTimer} ms`}`;

function chipFinding({ info }: Found<PortInfo>, facts: PortFacts, hasKoffi: boolean): Finding {
  const id = `${info.path} (${info.vendorId}:${info.productId})`;
  const chip = knownAdapter(info);
  const mute = portWithoutLines(info);
  if (mute) {
    const advice = 'NRST and BOOT0 need an adapter with RTS and DTR; the USART of the ROM can be reached by this port.';
    return { verdict: 'warning', seen: `${id} is ${mute.name}: it has TX and RX only, and no line moves`, advice };
  }
  const isCdc = facts.driver === 'cdc_acm' || chip?.breaks === 'by capability';
  if (!chip && !isCdc) {
    const advice = 'Whether its RTS and DTR move is not known; `bootctl enter` shows it.';
    return { verdict: 'warning', seen: `${id} is a chip that bootctl has no facts about`, advice };
  }
  if (facts.sendsBreak === false && !hasKoffi) {
    const seen = `${id} refuses break, and the second way to move its lines needs koffi, which does not load`;
    return { verdict: 'problem', seen, advice: 'Run `npm rebuild koffi` in the folder of bootctl.' };
  }
  if (!chip) {
    const seen = `${id}: CDC-ACM, ${breakText(facts)}; whether its firmware moves RTS and DTR is not known`;
    const advice = '`bootctl enter` shows whether they move.';
    return { verdict: 'warning', seen, advice };
  }
  const abilities = [
    'RTS and DTR move together',
    breakText(facts),
    ...(chip.hasLatencyTimer ? [latencyText(facts)] : []),
  ];
  return { verdict: 'ok', seen: `${id}: ${chip.name}; ${abilities.join(', ')}` };
}

const chips: Check = ({ host, inventory }) => {
  const hasKoffi = host.modules.every(({ name, trouble }) => name !== 'koffi' || trouble === undefined);
  return inventory.ports.filter(isAdapter).map((port) => chipFinding(port, host.ports[port.info.path] ?? {}, hasKoffi));
};

const dfuDevices: Check = ({ inventory: { dfuDevices, busTrouble } }) => {
  if (busTrouble) return [];
  if (dfuDevices.length === 0) return [{ verdict: 'ok', seen: 'no DFU device is on the bus now' }];
  return dfuDevices.map(({ info, trouble }) => {
    const name = `${info.vendorId}:${info.productId} at USB path ${info.path}`;
    return trouble
      ? troubleFinding('problem', trouble)
      : { verdict: 'ok', seen: `DFU device ${name} can be opened by this user` };
  });
};

const runtimeDfu: Check = ({ host }) =>
  host.runtimeDfu.map((path) => ({
    verdict: 'ok',
    seen: `the application at USB path ${path} has a run-time DFU interface: \`softJump: [{ trigger: dfu-detach, … }]\` can ask it`,
  }));

/** What is plugged in. */
export const adapterChecks = {
  ports,
  adapters: chips,
  'dfu-devices': dfuDevices,
  'run-time-dfu': runtimeDfu,
} as const satisfies Record<string, Check>;
