import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';

const folderOf = (controller: number): string => `/sys/devices/platform/vhci_hcd.${controller}`;

/** The first controller that Linux emulates for USB/IP (module vhci_hcd). Its files speak for all of them. */
export const vhciFolder = folderOf(0);

/** One line of `status`. Numbers count on from one root hub to the next, and from one controller to the next. */
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

/** The ports of each controller: `status` of the first one, `status.1` of the second (drivers/usb/usbip/vhci_sysfs.c). */
function vhciControllers(): readonly (readonly VhciPort[])[] {
  const files = readdirSync(vhciFolder).filter((name) => /^status(\.\d+)?$/.test(name));
  const numberOf = (name: string) => Number(name.split('.')[1] ?? 0);
  const inOrder = files.sort((a, b) => numberOf(a) - numberOf(b));
  return inOrder.map((name) => parseVhciStatus(readFileSync(`${vhciFolder}/${name}`, 'utf8')));
}

/** Ports as they are now. @throws the file system's error where vhci_hcd is not loaded */
export const vhciPorts = (): readonly VhciPort[] => vhciControllers().flat();

/** Whether a device may be attached to this port of the high-speed root hub. */
export const vhciPortIsFree = (port: number): boolean =>
  vhciPorts().some(({ hub, number, state }) => hub === 'hs' && number === port && state === 'free');

/** Whether the kernel has a USB device at this path. */
export const kernelLists = (usbPath: string): boolean => existsSync(`/sys/bus/usb/devices/${usbPath}`);

/** USB path of a port of a high-speed root hub, such as `3-1`. */
export function vhciUsbPath(port: number): string {
  const controllers = vhciControllers();
  const controller = controllers.findIndex((ports) => ports.some(({ number }) => number === port));
  const onHub = controllers[controller]?.filter(({ hub }) => hub === 'hs') ?? [];
  const index = onHub.findIndex(({ number }) => number === port);
  if (index < 0) throw new Error(`no high-speed root hub has a port ${port}`);
  const folder = folderOf(controller);
  const buses = readdirSync(folder).flatMap((name) => /^usb(\d+)$/.exec(name)?.[1] ?? []);
  const highSpeed = buses.find((bus) => readFileSync(`${folder}/usb${bus}/speed`, 'utf8').trim() === '480');
  if (highSpeed === undefined) throw new Error(`${folder} has no high-speed root hub`);
  return `${highSpeed}-${index + 1}`;
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
