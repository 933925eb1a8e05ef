import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux lists USB devices and their interfaces, below `sys`. */
export const usbDevicesFolder = (sys = '/sys'): string => join(sys, 'bus/usb/devices');

/**
 * Content of a sysfs attribute, or undefined where it does not exist (any more). Read at once: the kernel has it in
 * memory, and a scan of the bus by the thread pool takes several times as long.
 */
export function attribute(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8').trim();
  } catch {
    return undefined;
  }
}
