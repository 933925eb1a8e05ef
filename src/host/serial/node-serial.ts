import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { CharacterFormat, ModemLines, PortInfo, SerialLink, SerialPorts } from '../../bench/serial-link.ts';
import { nativeIoctl } from '../system/ioctl.ts';
import { textOf, usingCode } from './errors.ts';
import { explainOpening, foreseeBusy } from './explain.ts';
import { changeFormat, lowerLatency } from './format.ts';
import { type PolledPort, pendingInput, polledInput, type ReadPort, type SerialInput } from './input.ts';
import { type LinesPort, type ModemLineDriver, modemLineDriver } from './lines.ts';
import { listSysfsPorts, normalizePort } from './list.ts';
import { type WritePort, writeAll } from './output.ts';
import { portName } from './port-name.ts';

/** A binding of serialport, used without its stream. The stream moves lines on its own and cannot pause. */
type BindingPort = LinesPort &
  ReadPort &
  WritePort & {
    update(options: { baudRate: number }): Promise<void>;
    close(): Promise<void>;
    readonly poller?: PolledPort['poller'];
  };

/** The kernel waits for output that a dead adapter never takes. */
const closeLimit: Milliseconds = 2_000;

/** An open adapter. After it was unplugged every call rejects, and the descriptor is closed, which frees its name. */
class NodeSerialLink implements SerialLink {
  readonly path: string;
  readonly #port: BindingPort;
  readonly #input: SerialInput;
  readonly #lines: ModemLineDriver;
  #format: CharacterFormat;
  #lacksParity = false;
  #lost: BootctlError | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string, port: BindingPort, format: CharacterFormat) {
    const { poller } = port;
    this.path = path;
    this.#port = port;
    this.#format = format;
    this.#lines = modemLineDriver(port);
    this.#input = poller
      ? polledInput({
          poller,
          get isOpen() {
            return port.isOpen;
          },
          get fd() {
            return port.fd;
          },
        })
      : pendingInput(port);
  }

  get lacksParity(): boolean {
    return this.#lacksParity;
  }

  setLines(lines: ModemLines): Promise<void> {
    return this.#use(`drive RTS ${lines.rts}, DTR ${lines.dtr}`, () => this.#lines.move(lines), true);
  }

  pulseLines(first: ModemLines, hold: Milliseconds, second: ModemLines) {
    const action = `drive RTS ${first.rts}, DTR ${first.dtr}, then RTS ${second.rts}, DTR ${second.dtr}`;
    return this.#use(action, () => this.#lines.pulse(first, hold, second), true);
  }

  configure(format: CharacterFormat): Promise<void> {
    return this.#use(`set ${format.baudRate} baud, parity ${format.parity}`, async () => {
      const parity = await changeFormat(this.#port, this.#format, format);
      if (parity !== undefined) this.#lacksParity = parity !== format.parity;
      if (format.parity === 'even') await lowerLatency(this.#port.fd ?? -1);
      this.#format = format;
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#use(`write ${bytes.length} bytes`, () => writeAll(this.#port, bytes));
  }

  receive(timeout: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#use('read', () => this.#input.receive(timeout, signal), false, signal);
  }

  drainInput(): Promise<void> {
    return this.#use('discard input', () => this.#input.discard());
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#lost ??= new BootctlError('adapter-lost', `${this.path} is closed`);
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (!this.#port.isOpen) return;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeLimit);
    });
    // a lost adapter answers close with an error, and the descriptor is gone all the same (close(2))
    await Promise.race([this.#port.close().catch(() => {}), limit]);
    clearTimeout(timer);
  }

  async #use<T>(action: string, run: () => Promise<T>, lines = false, signal?: AbortSignal): Promise<T> {
    if (this.#lost) throw this.#lost;
    try {
      return await run();
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error;
      throw this.#failure(action, error, lines);
    }
  }

  #failure(action: string, error: unknown, lines: boolean): BootctlError {
    if (this.#lost) return this.#lost;
    const code = usingCode(error, lines);
    const failure = new BootctlError(code, `${this.path} did not ${action}: ${textOf(error)}`, { cause: error });
    if (code === 'adapter-lost') {
      this.#lost = failure;
      this.#closing ??= this.#close();
    }
    return failure;
  }
}

/** serialport with its binding, loaded when it is first needed. */
export const loadSerialport = () => import('serialport');

async function listPorts(): Promise<readonly PortInfo[]> {
  const known = process.platform === 'linux' ? await listSysfsPorts() : undefined;
  if (known) return known;
  const { SerialPort } = await loadSerialport();
  return (await SerialPort.list()).map(normalizePort);
}

async function openPort(path: string, format: CharacterFormat): Promise<SerialLink> {
  const busy = await foreseeBusy(path);
  if (busy) throw busy;
  const { SerialPort } = await loadSerialport();
  // the first line change needs it, and until then both lines are asserted
  if (process.platform === 'linux') await nativeIoctl().catch(() => {});
  // hupcl is DTR at open on Windows, but both lines at close on POSIX (serialport_win.cpp, serialport_unix.cpp)
  const hupcl = process.platform !== 'win32';
  try {
    const { binding } = SerialPort;
    const settings = { dataBits: 8, stopBits: 1, lock: true, rtscts: false, hupcl } as const;
    const port = await binding.open({ path, ...format, ...settings });
    return new NodeSerialLink(path, port, format);
  } catch (error) {
    throw await explainOpening(path, error, listPorts);
  }
}

/** The serial ports of this host. */
export const nodeSerialPorts = (): SerialPorts => ({
  list: listPorts,
  open: openPort,
  nameOf: (path) => portName(path),
});
