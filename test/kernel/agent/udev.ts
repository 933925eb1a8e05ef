import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { sleep } from '../../../src/bench/clock.ts';
import { systemClock } from '../../../src/host/system/system-clock.ts';

const daemon = '/lib/systemd/systemd-udevd';
const control = '/run/udev/control';

const endTimeout = 10_000; // ms

/** Never waits in the event loop: the devices that udevd asks live in this process. */
const execute = promisify(execFile);

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
export async function setUdevd(wanted: boolean): Promise<void> {
  const isRunning = existsSync(control);
  if (wanted && !isRunning) {
    await execute(daemon, ['--daemon']);
    await execute('udevadm', ['trigger', '--subsystem-match=usb', '--subsystem-match=tty']);
  }
  if (!wanted && isRunning) {
    await execute('udevadm', ['control', '--exit']);
    // It and its workers go on writing there while they end.
    for (const deadline = Date.now() + endTimeout; works() && Date.now() < deadline; ) await sleep(systemClock, 20);
    rmSync('/run/udev', { recursive: true, force: true });
  }
  if (wanted) await settleUdev();
}

export async function settleUdev(): Promise<void> {
  if (existsSync(control)) await execute('udevadm', ['settle', '--timeout=20']);
}
