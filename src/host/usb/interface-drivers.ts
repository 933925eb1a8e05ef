import { readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { usbDevicesFolder } from '../system/sysfs.ts';

/** Drivers that have interfaces of the device at this USB path, each once. An interface of a program has `usbfs`. */
export async function interfaceDrivers(path: string, sys = '/sys'): Promise<readonly string[]> {
  const folder = usbDevicesFolder(sys);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(`${path}:`));
  const links = await Promise.all(names.map((name) => realpath(join(folder, name, 'driver')).catch(() => undefined)));
  return [...new Set(links.flatMap((link) => (link === undefined ? [] : [basename(link)])))].sort();
}
