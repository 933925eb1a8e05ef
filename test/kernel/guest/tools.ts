import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Missing, messageOf } from './missing.ts';

export const searchPath = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

export const onPath = (program: string): boolean =>
  searchPath.split(':').some((folder) => folder !== '' && existsSync(`${folder}/${program}`));

/** Debian package of each program that the cases call in the guest. */
const inGuest: Readonly<Record<string, string>> = {
  busybox: 'busybox-static',
  udevadm: 'udev',
  lsusb: 'usbutils',
  'dfu-util': 'dfu-util',
  stm32flash: 'stm32flash',
  ser2net: 'ser2net',
};

/**
 * Installs what is missing when root on Debian.
 * @param engine Debian package of each program that the engine itself needs
 * @throws Missing with the list of packages otherwise
 */
export function provideTools(engine: Readonly<Record<string, string>>): void {
  const needed = Object.entries({ ...engine, ...inGuest });
  const missing = needed.flatMap(([program, name]) => (onPath(program) ? [] : [name]));
  if (missing.length === 0) return;
  const advice = `the kernel bench needs Debian packages: apt-get install ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !onPath('apt-get')) throw new Missing(advice);
  try {
    apt(['update', '-qq']);
    apt(['install', '-y', '-qq', '--no-install-recommends', ...missing]);
  } catch (error) {
    throw new Missing(`${advice} (failed: ${messageOf(error)})`);
  }
}

const apt = (args: readonly string[]): void => {
  execFileSync('apt-get', args, { stdio: 'pipe', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
};
