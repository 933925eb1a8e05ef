import { z } from 'zod';
import { type TraceEvent, type TraceHeader, traceVersion } from './trace-event.ts';

const time = z.number().nonnegative();
const hex = z.string().regex(/^([0-9a-f]{2})*$/, 'is not lower-case hex');
const text = z.string();
const failure = z.object({ code: text, message: text });
const line = z.enum(['asserted', 'released']);

const span = { t: time, end: time, error: failure.exactOptional() };
const format = { baudRate: z.number(), parity: z.enum(['none', 'even']) };
const gpio = { chip: text, offsets: z.array(z.number()) };
const device = z.object({
  path: text,
  instance: text,
  vendorId: text,
  productId: text,
  bcdDevice: text,
  serialNumber: text.exactOptional(),
  product: text.exactOptional(),
});

const event = z.discriminatedUnion('event', [
  z.object({ event: z.enum(['serial.open', 'serial.configure']), ...span, ...format, port: text }),
  z.object({ event: z.enum(['serial.close', 'serial.drain']), ...span, port: text }),
  z.object({ event: z.literal('serial.out'), ...span, port: text, data: hex }),
  z.object({ event: z.literal('serial.in'), ...span, port: text, data: hex }),
  z.object({ event: z.literal('lines.edge'), ...span, port: text, rts: line, dtr: line }),
  z.object({ event: z.enum(['gpio.open', 'gpio.close']), ...span, ...gpio }),
  z.object({ event: z.literal('gpio.set'), ...span, ...gpio, levels: z.array(z.literal([0, 1])) }),
  z.object({ event: z.literal('command.run'), ...span, argv: z.array(text) }),
  z.object({ event: z.enum(['usb.present', 'usb.appeared', 'usb.vanished']), t: time, device }),
  z.object({ event: z.literal('usb.list'), ...span }),
  z.object({ event: z.literal('usb.open'), ...span, path: text, configuration: hex.exactOptional() }),
  z.object({ event: z.enum(['usb.reset', 'usb.close']), ...span, path: text }),
  z.object({ event: z.literal('usb.claim'), ...span, path: text, interface: z.number() }),
  z.object({ event: z.literal('usb.alternate'), ...span, path: text, interface: z.number(), alternate: z.number() }),
  z.object({ event: z.literal('usb.control'), ...span, path: text, setup: hex.length(16), data: hex }),
  z.object({
    event: z.literal('machine.state'),
    t: time,
    machine: text,
    state: text,
    cause: text,
    error: failure.exactOptional(),
  }),
  z.looseObject({
    event: z.literal('result'),
    t: time,
    ok: z.boolean(),
    exitCode: z.number(),
    error: failure.nullable(),
  }),
  z.object({
    event: z.literal('job'),
    t: time,
    name: text,
    text: text.exactOptional(),
    values: z.record(z.string(), z.unknown()),
  }),
]) satisfies z.ZodType<TraceEvent>;

const level = z.literal([0, 1]);
const pins = z.object({ boot0: level, nrst: level });
const header = z.object({
  trace: z.literal('bootctl'),
  version: z.number(),
  bootctl: text,
  profile: text,
  argv: z.array(text),
  date: text,
  clock: z.literal('ms'),
  wiring: z.object({
    'rts released, dtr released': pins,
    'rts asserted, dtr released': pins,
    'rts released, dtr asserted': pins,
    'rts asserted, dtr asserted': pins,
  }),
  usb: z.object({ bootloader: text, application: text.exactOptional() }),
}) satisfies z.ZodType<TraceHeader>;

/** Result for one line: its value, or a description of its fault. */
export type Checked<T> = { readonly value: T } | { readonly problem: string };

export const checkEvent = (value: unknown): Checked<TraceEvent> => checked(event, value);

/** A newer version is reported first, before other faults of the header. */
export function checkHeader(value: unknown): Checked<TraceHeader> {
  const first = z.looseObject({ trace: z.literal('bootctl'), version: z.number() }).safeParse(value);
  if (!first.success) return { problem: 'not the header of a bootctl trace' };
  const { version } = first.data;
  if (version !== traceVersion) {
    return { problem: `format version ${version}, and this version of bootctl reads ${traceVersion}` };
  }
  return checked(header, value);
}

function checked<T>(schema: z.ZodType<T>, value: unknown): Checked<T> {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const [issue] = result.error.issues;
  const place = issue?.path.join('.');
  return { problem: `${place ? `${place}: ` : ''}${issue?.message ?? 'not a trace event'}` };
}
