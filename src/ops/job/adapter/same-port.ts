import type { PortInfo, SerialPorts } from '../../../bench/serial-link.ts';

/** The port of the list that this path means, whatever name the person has given it; undefined where it is none of them. */
export async function listedPort(serial: SerialPorts, path: string): Promise<PortInfo | undefined> {
  const nameOf = async (one: string) => serial.nameOf?.(one) ?? one;
  const wanted = await nameOf(path);
  for (const port of await serial.list()) if ((await nameOf(port.path)) === wanted) return port;
  return undefined;
}
