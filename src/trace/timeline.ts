import type { Milliseconds } from '../base/units.ts';
import type { LineState } from '../bench/serial-link.ts';
import { pinsOf } from '../board/circuit/wiring.ts';
import { type Description, describeControl } from './describe-control.ts';
import { SerialDescriber } from './describe-serial.ts';
import type { BenchEvent, Trace, TraceEvent, TraceFailure } from './trace-event.ts';

/** One thing that happened, in words. */
export interface TimelineRow extends Description {
  readonly t: Milliseconds;
  /** Its duration, if it took time. */
  readonly took?: Milliseconds;
  /** Whose doing it is: a port, a USB path, the bus, a machine, or the job. */
  readonly who: string;
  readonly isFailure?: boolean;
}

type Rows = { readonly [E in TraceEvent as E['event']]: (event: E) => Description & { readonly who: string } };

/** A trace as rows in the order in which things began. */
export function timelineOf(trace: Trace): readonly TimelineRow[] {
  const rowOf = describer(trace);
  return trace.events
    .filter((event) => !(event.event === 'job' && event.name === 'lines.set'))
    .toSorted((a, b) => a.t - b.t)
    .map((event) => {
      const took = 'end' in event ? { took: event.end - event.t } : {};
      const isFailure = 'error' in event && event.error ? { isFailure: true } : {};
      return { t: event.t, ...took, ...isFailure, ...rowOf(event) };
    });
}

function describer(trace: Trace): (event: TraceEvent) => Description & { readonly who: string } {
  const rows: Rows = { ...lineRows(trace), ...hostRows, ...serialRows(), ...usbRows, ...jobRows };
  return (event) => (rows[event.event] as (event: TraceEvent) => Description & { readonly who: string })(event);
}

const failed = (what: string, error: TraceFailure | undefined): string =>
  error ? `${what} failed: ${error.message} [${error.code}]` : what;

/** The purpose of an edge is in the job's own event, which follows it at the same time. */
function lineRows({ header, events }: Trace): Pick<Rows, 'lines.edge' | 'gpio.set'> {
  const purposes = new Map(
    events.flatMap((event) => (event.event === 'job' && event.name === 'lines.set' ? [[event.t, event.values]] : [])),
  );
  // Lines of the host move pins as well: only the job knows what all of them together make of the pins.
  const isShared = events.some(({ event }) => event === 'gpio.set' || event === 'command.run');
  const word = (state: LineState) => state.padEnd(8);
  return {
    'lines.edge': ({ port, rts, dtr, end, error }) => {
      const { nrst, boot0 } = pinsOf(header.wiring, { rts, dtr });
      const purpose = purposes.get(end)?.purpose;
      const pins = isShared ? pinsText(purposes.get(end)?.pins) : pinsText({ nrst, boot0 });
      const text = `RTS ${word(rts)}  DTR ${word(dtr)}${pins}`;
      return { who: port, text: failed(typeof purpose === 'string' ? `${text}  ${purpose}` : text, error) };
    },
    'gpio.set': ({ chip, offsets, levels, end, error }) => {
      const { purpose, pins } = purposes.get(end) ?? {};
      const moved = offsets.map((offset, index) => `${chip}/${offset} ${levels[index]}`).join('  ');
      const text = `${moved}${pinsText(pins)}${typeof purpose === 'string' ? `  ${purpose}` : ''}`;
      return { who: chip, text: failed(text, error) };
    },
  };
}

/** As the job has told them. */
const pinsText = (pins: unknown): string => {
  if (typeof pins !== 'object' || pins === null || !('nrst' in pins && 'boot0' in pins)) return '';
  return `  NRST ${pins.nrst}  BOOT0 ${pins.boot0}`;
};

type SerialRows = Pick<Rows, Extract<BenchEvent['event'], `serial.${string}`>>;

function serialRows(): SerialRows {
  const describers = new Map<string, SerialDescriber>();
  const of = (port: string) => {
    const describer = describers.get(port) ?? new SerialDescriber();
    describers.set(port, describer);
    return describer;
  };
  const formatted =
    (what: string): SerialRows['serial.open'] =>
    ({ port, baudRate, parity, error }) => {
      of(port).format({ parity });
      return { who: port, text: failed(`${what} with ${baudRate} baud, ${parity === 'even' ? '8E1' : '8N1'}`, error) };
    };
  return {
    'serial.open': formatted('opened'),
    'serial.configure': formatted('configured'),
    'serial.drain': ({ port, error }) => ({ who: port, text: failed('unread input discarded', error) }),
    'serial.close': ({ port, error }) => ({ who: port, text: failed('closed; both lines are released', error) }),
    'serial.out': (event) => {
      const { text, kind } = of(event.port).sent(event);
      return { who: event.port, text: failed(text, event.error), ...(kind && !event.error ? { kind } : {}) };
    },
    'serial.in': (event) => ({ who: event.port, ...of(event.port).received(event, event.end - event.t) }),
  };
}

/** `line 21 and 20 of gpiochip0`. */
const gpioText = ({ chip, offsets }: Extract<BenchEvent, { event: 'gpio.open' | 'gpio.close' }>): string =>
  `line ${offsets.join(' and ')} of ${chip}`;

const hostRows: Pick<Rows, 'gpio.open' | 'gpio.close' | 'command.run'> = {
  'command.run': ({ argv, error }) => ({ who: 'host', text: failed(argv.join(' '), error) }),
  'gpio.open': (event) => ({ who: event.chip, text: failed(`${gpioText(event)} taken, idle`, event.error) }),
  'gpio.close': (event) => ({ who: event.chip, text: failed(`${gpioText(event)} given back`, event.error) }),
};

const deviceRow =
  (what: string): Rows['usb.appeared'] =>
  ({ device: { path, vendorId, productId, product } }) => ({
    who: 'USB bus',
    text: `${vendorId}:${productId} ${what} at ${path}${product ? ` (${product})` : ''}`,
  });

const usbRows: Pick<Rows, Extract<BenchEvent['event'], `usb.${string}`>> = {
  'usb.present': deviceRow('is there'),
  'usb.appeared': deviceRow('appeared'),
  'usb.vanished': deviceRow('vanished'),
  'usb.list': ({ error }) => ({ who: 'USB bus', text: failed('scan', error), kind: 'scan' }),
  'usb.open': ({ path, error }) => ({ who: `USB ${path}`, text: failed('opened', error) }),
  'usb.reset': ({ path, error }) => ({ who: `USB ${path}`, text: failed('USB reset', error) }),
  'usb.close': ({ path, error }) => ({ who: `USB ${path}`, text: failed('closed', error) }),
  'usb.claim': ({ path, interface: number, error }) => ({
    who: `USB ${path}`,
    text: failed(`interface ${number} claimed`, error),
  }),
  'usb.alternate': ({ path, interface: number, alternate, error }) => ({
    who: `USB ${path}`,
    text: failed(`interface ${number}: alternate setting ${alternate} selected`, error),
  }),
  'usb.control': (event) => ({ who: `USB ${event.path}`, ...describeControl(event) }),
};

const jobRows: Pick<Rows, 'machine.state' | 'job' | 'result'> = {
  'machine.state': ({ machine, state, cause, error }) => ({
    who: machine,
    text: error
      ? `${state}, because: ${error.message} [${error.code}]`
      : `${state}${causeWords[cause] ?? ` on ${cause}`}`,
  }),
  job: ({ name, text }) => ({ who: 'job', text: text ?? name }),
  result: ({ ok, exitCode, error }) => ({
    who: 'job',
    text: ok ? 'PASS, exit status 0' : `FAIL, exit status ${exitCode}: ${error?.message ?? ''} [${error?.code ?? ''}]`,
  }),
};

/** Causes with a short text, or none. */
const causeWords: Readonly<Record<string, string>> = { init: '', done: '', always: '', after: ' after its delay' };
