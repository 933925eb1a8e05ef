import { BootctlError } from '../../src/base/errors.ts';
import type { Bench } from '../../src/bench/bench.ts';
import type { HubPorts, PowerSwitching } from '../../src/bench/hub-ports.ts';
import type { PortInfo } from '../../src/bench/serial-link.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { TreeDevice, UsbTree } from '../../src/bench/usb-tree.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { runCli } from './cli-context.ts';
import { quietHost } from './host-facts.ts';
import { jigFolder } from './jig-file.ts';

export const port = (path: string, usbPath: string, usbInterface = '1.0'): PortInfo => ({
  ...{ path, usbPath, usbInterface, vendorId: '0403', productId: '6001' },
});
export const dfu = (path: string): UsbDeviceInfo => ({
  path,
  instance: `${path}#9`,
  vendorId: '0483',
  productId: 'df11',
  bcdDevice: '2200',
});

export const adapter = (path: string): TreeDevice => ({
  path,
  name: '0403:6001 FT232R USB UART',
  isHub: false,
  speed: 12,
  endpoints: 3,
});
export const rom = (path: string): TreeDevice => ({
  path,
  name: '0483:df11 STM32 BOOTLOADER',
  isHub: false,
  speed: 12,
  endpoints: 1,
});
export const hub = (path: string, translators: 'single' | 'multi' = 'multi', ports = 4): TreeDevice => ({
  path,
  name: '05e3:0610 USB2.1 Hub',
  isHub: true,
  speed: 480,
  endpoints: 2,
  translators,
  ports,
});

export const rootHubs = [
  { bus: 1, revision: 2, controller: 'pci-0000:00:14.0', driver: 'xhci_hcd', vendorId: '8086' },
  { bus: 2, revision: 3, controller: 'pci-0000:00:14.0', driver: 'xhci_hcd', vendorId: '8086' },
];

export const boardOfFamily = (family: string): string =>
  `id: board\ndescription: made up\ntarget: { family: ${family} }\nadapter: {}\nwiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }\nboot0: { chargeResistor: 1k, capacitor: 4.7uF, bleedResistor: 47k, diodeDrop: 0.3V, tolerance: 20%, vih: 2.31V, vil: 0.99V, supply: 3.3V }\nmethods: [rc-cap]\n`;

/** What the host of a test has. */
export interface Host {
  readonly ports?: readonly PortInfo[];
  readonly devices?: readonly UsbDeviceInfo[];
  readonly tree?: Partial<UsbTree>;
  readonly portTrouble?: (path: string) => Promise<BootctlError | undefined>;
  readonly openTrouble?: BootctlError;
  readonly missing?: readonly string[];
  readonly switching?: PowerSwitching | BootctlError;
  /** What hubs say of their supply. */
  readonly isSelfPowered?: boolean;
}

const benchOf = ({
  ports = [],
  devices = [],
  openTrouble,
  missing = [],
  switching = 'each',
  isSelfPowered = true,
}: Host): Bench => ({
  hubPorts: {
    facts: async () => {
      if (switching instanceof BootctlError) throw switching;
      return { switching, isSelfPowered, ownCurrent: 100 };
    },
  } as unknown as HubPorts,
  clock: new SimClock(),
  serial: {
    list: async () => ports,
    open: async () => {
      throw new Error('a check opens no port');
    },
  },
  usb: {
    list: async () => devices,
    onChange: () => () => {},
    open: async (info) => {
      if (openTrouble) throw openTrouble;
      return { info, [Symbol.asyncDispose]: async () => {} } as never;
    },
  },
  commands: {
    check: async ([program]) => {
      if (missing.some((name) => program.endsWith(name)))
        throw new BootctlError('command-missing', `\`${program}\` cannot be run`);
    },
    run: async () => {
      throw new Error('a check runs no program');
    },
  },
  [Symbol.asyncDispose]: async () => {},
});

/** `bootctl jig check` of a file with these lines behind its head, on this host. */
export async function check(lines: string, host: Host, ...argv: string[]) {
  using folder = jigFolder({ 'jig.yaml': `station: line2\nprofile: rc-cap\nimage: boot.hex\n${lines}` });
  return await runCli(['jig', 'check', ...argv], {
    cwd: folder.path('.'),
    openBench: async () => benchOf(host),
    hostFacts: async () => quietHost,
    usbTree: async () => ({ rootHubs, devices: [], switches: {}, ...host.tree }),
    portTrouble: host.portTrouble ?? (async () => undefined),
  });
}

export const oneSlot = 'slots:\n  A1: { adapter: "pci-0000:00:14.0-usb-0:3.2", target: "1-3.1", power: "1-3#1" }\n';
export const ready: Host = {
  ports: [port('/dev/ttyUSB0', '1-3.2'), port('/dev/ttyUSB7', '1-7')],
  devices: [dfu('1-3.1'), dfu('1-9')],
  tree: {
    devices: [hub('1-3'), adapter('1-3.2'), rom('1-3.1'), adapter('1-7'), rom('1-9')],
    switches: { '1-3#1': 'allowed' },
  },
};
