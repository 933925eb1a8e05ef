import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HostFacts, ModuleFact, PortFacts, UdevRuleFile } from '../../bench/host-facts.ts';
import { loadSerialport } from '../serial/node-serial.ts';
import { loadLibusb } from '../usb/node-usb.ts';
import { isRunning } from './file-holder.ts';
import { addressOf } from './ioctl.ts';
import { attribute, usbDevicesFolder } from './sysfs.ts';

/** Root folders of the host's facts. Tests use their own tree. */
export interface HostRoots {
  readonly sys?: string;
  readonly proc?: string;
  readonly run?: string;
  /** Folders with udev rules, the stronger first (udev(7)). */
  readonly rules?: readonly string[];
}

const ruleFolders = ['/etc/udev/rules.d', '/run/udev/rules.d', '/usr/lib/udev/rules.d', '/lib/udev/rules.d'];

const loaders: Readonly<Record<ModuleFact['name'], () => Promise<unknown>>> = {
  serialport: loadSerialport,
  usb: loadLibusb,
  koffi: () => addressOf(Buffer.alloc(1)),
};

const moduleFacts = (): Promise<readonly ModuleFact[]> =>
  Promise.all(
    (Object.keys(loaders) as ModuleFact['name'][]).map(async (name) => {
      try {
        await loaders[name]();
        return { name };
      } catch (error) {
        return { name, trouble: error instanceof Error ? error.message : String(error) };
      }
    }),
  );

const list = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** Rule files that name ST's vendor id; of files of the same name only the strongest counts (udev(7)). */
async function stRuleFiles(folders: readonly string[]): Promise<readonly UdevRuleFile[]> {
  const found = new Map<string, UdevRuleFile>();
  for (const folder of folders) {
    for (const name of (await list(folder)).filter((file) => file.endsWith('.rules'))) {
      const path = join(folder, name);
      if (!found.has(name)) found.set(name, { path, text: await readFile(path, 'utf8').catch(() => '') });
    }
  }
  return [...found.values()].filter(({ text }) => text.includes('0483'));
}

/** The udev database entry of a device node, as `E:NAME=VALUE` lines. */
async function udevDatabase(run: string, folder: string): Promise<string> {
  const numbers = await readFile(join(folder, 'uevent'), 'utf8').catch(() => '');
  const [major, minor] = ['MAJOR', 'MINOR'].map((name) => new RegExp(`^${name}=(\\d+)$`, 'm').exec(numbers)?.[1]);
  return readFile(join(run, 'udev/data', `c${major}:${minor}`), 'utf8').catch(() => '');
}

async function portFacts(run: string, tty: string): Promise<PortFacts | undefined> {
  const device = await realpath(join(tty, 'device')).catch(() => undefined);
  if (device === undefined || !device.includes('/usb')) return undefined;
  const driver = await realpath(join(device, 'driver')).catch(() => undefined);
  const latency = attribute(device, 'latency_timer');
  const capabilities = attribute(device, 'bmCapabilities');
  const usb = usbFolderOf(device);
  const databases = await Promise.all([udevDatabase(run, tty), ...(usb ? [udevDatabase(run, usb)] : [])]);
  return {
    ...(driver ? { driver: basename(driver) } : {}),
    ...(latency ? { latencyTimer: Number(latency) } : {}),
    ...(capabilities ? { sendsBreak: (Number(capabilities) & 0x04) !== 0 } : {}),
    isIgnoredByModemManager: databases.some((text) => /^E:ID_MM_(DEVICE|PORT)_IGNORE=1$/m.test(text)),
  };
}

/** Folder of the USB device above one of its interfaces, `…/1-2.3/1-2.3:1.0`. */
function usbFolderOf(device: string): string | undefined {
  const parts = device.split('/');
  const at = parts.findLastIndex((part) => /^\d+-[\d.]+$/.test(part));
  return at < 0 ? undefined : parts.slice(0, at + 1).join('/');
}

async function allPortFacts(sys: string, run: string): Promise<Readonly<Record<string, PortFacts>>> {
  const names = await list(join(sys, 'class/tty'));
  const entries = await Promise.all(
    names.map(async (name) => {
      const facts = await portFacts(run, join(sys, 'class/tty', name));
      return facts ? [[`/dev/${name.replaceAll('!', '/')}`, facts] as const] : [];
    }),
  );
  return Object.fromEntries(entries.flat());
}

/** Interfaces of class 0xFE, subclass 1, protocol 1 (DFU 1.1, table 4.1). */
async function runtimeDfu(sys: string): Promise<readonly string[]> {
  const folder = usbDevicesFolder(sys);
  const interfaces = (await list(folder)).filter((name) => name.includes(':'));
  const isRuntimeDfu = (name: string) =>
    ['bInterfaceClass', 'bInterfaceSubClass', 'bInterfaceProtocol']
      .map((one) => attribute(join(folder, name), one))
      .join() === 'fe,01,01';
  const found = interfaces.filter(isRuntimeDfu).map((name) => name.slice(0, name.indexOf(':')));
  return [...new Set(found)].sort();
}

/** Facts about this host. No serial port is opened, because that would move its lines. */
export async function nodeHostFacts(roots: HostRoots = {}): Promise<HostFacts> {
  const { sys = '/sys', proc = '/proc', run = '/run', rules = ruleFolders } = roots;
  const { platform, versions } = process;
  const common = {
    platform,
    nodeVersion: versions.node,
    isRoot: process.getuid?.() === 0,
    modules: await moduleFacts(),
  };
  if (platform !== 'linux') return { ...common, modemManagerRuns: false, ports: {}, runtimeDfu: [] };
  const buses = (await list(usbDevicesFolder(sys))).flatMap((name) => /^usb(\d+)$/.exec(name)?.[1] ?? []);
  return {
    ...common,
    udev: { isRunning: await isRunning('systemd-udevd', proc), ruleFiles: await stRuleFiles(rules) },
    modemManagerRuns: await isRunning('ModemManager', proc),
    ports: await allPortFacts(sys, run),
    runtimeDfu: await runtimeDfu(sys),
    usbBuses: buses.map(Number),
  };
}
