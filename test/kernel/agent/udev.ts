import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { sleep } from '../../../src/bench/clock.ts';
import { systemClock } from '../../../src/host/system/system-clock.ts';
import { startOrdinary } from './priority.ts';

const daemon = '/lib/systemd/systemd-udevd';
const control = '/run/udev/control';

const endTimeout = 10_000; // ms

/** Never waits in the event loop: the devices that udevd asks live in this process. */
async function execute(program: string, args: readonly string[]): Promise<void> {
  const child = startOrdinary(() => spawn(program, args, { stdio: 'inherit' }));
  const [status] = await once(child, 'exit');
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

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
