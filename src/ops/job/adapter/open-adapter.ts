import { BootctlError, isBootctlError } from '../../../base/errors.ts';
import { isPortAt, type PortInfo, placeOfPort, type SerialLink } from '../../../bench/serial-link.ts';
import { lineNames } from '../../../board/circuit/host-lines.ts';
import { usesModemLines } from '../../../board/circuit/wiring.ts';
import { needsLines } from '../../../board/ladder.ts';
import type { AdapterFilter, BoardProfile } from '../../../board/profile.ts';
import type { Job } from '../job.ts';
import {
  BoardLink,
  checkCommands,
  giveBack,
  lineless,
  needsAdapter,
  powerCutter,
  takeHostLines,
} from './board-lines.ts';
import { knownAdapter } from './known-adapters.ts';
import { type IdleLines, LineDriver } from './line-driver.ts';
import { adaptersWithoutPort, driversOfAdapters } from './without-port.ts';

/** What finding and opening the adapter needs of a job. */
export type AdapterRequest = Pick<Job, 'profile' | 'bench' | 'port' | 'report' | 'trace' | 'inspect' | 'presentOnly'>;

/**
 * Opens the board's adapter and takes its lines of this host, and drives all idle at once, because opening may have
 * asserted both of the adapter. `onOpened` is told once lines may have moved, also where the port went away in that.
 * @throws BootctlError `adapter-missing`, `adapter-unknown`, `adapter-ambiguous`, and those of opening and moving lines
 */
export async function openAdapter(job: AdapterRequest, onOpened: () => void = () => {}): Promise<LineDriver> {
  await checkCommands(job.bench, job.profile);
  const link = await openLink(job, onOpened);
  try {
    const { wiring, hostLines } = job.profile;
    const names = hostLines && { names: lineNames({ hostLines }) };
    const { clock } = job.bench;
    const lines = new LineDriver(
      { link, wiring, clock, report: job.report, idle: idleIn(job), ...names, ...powerCutter(job) },
      job,
    );
    if (needsAdapter(job.profile)) job.report({ event: 'adapter.opened', port: link.path });
    await lines.idle('idle after opening');
    await lines.measureDelay();
    return lines;
  } catch (error) {
    await link[Symbol.asyncDispose]();
    throw error;
  }
}

/** The adapter, the lines of this host, or both as one. The lines are taken first: they hold the pins while a port opens. */
async function openLink(job: AdapterRequest, onOpened: () => void): Promise<SerialLink> {
  const { hostLines } = job.profile;
  if (!hostLines) return openPort(job, onOpened);
  const taken = await takeHostLines(job, hostLines);
  onOpened();
  try {
    return new BoardLink(needsAdapter(job.profile) ? await openPort(job, onOpened) : lineless, taken, job.profile);
  } catch (error) {
    await giveBack(taken.held);
    throw error;
  }
}

/** A computer whose GPIO moves the lines has its USART beside them, and that is no port on USB. */
const orOwnPort =
  (profile: BoardProfile) =>
  (error: unknown): never => {
    const isElsewhere = isBootctlError(error, 'adapter-missing') || isBootctlError(error, 'adapter-unknown');
    if (!isElsewhere || !profile.hostLines || usesModemLines(profile)) throw error;
    throw error.withHint(
      'If the USART of this computer goes to the board, name it: `--port /dev/serial0` on a Raspberry Pi.',
    );
  };

async function openPort(job: AdapterRequest, onOpened: () => void): Promise<SerialLink> {
  const path = job.port ?? (await findAdapter(job).catch(orOwnPort(job.profile))).path;
  const format = { baudRate: job.profile.usart.baudRate, parity: 'none' } as const;
  const link = await job.bench.serial.open(path, format).catch((error: unknown) => {
    // It went away while the kernel was moving its lines; every other refusal comes before.
    if (isBootctlError(error, 'adapter-lost')) onOpened();
    throw error;
  });
  onOpened();
  return link;
}

/** A ladder that moves lines needs an adapter that can; every other job goes on without them. */
const idleIn = ({ profile, presentOnly }: AdapterRequest): IdleLines =>
  presentOnly ? 'left-alone' : needsLines(profile) ? 'needed' : 'if-possible';

/** The one adapter that the profile means; where it names none, the one port whose ids are an adapter's. */
export async function findAdapter({ profile, bench }: AdapterRequest): Promise<PortInfo> {
  const ports = await bench.serial.list();
  const isNamed = Object.values(profile.adapter).some((value) => value !== undefined);
  const possible = ports.filter((port) => port.vendorId !== undefined && isAdapterOf(profile, port));
  const fitting = isNamed ? possible : possible.filter((port) => knownAdapter(port) !== undefined);
  const [first, ...others] = fitting;
  if (!first && possible.length > 0) throw unknownAdapter(possible);
  if (!first) {
    const wanted = describeFilter(profile.adapter);
    // A bus that cannot be seen is no reason of its own here.
    const devices = await bench.usb.list().catch(() => []);
    const without = adaptersWithoutPort(devices, ports, await driversOfAdapters(bench.usb, devices));
    throw new BootctlError(
      'adapter-missing',
      `No USB-serial adapter${wanted} found; ${listPorts('ports here', ports)}${without ? `; ${without.seen}` : ''}`,
      without ? { hint: without.advice } : elsewhereHint(profile.adapter, ports),
    );
  }
  if (others.length > 0) {
    const message = `${fitting.length} adapters fit the profile; ${listPorts('they are', fitting)}`;
    throw new BootctlError('adapter-ambiguous', message, {
      hint: `Choose one with \`--port\`${orInProfile(fitting)}.`,
    });
  }
  return first;
}

/** A serial port on USB may be anything: an Arduino, a modem, a printer. A port that was not named is not touched. */
function unknownAdapter(ports: readonly PortInfo[]): BootctlError {
  const [first] = ports;
  const id = `{ vendorId: "${first?.vendorId}", productId: "${first?.productId}" }`;
  return new BootctlError(
    'adapter-unknown',
    `No serial port here is known to be a USB-serial adapter; ${listPorts('not touched', ports)}`,
    {
      hint: `If ${first?.path} is the adapter of this board, add \`--port ${first?.path}\`, or \`adapter: ${id}\` to the profile.`,
    },
  );
}

const isAdapterOf = ({ adapter, application, softJump }: BoardProfile, port: PortInfo): boolean => {
  const ownPorts = [application, ...softJump].filter((source) => 'vendorId' in source && source.vendorId !== undefined);
  const isTargetItself = ownPorts.some(
    (own) => 'vendorId' in own && own.vendorId === port.vendorId && own.productId === port.productId,
  );
  const isHere = adapter.path === undefined || isPortAt(adapter.path, port);
  const fits =
    isHere &&
    (['vendorId', 'productId', 'serialNumber'] as const).every(
      (key) => adapter[key] === undefined || adapter[key] === port[key],
    );
  const isNamed = Object.values(adapter).some((value) => value !== undefined);
  return fits && (isNamed || !isTargetItself);
};

const describeFilter = ({ vendorId, productId, serialNumber, path }: AdapterFilter): string => {
  const id = vendorId ? ` ${vendorId}:${productId ?? '*'}` : '';
  const serial = serialNumber ? ` with serial number ${serialNumber}` : '';
  return `${id}${serial}${path ? ` at USB path ${path}` : ''}`;
};

/** What tells these ports apart, for `adapter` of the profile: serial numbers where each has its own, else the USB path. */
export function filterFor(ports: readonly PortInfo[], port: PortInfo): string | undefined {
  const { serialNumber, usbPath } = port;
  const serials = new Set(ports.map((port) => port.serialNumber));
  if (serialNumber !== undefined && serials.size === ports.length) return `serialNumber: "${serialNumber}"`;
  return usbPath === undefined ? undefined : `path: "${placeOfPort(port, ports)}"`;
}

function orInProfile(ports: readonly PortInfo[]): string {
  const filters = ports.flatMap((port) => filterFor(ports, port) ?? []);
  return filters.length === 0
    ? ''
    : `, or in the profile: ${filters.map((one) => `\`adapter: { ${one} }\``).join(' or ')}`;
}

/** Nothing is at the named place: what is like an adapter may have been plugged in elsewhere. */
function elsewhereHint({ path }: AdapterFilter, ports: readonly PortInfo[]): { readonly hint?: string } {
  if (path === undefined) return {};
  const adapters = ports.filter((port) => knownAdapter(port) !== undefined);
  const places = adapters.flatMap(({ usbPath }) => usbPath ?? []);
  if (adapters.length > 0 && places.length === 0) {
    return { hint: 'This host does not say at which USB path a port is: choose the port with `--port`.' };
  }
  return places.length === 0
    ? {}
    : {
        hint: `Plug it in at ${path}, or name where it is: \`adapter: { path: "${places[0]}" }\`; \`bootctl list\` shows the paths.`,
      };
}

const listPorts = (label: string, ports: readonly PortInfo[]): string =>
  `${label}: ${ports.map(describePort).join(', ') || 'none'}`;

/** `/dev/ttyUSB0 (0403:6001, serial number PROBE01, USB path 1-2)`. */
export const describePort = ({ path, vendorId, productId, serialNumber, usbPath }: PortInfo): string => {
  const facts = [
    vendorId && `${vendorId}:${productId}`,
    serialNumber && `serial number ${serialNumber}`,
    usbPath && `USB path ${usbPath}`,
  ].filter(Boolean);
  return facts.length > 0 ? `${path} (${facts.join(', ')})` : path;
};
