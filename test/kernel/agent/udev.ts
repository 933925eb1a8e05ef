import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';

const daemon = '/lib/systemd/systemd-udevd';
const control = '/run/udev/control';

/** Brings udevd into the wanted state and waits until it has nothing left to do. */
export function setUdevd(wanted: boolean): void {
  const isRunning = existsSync(control);
  if (wanted && !isRunning) {
    execFileSync(daemon, ['--daemon']);
    execFileSync('udevadm', ['trigger', '--subsystem-match=usb', '--subsystem-match=tty']);
  }
  if (!wanted && isRunning) {
    execFileSync('udevadm', ['control', '--exit']);
    // The daemon may still be writing there while it ends.
    rmSync('/run/udev', { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
  if (wanted) settleUdev();
}

export function settleUdev(): void {
  if (existsSync(control)) execFileSync('udevadm', ['settle', '--timeout=20']);
}
