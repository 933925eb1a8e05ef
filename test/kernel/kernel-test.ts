import { connect } from 'node:net';
import { inject, onTestFailed, test } from 'vitest';
import type { BenchSetup, PluggedDevice, RunRequest, RunResult } from './agent/protocol.ts';
import { AgentClient } from './guest/client.ts';
import type { ClockReading } from './guest/clocks.ts';
import { repository } from './guest/paths.ts';

const provided = inject('kernelBench');

/** Calls of the bench that this file has borrowed; only inside `kernelTest`. */
export const bench: AgentClient = 'missing' in provided ? (undefined as never) : clientAt(provided.socket);

/** Both clocks as they were when the bench came up. */
export const booted: ClockReading = 'missing' in provided ? (undefined as never) : (await bench.ready).booted!;

/** The bench's clock goes straight to what it waits for. */
export const skipsWaiting: boolean = 'skipsWaiting' in provided && provided.skipsWaiting;

function clientAt(path: string): AgentClient {
  const socket = connect(path);
  // The bench outlives the file; its socket must not keep the worker alive.
  socket.unref();
  return new AgentClient(socket, socket);
}

/** A case on the kernel bench; where there is none it is reported as not run, with the reason. */
export function kernelTest(name: string, run: () => Promise<void>, timeout?: number): void {
  if ('missing' in provided) notRun(name, provided.missing);
  else if (provided.cases === 'all') register(name, run, timeout);
}

/** A case of the few that run in QEMU as well, where a driver or its timing could differ between the two kernels. */
export function bothEnginesTest(name: string, run: () => Promise<void>, timeout?: number): void {
  if ('missing' in provided) notRun(name, provided.missing);
  else register(name, run, timeout);
}

function register(name: string, run: () => Promise<void>, timeout?: number): void {
  // A guest on a busy host is no real-time system: a case may run a second time there. The gate names each that did.
  const retry = 'engine' in provided && provided.engine !== 'host' ? 1 : 0;
  test(name, { retry, ...(timeout !== undefined && { timeout }) }, async () => {
    onTestFailed(report);
    lastRuns = [];
    await run();
  });
}

/** A case that changes the machine itself. */
export function guestTest(name: string, run: () => Promise<void>): void {
  if ('engine' in provided && provided.engine === 'host')
    notRun(name, 'it needs a guest, and this bench is the host itself');
  else kernelTest(name, run);
}

const notRun = (name: string, reason: string): void => test.skip(`${name} (not run, because ${reason})`);

const reportTimeout = 20_000; // ms

/** What a failed case leaves: the last commands, the truth, the kernel's messages. */
async function report(): Promise<void> {
  // Without this each case that is left would wait for its own timeout.
  const silent = setTimeout(() => bench.lost('the bench does not answer any more'), reportTimeout);
  const truth = await bench.call('truth', null);
  clearTimeout(silent);
  const lines = truth.map(({ t, board, ...event }) => `${t.toFixed(1)} ${board} ${JSON.stringify(event)}`);
  for (const { status, signal, duration, stdout, stderr } of lastRuns) {
    process.stderr.write(`--- exit ${status ?? signal} after ${duration.toFixed(0)} ms\n${stdout}\n${stderr}\n`);
  }
  process.stderr.write(`--- truth\n${lines.slice(-80).join('\n')}\n--- dmesg\n${await bench.call('dmesg', null)}\n`);
}

/** Sets up the devices of a case; returns what was plugged in by its name. */
export async function setUp(setup: BenchSetup): Promise<Readonly<Record<string, PluggedDevice>>> {
  const devices = await bench.call('reset', setup);
  return Object.fromEntries(devices.map((device) => [device.name, device]));
}

/**
 * Names the place of a board: what comes there is the board, and no second reset has to show it. For cases that are not
 * about whose a DFU device is; test/kernel/adapters.test.ts shows the second reset with every adapter.
 */
export const placeOf = (device: PluggedDevice | undefined): readonly string[] => ['--usb-path', device!.usbPath];

let lastRuns: RunResult[] = [];

/** Runs a command in the bench to its end. */
export async function run(argv: readonly string[], options: Omit<RunRequest, 'argv'> = {}): Promise<RunResult> {
  const result = await bench.call('run', { argv, ...options });
  lastRuns.push(result);
  return result;
}

/** Runs a script of test/kernel/scripts. */
export const runScript = (script: string, args: readonly string[]): Promise<RunResult> =>
  run([process.execPath, `${repository}/test/kernel/scripts/${script}`, ...args]);

/** Puts a file where commands in the bench see it; `path` is under /tmp. */
export async function writeGuestFile(path: string, data: Uint8Array | string): Promise<void> {
  await bench.call('writeFile', { path, base64: Buffer.from(data).toString('base64') });
}

/** What a board's flash holds. */
export async function flashOf(board: string, address: number, length: number): Promise<Uint8Array> {
  return new Uint8Array(Buffer.from(await bench.call('flash', { board, address, length }), 'base64'));
}

export async function readGuestFile(path: string): Promise<Uint8Array> {
  return new Uint8Array(Buffer.from(await bench.call('readFile', path), 'base64'));
}
