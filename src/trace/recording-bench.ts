import { BootctlError } from '../base/errors.ts';
import type { Bench } from '../bench/bench.ts';
import type { Clock } from '../bench/clock.ts';
import type { GpioChips } from '../bench/gpio-chips.ts';
import type { HostCommands } from '../bench/host-commands.ts';
import type { SerialLink, SerialPorts } from '../bench/serial-link.ts';
import type { ControlRequest, UsbBus, UsbDevice, UsbDeviceInfo } from '../bench/usb-bus.ts';
import type { BenchEvent, TraceFailure, TraceSink } from './trace-event.ts';

/** The content of a call, without its times. */
type Facts<E = BenchEvent> = E extends BenchEvent ? Omit<E, 't' | 'end' | 'error'> : never;

/** The same bench with unchanged behaviour. Each call to it is reported to `sink`, which must not throw. */
export const recordBench = (bench: Bench, sink: TraceSink): Bench => {
  const recorder = new Recorder(bench.clock, sink);
  return {
    clock: bench.clock,
    serial: recordPorts(bench.serial, recorder),
    usb: recordBus(bench.usb, recorder),
    ...(bench.commands ? { commands: recordCommands(bench.commands, recorder) } : {}),
    ...(bench.gpio ? { gpio: recordGpio(bench.gpio, recorder) } : {}),
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};

/** Times calls and reports their outcome. */
class Recorder {
  readonly clock: Clock;
  readonly sink: TraceSink;

  constructor(clock: Clock, sink: TraceSink) {
    this.clock = clock;
    this.sink = sink;
  }

  /** Does `work`. `facts` is called at its end, without a result if it failed. */
  async span<T>(work: () => Promise<T>, facts: (result: T | undefined) => Facts | undefined): Promise<T> {
    const t = this.clock.now();
    let result: T;
    try {
      result = await work();
    } catch (error) {
      this.#tell(t, facts(undefined), failureOf(error));
      throw error;
    }
    this.#tell(t, facts(result));
    return result;
  }

  #tell(t: number, facts: Facts | undefined, error?: TraceFailure): void {
    if (facts) this.sink({ t, end: this.clock.now(), ...facts, ...(error ? { error } : {}) } as BenchEvent);
  }
}

/** A failure as a trace keeps it. */
export const failureOf = (error: unknown): TraceFailure => ({
  code: error instanceof BootctlError ? error.code : 'internal',
  message: error instanceof Error ? error.message : String(error),
});

const recordPorts = (ports: SerialPorts, recorder: Recorder): SerialPorts => ({
  list: () => ports.list(),
  ...(ports.nameOf ? { nameOf: (path) => ports.nameOf!(path) } : {}),
  open: async (port, format) => {
    const open = () => ports.open(port, format);
    return recordLink(await recorder.span(open, () => ({ event: 'serial.open', port, ...format })), recorder);
  },
});

function recordLink(link: SerialLink, recorder: Recorder): SerialLink {
  const port = link.path;
  const told = <T>(work: () => Promise<T>, facts: Facts) => recorder.span(work, () => facts);
  return {
    path: port,
    ...(link.hasFixedFormat ? { hasFixedFormat: link.hasFixedFormat } : {}),
    ...(link.roundTrip === undefined ? {} : { roundTrip: link.roundTrip }),
    ...(link.measureDelay ? { measureDelay: () => link.measureDelay!() } : {}),
    get lacksParity() {
      return link.lacksParity ?? false;
    },
    ...(link.pulseLines ? { pulseLines: recordPulse(link, recorder) } : {}),
    setLines: (lines) => told(() => link.setLines(lines), { event: 'lines.edge', port, ...lines }),
    configure: (format) => told(() => link.configure(format), { event: 'serial.configure', port, ...format }),
    write: (bytes) => told(() => link.write(bytes), { event: 'serial.out', port, data: hex(bytes) }),
    receive: (timeout, signal) =>
      recorder.span(
        () => link.receive(timeout, signal),
        (bytes) => ({ event: 'serial.in', port, data: hex(bytes ?? []) }),
      ),
    drainInput: () => told(() => link.drainInput(), { event: 'serial.drain', port }),
    [Symbol.asyncDispose]: () => told(async () => link[Symbol.asyncDispose](), { event: 'serial.close', port }),
  };
}

const recordPulse =
  (link: SerialLink, recorder: Recorder): NonNullable<SerialLink['pulseLines']> =>
  async (first, hold, second) => {
    const moves = await link.pulseLines!(first, hold, second);
    for (const [index, lines] of moves ? [first, second].entries() : []) {
      const { from, to } = moves![index]!;
      recorder.sink({ event: 'lines.edge', t: from, end: to, port: link.path, ...lines });
    }
    return moves;
  };

const recordCommands = (commands: HostCommands, recorder: Recorder): HostCommands => ({
  check: (argv) => commands.check(argv),
  run: (argv, timeout) =>
    recorder.span(
      () => commands.run(argv, timeout),
      () => ({ event: 'command.run', argv }),
    ),
});

const recordGpio = (chips: GpioChips, recorder: Recorder): GpioChips => ({
  list: () => chips.list(),
  check: (chip, outputs) => chips.check(chip, outputs),
  open: async (chip, outputs) => {
    const facts = { chip, offsets: outputs.map(({ offset }) => offset) };
    const told = <T>(work: () => Promise<T>, more: Facts) => recorder.span(work, () => more);
    const lines = await told(() => chips.open(chip, outputs), { event: 'gpio.open', ...facts });
    return {
      set: (levels) => told(() => lines.set(levels), { event: 'gpio.set', ...facts, levels }),
      [Symbol.asyncDispose]: () => told(async () => lines[Symbol.asyncDispose](), { event: 'gpio.close', ...facts }),
    };
  },
});

function recordBus(bus: UsbBus, recorder: Recorder): UsbBus {
  let known: ReadonlyMap<string, UsbDeviceInfo> | undefined;
  const compare = (devices: readonly UsbDeviceInfo[]) => {
    const t = recorder.clock.now();
    const now = new Map(devices.map((device) => [device.instance, device]));
    for (const [instance, device] of known ?? []) {
      if (!now.has(instance)) recorder.sink({ event: 'usb.vanished', t, device });
    }
    for (const [instance, device] of now) {
      if (!known?.has(instance)) recorder.sink({ event: known ? 'usb.appeared' : 'usb.present', t, device });
    }
    known = now;
  };
  return {
    ...untold(bus),
    list: async () => {
      const devices = await recorder.span(
        () => bus.list(),
        (result) => (result ? undefined : { event: 'usb.list' }),
      );
      compare(devices);
      return devices;
    },
    open: async (device) => {
      const open = () => bus.open(device);
      const opened = await recorder.span(open, (result) => {
        const { configuration } = result ?? {};
        return {
          event: 'usb.open',
          path: device.path,
          ...(configuration ? { configuration: hex(configuration) } : {}),
        };
      });
      return recordDevice(opened, recorder);
    },
  };
}

/** What a trace does not tell. */
const untold = (bus: UsbBus): Omit<UsbBus, 'list' | 'open'> => ({
  host: bus.host ?? bus,
  onChange: (listener) => bus.onChange(listener),
  ...(bus.prepare ? { prepare: () => bus.prepare!() } : {}),
  ...(bus.troubles ? { troubles: (mark) => bus.troubles!(mark) } : {}),
  ...(bus.drivers ? { drivers: (device) => bus.drivers!(device) } : {}),
  ...(bus.turn ? { turn: (signal, onWait) => bus.turn!(signal, onWait) } : {}),
});

function recordDevice(device: UsbDevice, recorder: Recorder): UsbDevice {
  const { info } = device;
  const { path } = info;
  const told = <T>(work: () => Promise<T>, facts: Facts) => recorder.span(work, () => facts);
  return {
    info,
    configuration: device.configuration,
    keepsOrder: device.keepsOrder === true,
    ...(device.reset ? { reset: () => told(() => device.reset!(), { event: 'usb.reset', path }) } : {}),
    claimInterface: (number) =>
      told(() => device.claimInterface(number), { event: 'usb.claim', path, interface: number }),
    selectAlternate: (number, alternate) =>
      told(() => device.selectAlternate(number, alternate), {
        event: 'usb.alternate',
        path,
        interface: number,
        alternate,
      }),
    controlIn: (request, length, timeout) =>
      recorder.span(
        () => device.controlIn(request, length, timeout),
        (bytes) => ({ event: 'usb.control', path, setup: setupHex(request, length), data: hex(bytes ?? []) }),
      ),
    controlOut: (request, data, timeout) =>
      told(() => device.controlOut(request, data, timeout), {
        event: 'usb.control',
        path,
        setup: setupHex(request, data.length),
        data: hex(data),
      }),
    [Symbol.asyncDispose]: () => told(async () => device[Symbol.asyncDispose](), { event: 'usb.close', path }),
  };
}

const hex = (bytes: Iterable<number>): string => Buffer.from(Uint8Array.from(bytes)).toString('hex');

/** The setup packet: bmRequestType, bRequest, wValue, wIndex and wLength, little-endian (USB 2.0 §9.3). */
function setupHex({ requestType, request, value, index }: ControlRequest, length: number): string {
  const setup = Buffer.alloc(8);
  setup.writeUInt8(requestType, 0);
  setup.writeUInt8(request, 1);
  setup.writeUInt16LE(value, 2);
  setup.writeUInt16LE(index, 4);
  setup.writeUInt16LE(length, 6);
  return setup.toString('hex');
}
