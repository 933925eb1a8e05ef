import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';

/** The controller that Linux emulates for USB/IP (module vhci_hcd). */
export const vhciFolder = '/sys/devices/platform/vhci_hcd.0';

/** One line of `status`. `rhport` counts from 0 on its own root hub. */
export interface VhciPort {
  readonly hub: 'hs' | 'ss';
  readonly number: number;
  readonly state: 'free' | 'not assigned' | 'used' | 'error';
}

/** Column 3 of `status`, VDEV_ST_* of drivers/usb/usbip/usbip_common.h. */
const portStates: Readonly<Record<string, VhciPort['state']>> = {
  '004': 'free',
  '005': 'not assigned',
  '006': 'used',
  '007': 'error',
};

/** Ports of the vhci controller from the text of its `status` file. */
export function parseVhciStatus(text: string): readonly VhciPort[] {
  return text.split('\n').flatMap((line) => {
    const [hub, number, state] = line.trim().split(/\s+/);
    if ((hub !== 'hs' && hub !== 'ss') || number === undefined || state === undefined) return [];
    return [{ hub, number: Number.parseInt(number, 10), state: portStates[state] ?? 'error' }];
  });
}

/** Ports as they are now. @throws the file system's error where vhci_hcd is not loaded */
export function vhciPorts(): readonly VhciPort[] {
  return parseVhciStatus(readFileSync(`${vhciFolder}/status`, 'utf8'));
}

/** Whether a device may be attached to this port of the high-speed root hub. */
export const vhciPortIsFree = (port: number): boolean =>
  vhciPorts().some(({ hub, number, state }) => hub === 'hs' && number === port && state === 'free');

/** Whether the kernel has a USB device at this path. */
export const kernelLists = (usbPath: string): boolean => existsSync(`/sys/bus/usb/devices/${usbPath}`);

/** USB path of a port of the high-speed root hub, such as `3-1`. */
export function vhciUsbPath(port: number): string {
  const buses = readdirSync(vhciFolder).flatMap((name) => /^usb(\d+)$/.exec(name)?.[1] ?? []);
  const highSpeed = buses.find((bus) => readFileSync(`${vhciFolder}/usb${bus}/speed`, 'utf8').trim() === '480');
  if (highSpeed === undefined) throw new Error(`${vhciFolder} has no high-speed root hub`);
  return `${highSpeed}-${port + 1}`;
}

const fullSpeed = 2;

/**
 * Hands one end of a new connection to the kernel as the device on `port`; resolves with the other end.
 * @throws the kernel's error (`EBUSY` while the port is not free, `EACCES` for a user who is not root)
 */
export async function attachToVhci(port: number): Promise<Socket> {
  const [ours, theirs] = await connectedPair();
  const descriptor = descriptorOf(theirs);
  try {
    // devid is our choice. The kernel only repeats it.
    writeFileSync(`${vhciFolder}/attach`, `${port} ${descriptor} ${(1 << 16) | (port + 1)} ${fullSpeed}`);
  } catch (error) {
    ours.destroy();
    throw error;
  } finally {
    // The kernel holds its own reference. Ours must be closed before the event loop reads a byte meant for the kernel.
    theirs.destroy();
  }
  return ours;
}

/** Over an abstract local socket: sooner there than TCP. */
function connectedPair(): Promise<[Socket, Socket]> {
  const name = `\0bootctl-vhci-${randomUUID()}`;
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(name, () => {
      const accepted = new Promise<Socket>((connection) => server.once('connection', connection));
      const theirs = connect(name);
      theirs.once('error', reject);
      theirs.once('connect', () => {
        theirs.pause();
        void accepted.then((ours) => {
          server.close();
          resolve([ours, theirs]);
        });
      });
    });
  });
}

/** The file descriptor under a connected socket; Node has no public name for it. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } };
  if (handle?.fd === undefined || handle.fd < 0) throw new Error('this platform does not show a socket’s descriptor');
  return handle.fd;
}
