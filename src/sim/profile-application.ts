import type { CharacterFormat } from '../io/serial-link.ts';
import type { ApplicationProof, BoardProfile } from '../profiles/profile.ts';
import type { Milliseconds } from '../units.ts';
import { runTimeDfuOf, selfChargeAfter } from './entry-requests.ts';
import type { FirmwareWhims } from './firmware-whims.ts';
import { micropython } from './target/applications.ts';
import { CommandLine } from './target/command-line.ts';
import { DfuRunTimeFunction } from './target/dfu-run-time.ts';
import type { FirmwarePort, Listener } from './target/firmware-port.ts';
import { FlightController, type FlightControllerOptions } from './target/flight-controller.ts';
import { KlipperBlocks } from './target/klipper-blocks.ts';
import { Timers } from './target/timers.ts';
import { CdcFunction } from './target/usb-cdc.ts';
import type { TargetContext, TargetProgram } from './target-program.ts';

/** From reset to a firmware that has its clocks and its USB stack up (ours). */
const startup: Milliseconds = 100;
/** The host gets the answer to its last request before the pull-up goes. */
const leaveDelay: Milliseconds = 2;

/** Lines of text after which this firmware jumps into the ROM. */
const commandsOf = ({ softJump }: BoardProfile): readonly string[] =>
  softJump.flatMap((jump) => (jump.trigger === 'serial-command' ? jump.send.trim() : []));

/** What listens at each port of the firmware: nothing at all where it ignores whoever asks. */
function listenersOf(profile: BoardProfile, port: FirmwarePort, manner: FirmwareManner): readonly Listener[] {
  if (manner.ignores) return [];
  const triggers = new Set(profile.softJump.map(({ trigger }) => trigger));
  const commands = commandsOf(profile);
  return [
    new CommandLine((line) => commands.includes(line.trim()) && port.toRom()),
    ...(triggers.has('betaflight') || manner.firmware ? [new FlightController(port, manner)] : []),
    ...(triggers.has('klipper') || triggers.has('katapult') ? [new KlipperBlocks(port)] : []),
  ];
}

/** Of the USART where no trigger says: Klipper has its own (docs/Config_Reference.md), others what adapters start with. */
const usualBaudRates: Readonly<Record<string, number>> = { klipper: 250_000, katapult: 250_000 };

function usartBaudRate({ application, softJump }: BoardProfile): number {
  if (application.expect === 'serial') return application.baudRate;
  const jump = softJump.find((one) => one.via === 'adapter');
  const own = jump && 'baudRate' in jump ? jump.baudRate : undefined;
  return own ?? usualBaudRates[jump?.trigger ?? ''] ?? 115_200;
}

const hexId = (id: string): number => Number.parseInt(id, 16);

/** A manner in which a firmware does not do what the profile expects. */
export interface FirmwareManner extends FlightControllerOptions, FirmwareWhims {
  /** Nothing that it receives brings it into the ROM. */
  readonly ignores?: true;
}

/** One run of the firmware, from a reset to the next. */
interface Run {
  readonly profile: BoardProfile;
  readonly manner: FirmwareManner;
  readonly context: TargetContext;
  readonly timers: Timers;
  readonly enterRom: () => void;
}

/** What listens at one of the ports, and answers by `send`. */
function listen({ profile, manner, context, timers, enterRom }: Run, send: FirmwarePort['send']) {
  const restart = () =>
    timers.after(leaveDelay, () => {
      context.socket.detach();
      context.systemReset();
    });
  const after: FirmwarePort['after'] = (delay, callback) => timers.after(delay, callback);
  const charge = new CommandLine((line) => selfChargeAfter(line, profile, manner)?.(context, timers));
  const listeners = [charge, ...listenersOf(profile, { send, restart, after, toRom: enterRom }, manner)];
  return (bytes: Uint8Array) => {
    for (const listener of listeners) listener.push(bytes);
  };
}

/** Talks on the USART: its greeting after start-up, then it listens to whoever asks. */
function startUsart(run: Run): NonNullable<TargetProgram['usartReceive']> {
  const { profile, context, timers } = run;
  const { application } = profile;
  const format: CharacterFormat = { baudRate: usartBaudRate(profile), parity: 'none' };
  const send = (data: string | Uint8Array) =>
    context.usartTransmit(typeof data === 'string' ? new TextEncoder().encode(data) : data, format);
  const push = listen(run, send);
  let isUp = false;
  timers.after(startup, () => {
    isUp = true;
    if (application.expect === 'serial') send(`${application.match}\r\n`);
  });
  return (bytes, sent) => {
    if (isUp && sent.baudRate === format.baudRate && sent.parity === format.parity) push(bytes);
  };
}

/**
 * Brings a virtual COM port onto the bus after start-up; 1200 baud enters the ROM as well. A run-time DFU interface comes
 * beside it, or alone as interface 0.
 */
function startUsb(run: Run, { vendorId, productId }: Extract<ApplicationProof, { expect: 'usb' }>): void {
  const { profile, context, timers, manner, enterRom } = run;
  const dfu = runTimeDfuOf(profile, manner, timers, enterRom);
  const identity = {
    vendorId: hexId(vendorId),
    productId: hexId(productId),
    manufacturer: 'bootctl',
    product: 'Simulated application',
    serialNumber: '00000000001A',
  };
  const serialPort = {
    opened: () => {},
    closed: (baudRate: number) => baudRate === 1200 && !manner.ignores && enterRom(),
    received: (bytes: Uint8Array) => push(bytes),
  };
  if (dfu?.interfaces[0]?.interfaceNumber === 0) {
    timers.after(startup, () => context.socket.attach(new DfuRunTimeFunction(identity, dfu)));
    return;
  }
  const cdc = new CdcFunction(identity, serialPort, dfu);
  const push = listen(run, (data) => cdc.send(data));
  timers.after(startup, () => context.socket.attach(cdc));
}

/**
 * The firmware that a profile expects: on USB with its ids, or on the USART with its text; MicroPython where the profile
 * asks it for a soft jump. It obeys the profile's soft jumps by calling `toRom`, or by charging BOOT0 and a reset, unless its `manner` is another.
 */
export function profileApplication(
  profile: BoardProfile,
  toRom: () => void,
  manner: FirmwareManner = {},
): TargetProgram {
  const { application, softJump } = profile;
  if (softJump.some(({ trigger }) => trigger === 'micropython')) return micropython({ toRom });
  let timers: Timers | undefined;
  let receive: TargetProgram['usartReceive'];
  const stop = () => {
    timers?.clear();
    receive = undefined;
  };
  const start = (context: TargetContext) => {
    const own = new Timers(context.clock);
    timers = own;
    context.record({ what: 'application', state: 'running' });
    const enterRom = () =>
      own.after(leaveDelay, () => {
        context.socket.detach();
        toRom();
      });
    const run: Run = { profile, manner, context, timers: own, enterRom };
    receive = startUsart(run);
    if (application.expect === 'usb') startUsb(run, application);
  };
  return { name: 'application', start, stop, usartReceive: (bytes, format) => receive?.(bytes, format) };
}
