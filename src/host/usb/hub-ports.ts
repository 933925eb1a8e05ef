import { readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import {
  type HubFacts,
  type HubPorts,
  type PowerSwitching,
  partsOfPort,
  whyNotSwitched,
} from '../../bench/hub-ports.ts';
import type { ControlRequest, UsbBus } from '../../bench/usb-bus.ts';
import { usbDevicesFolder } from '../system/sysfs.ts';
import { systemClock } from '../system/system-clock.ts';

/** GET_DESCRIPTOR of the hub class, type 29h (USB 2.0 §11.24.2.5), and GET_STATUS of the device (§9.4.5). */
const getHubDescriptor: ControlRequest = { requestType: 0xa0, request: 6, value: 0x2900, index: 0 };
const getStatus: ControlRequest = { requestType: 0x80, request: 0, value: 0, index: 0 };
/** bDescLength to bHubContrCurrent (USB 2.0 table 11-13). */
const fixedPart = 7;
const hubAnswerLimit: Milliseconds = 1_000;

/** Bits 0 and 1 of wHubCharacteristics (USB 2.0 table 11-13). */
const switchings: readonly PowerSwitching[] = ['together', 'each', 'none', 'none'];

/** Where sysfs is, and the clock of the time without power. */
interface HubPortsHost {
  readonly sys?: string;
  readonly clock?: Clock;
}

/**
 * Ports by Linux 6.0 and later (sysfs-bus-usb, `disable`): its hub driver sends the requests for PORT_POWER, and forgets what
 * was plugged in. A hub for USB 3 is two hubs, and its power is off when the port is off in both.
 */
export const nodeHubPorts = (
  bus: Pick<UsbBus, 'list' | 'open'>,
  { sys, clock = systemClock }: HubPortsHost = {},
): HubPorts => {
  const facts = (hub: string) => factsOf(bus, hub);
  const check = async (port: string) => {
    const { hub } = partsOfPort(port);
    for (const file of await filesOf(port, sys)) await read(file, port);
    const why = whyNotSwitched(hub, (await facts(hub)).switching);
    if (why !== undefined) throw unavailable(port, why);
  };
  return {
    facts,
    check,
    async cycle(port, off) {
      const files = await filesOf(port, sys);
      try {
        for (const file of files) await write(file, '1', port);
        await sleep(clock, off);
      } finally {
        await restoreAll(files, port);
      }
    },
    async restore(port) {
      const files = await filesOf(port, sys).catch(() => []);
      const isOff = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).trim() === '1';
      for (const file of files) if (await isOff(file)) await write(file, '0', port).catch(() => {});
    },
  };
};

const unavailable = (port: string, why: string, cause?: unknown): BootctlError =>
  new BootctlError('port-power-unavailable', `The power of port ${port} cannot be switched: ${why}`, { cause });

/** `disable` of the port, and of its other half where its hub has one for USB 3. @throws BootctlError `port-power-unavailable` */
async function filesOf(port: string, sys: string | undefined): Promise<readonly string[]> {
  const { hub, number } = partsOfPort(port);
  const own = join(usbDevicesFolder(sys), `${hub}:1.0`, `${hub}-port${number}`);
  const folder = await realpath(own).catch((cause: unknown) => {
    throw unavailable(port, `this host has no such port (${own})`, cause);
  });
  const peer = await realpath(join(folder, 'peer')).catch(() => undefined);
  return [folder, ...(peer === undefined ? [] : [peer])].map((one) => join(one, 'disable'));
}

/** All are tried. @throws what the first of them has failed with */
async function restoreAll(files: readonly string[], port: string): Promise<void> {
  const results = await Promise.allSettled(files.map((file) => write(file, '0', port)));
  const refused = results.find((result) => result.status === 'rejected');
  if (refused) throw refused.reason;
}

/** Opened as for writing, and nothing written. */
const read = (file: string, port: string): Promise<unknown> =>
  readFile(file, { flag: 'r+' }).catch((cause: NodeJS.ErrnoException) => {
    if (isRefusal(cause)) throw denied(cause, file, port);
    throw unavailable(port, cause.code === 'ENOENT' ? `this kernel has no ${file}` : cause.message, cause);
  });

/** Never makes a file. */
const write = (file: string, value: '0' | '1', port: string): Promise<void> =>
  writeFile(file, value, { flag: 'r+' }).catch((cause: NodeJS.ErrnoException) => {
    if (isRefusal(cause)) throw denied(cause, file, port);
    const message = `The power of port ${port} could not be switched ${value === '1' ? 'off' : 'on'}: ${cause.message}`;
    throw new BootctlError('port-power-failed', message, { cause });
  });

const isRefusal = ({ code }: NodeJS.ErrnoException): boolean => code === 'EACCES' || code === 'EPERM';

const denied = (cause: unknown, file: string, port: string): BootctlError =>
  new BootctlError('port-power-denied', `This user may not switch port ${port}: no right to ${file}`, { cause });

async function factsOf(bus: Pick<UsbBus, 'list' | 'open'>, hub: string): Promise<HubFacts> {
  const device = (await bus.list()).find(({ path }) => path === hub);
  if (!device) throw new BootctlError('port-power-unavailable', `No hub is plugged in at ${hub}`);
  try {
    await using open = await bus.open(device);
    const descriptor = await open.controlIn(getHubDescriptor, fixedPart, hubAnswerLimit);
    if (descriptor.length < fixedPart)
      throw unavailable(hub, `it sent ${descriptor.length} bytes as its hub descriptor`);
    const status = await open.controlIn(getStatus, 2, hubAnswerLimit);
    return {
      switching: switchings[descriptor[3]! & 3]!,
      isSelfPowered: (status[0]! & 1) === 1,
      ownCurrent: descriptor[6]!,
    };
  } catch (error) {
    if (!isBootctlError(error)) throw error;
    const message = `The hub at ${hub} cannot be asked how it switches its power: ${error.message}`;
    throw new BootctlError(
      isBootctlError(error, 'usb-denied') ? 'port-power-denied' : 'port-power-unavailable',
      message,
      {
        cause: error,
      },
    );
  }
}
