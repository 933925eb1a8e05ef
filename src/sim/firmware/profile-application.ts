import type { Milliseconds } from '../../base/units.ts';
import type { CharacterFormat } from '../../bench/serial-link.ts';
import type { ApplicationProof, BoardProfile } from '../../board/profile.ts';
import type { TargetContext, TargetProgram } from '../board/target-program.ts';
import { Timers } from '../chip/timers.ts';
import { DfuRunTime, DfuRunTimeFunction } from './dfu-run-time.ts';
import { chatter, listenersOf } from './firmware-listeners.ts';
import type { FirmwareManner } from './firmware-manner.ts';
import type { FirmwarePort, Listener } from './firmware-port.ts';
import { CdcFunction } from './usb-cdc.ts';

/** From reset until the firmware's clocks and USB stack run (our choice). */
const startup: Milliseconds = 100;
const touchRate = 1_200;
/** A note in RAM for the start-up code survives a reset, but not a program that uses the RAM. */
const noteLife: Milliseconds = 500;
/** The host gets the answer to its last request before the pull-up goes. */
const leaveDelay: Milliseconds = 2;
const usualDetach = { willDetach: true, detachTimeout: 1_000 } as const;
const behindSerialPort = 2; // a CDC serial port has the interfaces 0 and 1

/**
 * USART rate if no trigger defines it. Klipper has its own (docs/Config_Reference.md), others the default of adapters.
 */
const usualBaudRates: Readonly<Record<string, number>> = { klipper: 250_000, katapult: 250_000 };

function usartBaudRate({ application, softJump }: BoardProfile): number {
  if (application.expect === 'serial') return application.baudRate;
  const jump = softJump.find((one) => one.via === 'adapter');
  const own = jump && 'baudRate' in jump ? jump.baudRate : undefined;
  return own ?? usualBaudRates[jump?.trigger ?? ''] ?? 115_200;
}

const hexId = (id: string): number => Number.parseInt(id, 16);

/** One run of the firmware, from a reset to the next. */
interface Run {
  readonly profile: BoardProfile;
  readonly manner: FirmwareManner;
  readonly context: TargetContext;
  readonly timers: Timers;
  /** Leaves the bus after the host has received all output, then calls `then`. */
  readonly leave: (then: () => void) => void;
  readonly toRom: () => void;
  /** Leaves the note that makes the start-up code jump into the ROM. */
  readonly leaveNote: () => void;
}

function portOf({ context, timers, leave, toRom, leaveNote }: Run, send: FirmwarePort['send']): FirmwarePort {
  const reset = () => context.systemReset();
  return {
    send,
    toRom: () => leave(toRom),
    toRomByReset: () => {
      leave(() => {
        leaveNote();
        reset();
      });
    },
    chargeBoot0: (time) => {
      context.chargeBoot0(true);
      timers.after(time, reset);
    },
    restart: () => leave(reset),
    after: (delay, callback) => timers.after(delay, callback),
  };
}

/** The listeners at one of the ports. They answer by `send`. */
function listen(run: Run, via: 'adapter' | 'target', send: FirmwarePort['send']): Required<Listener> {
  const jumps = run.profile.softJump.filter((jump) => jump.via === via);
  const listeners = listenersOf(jumps, portOf(run, send), run.manner);
  const ofLines = listeners.filter(({ lineState }) => lineState);
  const touched = touchOf(run);
  return {
    push: (bytes) => {
      for (const listener of listeners) listener.push(bytes);
    },
    lineState: (baudRate, dtr) => {
      for (const listener of ofLines) listener.lineState?.(baudRate, dtr);
      if (ofLines.length === 0 && !dtr && baudRate === touchRate) touched();
    },
  };
}

/** Sends its greeting on the USART after start-up, then listens. */
function startUsart(run: Run): NonNullable<TargetProgram['usartReceive']> {
  const { profile, context, timers } = run;
  const { application } = profile;
  const format: CharacterFormat = { baudRate: usartBaudRate(profile), parity: 'none' };
  const send = (data: string | Uint8Array) =>
    context.usartTransmit(typeof data === 'string' ? new TextEncoder().encode(data) : data, format);
  const { push } = listen(run, 'adapter', send);
  let isUp = false;
  timers.after(startup, () => {
    isUp = true;
    if (application.expect === 'serial') send(`${application.match}\r\n`);
    if (run.manner.temper === 'noisy') chatter(timers, send, () => true);
  });
  return (bytes, sent) => {
    if (isUp && sent.baudRate === format.baudRate && sent.parity === format.parity) push(bytes);
  };
}

type UsbIds = Pick<Extract<ApplicationProof, { expect: 'usb' }>, 'vendorId' | 'productId'>;

/** Ids of the application: those that the profile expects, or else those of its soft jump, or else ST's. */
function idsOf({ application, softJump }: BoardProfile): UsbIds | undefined {
  if (application.expect === 'usb') return application;
  const asked = softJump.find(({ via }) => via === 'target');
  return asked && { vendorId: asked.vendorId ?? '0483', productId: asked.productId ?? '5740' };
}

/** The effect of a falling DTR at 1200 baud. */
function touchOf(run: Run): () => void {
  const { temper } = run.manner;
  if (temper === undefined || temper === 'noisy') return () => run.leave(run.toRom);
  return temper === 'vanishes' ? () => run.leave(() => run.context.systemReset()) : () => {};
}

/** The run-time DFU interface of a firmware whose profile has `dfu-detach`. */
function runTimeDfuOf({ profile, manner: { detach }, timers, leave, toRom }: Run): DfuRunTime | undefined {
  if (!profile.softJump.some(({ trigger }) => trigger === 'dfu-detach')) return undefined;
  const interfaceNumber = detach?.withoutSerialPort ? 0 : behindSerialPort;
  return new DfuRunTime(interfaceNumber, { ...usualDetach, ...detach }, timers, () => leave(toRom));
}

/**
 * Brings a virtual COM port onto the bus after start-up; 1200 baud enters the ROM as well. A run-time DFU interface
 * comes beside it, or alone as interface 0.
 */
function startUsb(run: Run, expected: UsbIds): void {
  const { context, timers, manner } = run;
  const { vendorId, productId, product = 'Simulated application' } = { ...expected, ...manner.usb };
  const dfu = runTimeDfuOf(run);
  const identity = {
    vendorId: hexId(vendorId),
    productId: hexId(productId),
    manufacturer: 'bootctl',
    product,
    serialNumber: '00000000001A',
  };
  const send = (data: string | Uint8Array) => cdc.send(data);
  const { push, lineState } = listen(run, 'target', send);
  const serialPort = {
    reads: manner.temper !== 'stuck',
    opened: (baudRate: number) => {
      lineState(baudRate, true);
      if (manner.temper === 'noisy') chatter(timers, send, () => cdc.isOpen);
    },
    closed: (baudRate: number) => lineState(baudRate, false),
    received: push,
  };
  const cdc = new CdcFunction(identity, serialPort, dfu);
  const isAlone = dfu !== undefined && manner.detach?.withoutSerialPort === true;
  const device = isAlone ? new DfuRunTimeFunction(identity, dfu) : cdc;
  timers.after(startup, () => context.socket.attach(device));
  if (manner.faultsAfter !== undefined) timers.after(startup + manner.faultsAfter, () => context.systemReset());
}

/**
 * The firmware that a profile expects: on USB with its ids, or on the USART with its text. It obeys the profile's soft
 * jumps by calling `toRom`, by a reset that ends there, or by charging BOOT0 and a reset, unless its `manner` differs.
 */
export function profileApplication(
  profile: BoardProfile,
  toRom: () => void,
  manner: FirmwareManner = {},
): TargetProgram {
  let noteUntil = Number.NEGATIVE_INFINITY;
  let timers: Timers | undefined;
  let receive: TargetProgram['usartReceive'];
  const stop = () => {
    timers?.clear();
    receive = undefined;
  };
  const start = (context: TargetContext) => {
    const own = new Timers(context.clock);
    timers = own;
    const isNoted = context.clock.now() < noteUntil;
    noteUntil = Number.NEGATIVE_INFINITY;
    if (isNoted) return own.after(leaveDelay, toRom);
    context.record({ what: 'application', state: 'running' });
    const leave = (then: () => void) =>
      own.after(leaveDelay, () => {
        context.socket.detach();
        then();
      });
    const leaveNote = () => {
      noteUntil = context.clock.now() + noteLife;
    };
    const run: Run = { profile, manner, context, timers: own, leave, toRom, leaveNote };
    receive = startUsart(run);
    const ids = idsOf(profile);
    if (ids) startUsb(run, ids);
  };
  return { name: 'application', start, stop, usartReceive: (bytes, format) => receive?.(bytes, format) };
}
