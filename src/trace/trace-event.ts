import type { ErrorCode } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import type { CharacterFormat, ModemLines } from '../bench/serial-link.ts';
import type { UsbDeviceInfo } from '../bench/usb-bus.ts';
import type { Wiring } from '../board/circuit/plan.ts';

/** Version of the trace format; a reader refuses a newer one. */
export const traceVersion = 1;

/** How a call into the bench failed. `internal` stands for any error but a BootctlError, and so for a bug. */
export interface TraceFailure {
  readonly code: ErrorCode | 'internal' | (string & {});
  readonly message: string;
}

/** Something that happened at `t`. */
interface Moment {
  readonly t: Milliseconds;
}

/** A call that was made at `t` and was over at `end`; with `error`, it failed then. */
interface Span extends Moment {
  readonly end: Milliseconds;
  readonly error?: TraceFailure;
}

/** Lines of one GPIO chip of the host. */
interface GpioFacts {
  readonly chip: string;
  readonly offsets: readonly number[];
}

/** Calls to the bench. Bytes are lower-case hex without blanks. */
export type BenchEvent =
  | (Span & CharacterFormat & { readonly event: 'serial.open' | 'serial.configure'; readonly port: string })
  | (Span & { readonly event: 'serial.close' | 'serial.drain'; readonly port: string })
  /** The bytes were handed over at `t`; the driver had taken them at `end`. */
  | (Span & { readonly event: 'serial.out'; readonly port: string; readonly data: string })
  /** Bootctl began to wait at `t` and had the bytes at `end`. There are no bytes if the time was up first. */
  | (Span & { readonly event: 'serial.in'; readonly port: string; readonly data: string })
  /** The change was asked for at `t`, the driver had accepted it at `end`: the edge was in between. */
  | (Span & ModemLines & { readonly event: 'lines.edge'; readonly port: string })
  | (Span & GpioFacts & { readonly event: 'gpio.open' | 'gpio.close' })
  /** As `lines.edge`; levels in the order of the offsets. */
  | (Span & GpioFacts & { readonly event: 'gpio.set'; readonly levels: readonly (0 | 1)[] })
  /** A program of the host, from its start to its end. */
  | (Span & { readonly event: 'command.run'; readonly argv: readonly string[] })
  /** Seen by a scan of bootctl: it happened after the previous scan. `present` is the first scan. */
  | (Moment & {
      readonly event: 'usb.present' | 'usb.appeared' | 'usb.vanished';
      readonly device: UsbDeviceInfo;
    })
  /** A scan that failed. Successful scans are recorded as their differences. */
  | (Span & { readonly event: 'usb.list' })
  /** `configuration` is the descriptor that the host had kept. */
  | (Span & { readonly event: 'usb.open'; readonly path: string; readonly configuration?: string })
  | (Span & { readonly event: 'usb.reset' | 'usb.close'; readonly path: string })
  | (Span & { readonly event: 'usb.claim'; readonly path: string; readonly interface: number })
  | (Span & {
      readonly event: 'usb.alternate';
      readonly path: string;
      readonly interface: number;
      readonly alternate: number;
    })
  /** `setup` is the eight bytes of USB 2.0 §9.3. `data` is the data sent or received. */
  | (Span & {
      readonly event: 'usb.control';
      readonly path: string;
      readonly setup: string;
      readonly data: string;
    });

/** A machine has entered a state. Every state is recorded, even one that it leaves at once. */
export interface MachineEvent extends Moment {
  readonly event: 'machine.state';
  readonly machine: string;
  readonly state: string;
  /**
   * Its cause: `init`, an effect that is `done` or failed (`error`), `after` a delay, `always`, or an event by its
   * name.
   */
  readonly cause: string;
  readonly error?: TraceFailure;
}

/** The result of the job: the last line of a trace whose job was not killed. */
export interface ResultEvent extends Moment {
  readonly event: 'result';
  readonly ok: boolean;
  readonly exitCode: number;
  readonly error: TraceFailure | null;
}

/** A progress event of the job with its fields, and `text` if it has a text for a person. */
export interface JobEvent extends Moment {
  readonly event: 'job';
  /** Name of the progress event. */
  readonly name: string;
  readonly text?: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** One line of a trace after its header. Times are in ms; in a file they count from its start. */
export type TraceEvent = BenchEvent | MachineEvent | ResultEvent | JobEvent;

/** First line of a trace. */
export interface TraceHeader {
  readonly trace: 'bootctl';
  readonly version: number;
  readonly bootctl: string;
  /** Id of the board profile. */
  readonly profile: string;
  readonly argv: readonly string[];
  /** When the recording began, as ISO 8601. */
  readonly date: string;
  /** Unit of all times. */
  readonly clock: 'ms';
  /** Pin levels for each state of the lines. */
  readonly wiring: Wiring;
  /** The target's USB ids: of its bootloader, and of its application if that has USB. */
  readonly usb: {
    readonly bootloader: string;
    readonly application?: string;
  };
}

/** A trace as it was read. */
export interface Trace {
  readonly header: TraceHeader;
  readonly events: readonly TraceEvent[];
  /** The last line was incomplete: the process was killed while it was being written. */
  readonly isCut: boolean;
}

/** Takes events as they happen, with times of the bench's clock. */
export type TraceSink = (event: TraceEvent) => void;

/** Stops using the sink after it has thrown once: a recording must never change a job. */
export function guardedSink(sink: TraceSink, onDropped: (reason: unknown) => void): TraceSink {
  let isDropped = false;
  return (event) => {
    if (isDropped) return;
    try {
      sink(event);
    } catch (error) {
      isDropped = true;
      onDropped(error);
    }
  };
}
