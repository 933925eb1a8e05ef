import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { type AnyStateMachine, fromCallback, fromPromise, SimulatedClock } from 'xstate';
import { type UsbWatchOutput, usbWatchMachine } from '../../machines/usb-watch.machine.ts';
import { BootctlError, type ErrorCode } from '../../src/base/errors.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { runMachine } from '../../src/ops/job/run-machine.ts';
import { applicationStay } from '../../src/ops/leave/see-application.ts';
import type { JobEvent, MachineEvent, Trace, TraceEvent } from '../../src/trace/trace-event.ts';
import { parseTrace } from '../../src/trace/trace-file.ts';

/*
 * A replay runs the machines of today against what a job recorded. An effect ends as the trace says that it ended
 * (done, or failed with that code); what the machines decide from values is given to them raw: the USB devices as
 * scans saw them, with their times, and the measured hold. What is compared are the states, the rungs and the result.
 *
 * It proves that the machines still decide the same on what was seen. It does not prove that the effects would do
 * the same again: nothing here moves a line, sends a request or decodes an answer. A machine that would go another
 * way asks for an effect that the trace does not have, and the replay fails.
 */

export const loadTrace = (name: string): Trace =>
  parseTrace(readFileSync(new URL(`../fixtures/traces/${name}.trace`, import.meta.url), 'utf8'), name);

/** Sectors at the start of an F405's flash, where the recorded images lie. */
const sectorSize = 0x4000;

/** A trace has no details; which sector could not be read stands in the message. */
function recordedError({ code, message }: { readonly code: string; readonly message: string }): BootctlError {
  const [, address] = /^Reading \d+ bytes of the flash at (0x[\dA-F_]+) failed/.exec(message) ?? [];
  const sector = address && Math.floor(Number(address.replace('_', '')) / sectorSize) * sectorSize;
  return new BootctlError(code as ErrorCode, message, sector ? { details: { sector } } : {});
}

/** The states of each run of a machine; each begins with its `init`. */
export function runsOf({ events }: Trace, machine: string): readonly (readonly MachineEvent[])[] {
  const runs: MachineEvent[][] = [];
  for (const event of events) {
    if (event.event !== 'machine.state' || event.machine !== machine) continue;
    if (event.cause === 'init') runs.push([]);
    runs.at(-1)?.push(event);
  }
  return runs;
}

export const statesOf = (run: readonly MachineEvent[]): readonly string[] => run.map(({ state }) => state);

export const jobEvents = ({ events }: Trace, name: string): readonly JobEvent[] =>
  events.filter((event) => event.event === 'job').filter((event) => event.name === name);

export interface Replay<Output> {
  readonly states: readonly string[];
  readonly output: Output;
}

interface ReplayOptions {
  readonly input?: unknown;
  /** What effects that succeed resolve with, by the name that the machine has for them. */
  readonly values?: Readonly<Record<string, (input: never, send: (event: object) => void) => unknown>>;
}

/** Runs a machine whose effects end as in `run`. */
export async function replay<Output>(
  machine: AnyStateMachine,
  run: readonly MachineEvent[],
  { input, values = {} }: ReplayOptions = {},
): Promise<Replay<Output>> {
  const outcomes = run.filter(({ cause }) => cause === 'done' || cause === 'error');
  let next = 0;
  let send = (_: object) => {};
  const effect = (name: string) =>
    fromPromise(async ({ input }) => {
      const outcome = outcomes[next++];
      if (!outcome) throw new Error(`the trace has no further outcome, but the machine asks for ${name}`);
      const value = values[name]?.(input as never, send);
      if (outcome.error) throw recordedError(outcome.error);
      return value;
    });
  const names = Object.keys(machine.implementations.actors);
  const actors = Object.fromEntries(names.map((name) => [name, effect(name)]));
  const states: string[] = [];
  const output = await runMachine(machine.provide({ actors }), input, {
    clock: new SimulatedClock(),
    trace: ({ state }) => states.push(state),
    onStart: (give) => {
      send = give;
    },
  });
  return { states, output };
}

/** What was on the bus, as far as scans had told before this event. */
export function busBefore({ events }: Trace, event: TraceEvent): readonly UsbDeviceInfo[] {
  const devices = new Map<string, UsbDeviceInfo>();
  for (const earlier of events.slice(0, events.indexOf(event))) take(devices, earlier);
  return [...devices.values()];
}

function take(devices: Map<string, UsbDeviceInfo>, event: TraceEvent): boolean {
  if (event.event === 'usb.vanished') return devices.delete(event.device.instance);
  if (event.event !== 'usb.present' && event.event !== 'usb.appeared') return false;
  devices.set(event.device.instance, event.device);
  return true;
}

/** Runs the USB watch again on the recorded scans, at their times. */
export async function replayUsbWatch(
  trace: Trace,
  run: readonly MachineEvent[],
  profile: BoardProfile,
): Promise<Replay<UsbWatchOutput>> {
  const [first, last] = [run[0]!, run.at(-1)!];
  const before = busBefore(trace, first);
  const clock = new SimulatedClock();
  let tell = (_: readonly UsbDeviceInfo[]) => {};
  const watchBus = fromCallback<{ type: 'none' }>(({ sendBack }) => {
    tell = (devices) => sendBack({ type: 'usb.listed', devices });
  });
  const states: string[] = [];
  const input = { known: before.map(({ instance }) => instance), ...watchedBy(trace, first, profile) };
  const ended = runMachine(usbWatchMachine.provide({ actors: { watchBus } }), input, {
    clock,
    trace: ({ state }) => states.push(state),
  });
  const devices = new Map(before.map((device) => [device.instance, device]));
  const { events } = trace;
  for (const event of events.slice(events.indexOf(first), events.indexOf(last))) {
    if (!take(devices, event)) continue;
    clock.set(event.t - first.t);
    tell([...devices.values()]);
  }
  // Times are decimal: their difference must not fall short of the timeout by a rounding error.
  clock.set(Math.max(clock.now(), Math.round((last.t - first.t) * 1000) / 1000));
  const output = await Promise.race([ended, setImmediate(undefined)]);
  if (!output) throw new Error(`the watch went on where it had ended: ${states.join(', ')}`);
  return { states, output };
}

/** What the watch waited for and how long, by the `waiting` event before it. */
function watchedBy(trace: Trace, first: MachineEvent, profile: BoardProfile) {
  const { usb, application } = profile;
  const waiting = jobEvents(trace, 'waiting').findLast(
    (event) => trace.events.indexOf(event) < trace.events.indexOf(first),
  );
  const timeout = Number(waiting?.values.timeout);
  const proof = application.expect === 'usb' ? application : undefined;
  const what = String(waiting?.values.what);
  if (what.startsWith('DFU device')) {
    const [, path] = / at (\S+)$/.exec(what) ?? [];
    return { wanted: path === undefined ? usb : { ...usb, path }, timeout, ...(proof ? { unwanted: proof } : {}) };
  }
  const opened = trace.events.find(
    (event) => event.event === 'usb.appeared' && event.device.productId === usb.productId,
  );
  const bootloader = (opened as TraceEvent & { event: 'usb.appeared' }).device;
  return { wanted: { ...proof!, path: bootloader.path }, unwanted: bootloader, timeout, stay: applicationStay };
}
