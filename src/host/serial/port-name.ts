import { realpath } from 'node:fs/promises';

/**
 * The one name of a port that has several, so that two can be compared. Linux: the node behind a symlink of
 * `/dev/serial`. macOS: the dial-in device `tty.` and the call-out device `cu.` are one port (IOKit, IOSerialKeys.h), and
 * serialport lists the former. Windows: names know no case, and `\\.\COM12` is the form of COM12 for CreateFile.
 */
export async function portName(
  path: string,
  platform = process.platform,
  resolve: (path: string) => Promise<string> = realpath,
): Promise<string> {
  if (platform === 'win32') return path.replace(/^\\\\\.\\/, '').toUpperCase();
  const node = await resolve(path).catch(() => path);
  return platform === 'darwin' ? node.replace(/^\/dev\/cu\./, '/dev/tty.') : node;
}
