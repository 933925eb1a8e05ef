import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';

const daemon = '/lib/systemd/systemd-udevd';
const control = '/run/udev/control';

const endTimeout = 10_000; // ms
const pause = new Int32Array(new SharedArrayBuffer(4));

/** Whether the daemon or a worker of it runs. */
const works = (): boolean => readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && /udev/.test(nameOf(pid)));

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

/** Brings udevd into the wanted state and waits until it has nothing left to do. */
export function setUdevd(wanted: boolean): void {
  const isRunning = existsSync(control);
  if (wanted && !isRunning) {
    execFileSync(daemon, ['--daemon']);
    execFileSync('udevadm', ['trigger', '--subsystem-match=usb', '--subsystem-match=tty']);
  }
  if (!wanted && isRunning) {
    execFileSync('udevadm', ['control', '--exit']);
    // It and its workers go on writing there while they end.
    for (const deadline = Date.now() + endTimeout; works() && Date.now() < deadline; ) Atomics.wait(pause, 0, 0, 20);
    rmSync('/run/udev', { recursive: true, force: true });
  }
  if (wanted) settleUdev();
}

export function settleUdev(): void {
  if (existsSync(control)) execFileSync('udevadm', ['settle', '--timeout=20']);
}
