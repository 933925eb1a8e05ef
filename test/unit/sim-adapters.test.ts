import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import type { CharacterFormat, ModemLines } from '../../src/bench/serial-link.ts';
import { adapterChips } from '../../src/sim/adapters/adapters.ts';
import { UsbAdapter } from '../../src/sim/adapters/usb-adapter.ts';
import type { ControlReply } from '../../src/sim/board/usb-function.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import type { TruthEvent } from '../../src/sim/truth.ts';
import { parseSetup } from '../../src/sim/usbip/urb.ts';
import { hex, show } from '../helpers/target-context.ts';

/** An adapter with the wires in the test's hands; requests are written as they go over the bus. */
function plugged(id: string) {
  const edges: string[] = [];
  const truth: TruthEvent[] = [];
  const clock = new SimClock();
  const sent: { bytes: string; format: CharacterFormat }[] = [];
  let listener: (bytes: Uint8Array, format: CharacterFormat) => void = () => {};
  const wires = {
    adapter: 'adapter',
    setLines: ({ rts, dtr }: ModemLines) => edges.push(`rts ${rts}, dtr ${dtr}`),
    transmit: (bytes: Uint8Array, format: CharacterFormat) => sent.push({ bytes: show(bytes), format }),
    onReceive: (own: typeof listener) => {
      listener = own;
      return () => {
        listener = () => {};
      };
    },
    record: (event: TruthEvent) => void truth.push(event),
  };
  const adapter = new UsbAdapter(adapterChips[id]!, 'A1', wires, clock);
  const request = (setup: string, data = ''): Promise<ControlReply> => {
    return adapter.control(parseSetup(hex(setup.replaceAll(' ', ''))), hex(data));
  };
  const receive = (bytes: string, format: CharacterFormat) => listener(hex(bytes), format);
  return { adapter, clock, edges, truth, sent, request, receive };
}

const [both, none, rtsOnly, dtrOnly] = [
  'rts asserted, dtr asserted',
  'rts released, dtr released',
  'rts asserted, dtr released',
  'rts released, dtr asserted',
] as const;

/** Requests that set RTS and DTR, as the Linux drivers send them (Linux 6.1, drivers/usb/serial/*.c, drivers/usb/class/cdc-acm.c): both, RTS, DTR, none. */
const lineRequests = [
  {
    id: 'ft232r',
    requests: [
      '40 01 03 03 00 00 00 00',
      '40 01 02 03 00 00 00 00',
      '40 01 01 03 00 00 00 00',
      '40 01 00 03 00 00 00 00',
    ],
  },
  {
    id: 'cp2102',
    requests: [
      '41 07 03 03 00 00 00 00',
      '41 07 02 03 00 00 00 00',
      '41 07 01 03 00 00 00 00',
      '41 07 00 03 00 00 00 00',
    ],
  },
  {
    id: 'ch340', // active low
    requests: [
      '40 a4 9f ff 00 00 00 00',
      '40 a4 bf ff 00 00 00 00',
      '40 a4 df ff 00 00 00 00',
      '40 a4 ff ff 00 00 00 00',
    ],
  },
  {
    id: 'pl2303',
    requests: [
      '21 22 03 00 00 00 00 00',
      '21 22 02 00 00 00 00 00',
      '21 22 01 00 00 00 00 00',
      '21 22 00 00 00 00 00 00',
    ],
  },
  {
    id: 'cdc-acm',
    requests: [
      '21 22 03 00 00 00 00 00',
      '21 22 02 00 00 00 00 00',
      '21 22 01 00 00 00 00 00',
      '21 22 00 00 00 00 00 00',
    ],
  },
] as const;

test.each(lineRequests)('$id: one request moves RTS and DTR together', async ({ id, requests }) => {
  const { edges, request } = plugged(id);
  for (const setup of requests) expect(await request(setup)).not.toBe('stall');
  expect(edges).toEqual([both, rtsOnly, dtrOnly, none]);
});

test('FT232R and CP2102: a line outside the mask stays', async () => {
  for (const [id, setups] of [
    ['ft232r', ['40 01 03 03 00 00 00 00', '40 01 00 02 00 00 00 00']],
    ['cp2102', ['41 07 03 03 00 00 00 00', '41 07 00 02 00 00 00 00']],
  ] as const) {
    const { edges, request } = plugged(id);
    for (const setup of setups) await request(setup);
    expect(edges).toEqual([both, dtrOnly]);
  }
});

/** Requests that a driver sends for 115200 8N1, and for 8E1 (the same drivers). */
const formatRequests = [
  { id: 'ft232r', none: [['40 03 1a 00 00 00 00 00'], ['40 04 08 00 00 00 00 00']], even: ['40 04 08 02 00 00 00 00'] },
  {
    id: 'cp2102',
    none: [['41 1e 00 00 00 00 04 00', '00c20100'], ['41 03 00 08 00 00 00 00']],
    even: ['41 03 20 08 00 00 00 00'],
  },
  { id: 'ch340', none: [['40 9a 12 13 83 cc 00 00'], ['40 9a 18 25 c3 00 00 00']], even: ['40 9a 18 25 db 00 00 00'] },
  {
    id: 'pl2303',
    none: [['21 20 00 00 00 00 07 00', '00c20100000008']],
    even: ['21 20 00 00 00 00 07 00', '00c20100000208'],
  },
  {
    id: 'cdc-acm',
    none: [['21 20 00 00 00 00 07 00', '00c20100000008']],
    even: ['21 20 00 00 00 00 07 00', '00c20100000208'],
  },
] as const;

test.each(formatRequests)(
  '$id: bytes leave in the character format that the driver set',
  async ({ id, none, even }) => {
    const { adapter, clock, sent, request } = plugged(id);
    for (const [setup, data] of none) await request(setup, data);
    const out = adapterChips[id]!.bulkOut;
    await adapter.write(out, hex('7f'));
    await request(...(even as readonly [string, string?]));
    await adapter.write(out, hex('7f'));
    await sleep(clock, 1);
    expect(sent).toEqual([
      { bytes: '7f', format: { baudRate: 115_200, parity: 'none' } },
      { bytes: '7f', format: { baudRate: 115_200, parity: 'even' } },
    ]);
  },
);

/** 8 ms a packet of 64 bytes at 80 kbit/s, 10 bits a character. */
test.each([
  { id: 'ft232r', packet: 64, buffer: 128 },
  { id: 'cp2102', packet: 64, buffer: 640 },
  { id: 'ch340', packet: 32, buffer: 64 },
  { id: 'pl2303', packet: 64, buffer: 128 },
  { id: 'cdc-acm', packet: 64, buffer: 128 },
])(
  '$id: bytes leave at the rate of the line; the host waits for room in $buffer bytes',
  async ({ id, packet, buffer }) => {
    const { adapter, clock, sent } = plugged(id);
    adapter.setFormat({ baudRate: 80_000 });
    const packets = 16;
    const perPacket = (packet * 10) / 80;
    const written = adapter.write(adapterChips[id]!.bulkOut, new Uint8Array(packet * packets));
    await written;
    expect(clock.now()).toBeCloseTo((packets - buffer / packet) * perPacket, 6);
    await sleep(clock, packets * perPacket - clock.now() - 0.01);
    expect(sent).toHaveLength(packets - 1);
    await sleep(clock, 0.02);
    expect(sent).toHaveLength(packets);
  },
);

test('an adapter that is unplugged keeps what has not left its buffer', async () => {
  const { adapter, clock, sent } = plugged('cp2102');
  await adapter.write(1, new Uint8Array(128));
  adapter.detached();
  await sleep(clock, 1_000);
  expect(sent).toEqual([]);
});

test('divisors: FT232R 0x4138 and CH340 0xB282 are 9600 baud', async () => {
  for (const [id, setup] of [
    ['ft232r', '40 03 38 41 00 00 00 00'],
    ['ch340', '40 9a 12 13 82 b2 00 00'],
  ] as const) {
    const { adapter, request } = plugged(id);
    await request(setup);
    expect(adapter.format.baudRate).toBe(9600);
  }
});

/** What the drivers read while they probe and open (recorded from the Linux 6.1 drivers). */
test.each([
  { id: 'ft232r', setup: 'c0 0a 00 00 00 00 01 00', answer: '10' },
  { id: 'ft232r', setup: 'c0 90 00 00 0a 00 02 00', answer: 'ff ff' },
  { id: 'cp2102', setup: 'c0 ff 0b 37 00 00 01 00', answer: '02' },
  { id: 'cp2102', setup: 'c1 14 00 00 00 00 10 00', answer: '00 '.repeat(16).trim() },
  { id: 'ch340', setup: 'c0 5f 00 00 00 00 02 00', answer: '31 00' },
  { id: 'ch340', setup: 'c0 95 06 07 00 00 02 00', answer: 'ff ee' },
  { id: 'pl2303', setup: 'a1 21 00 00 00 00 07 00', answer: '80 25 00 00 00 00 08' },
])('$id answers $setup', async ({ id, setup, answer }) => {
  const reply = await plugged(id).request(setup);
  expect(reply === 'stall' ? reply : show(reply)).toBe(show(hex(answer.replaceAll(' ', ''))));
});

/** bmCapabilities is the last byte of the ACM descriptor, bit 2 the break (CDC PSTN 1.2 §5.3.2). */
test.each([
  { id: 'cdc-acm', capabilities: '06', answer: new Uint8Array(0) },
  { id: 'cdc-acm-no-break', capabilities: '02', answer: 'stall' },
])('$id: capabilities $capabilities, and SEND_BREAK accordingly', async ({ id, capabilities, answer }) => {
  const { adapter, request } = plugged(id);
  expect(Buffer.from(adapter.configurationDescriptor).toString('hex')).toContain(`042402${capabilities}`);
  expect(await request('21 23 00 00 00 00 00 00')).toEqual(answer);
});

describe('bytes from the target', () => {
  const never = new AbortController().signal;
  const format = { baudRate: 9600, parity: 'none' } as const;

  test('FT232R: two status bytes at each tick, also without data', async () => {
    const { adapter } = plugged('ft232r');
    expect(show(await adapter.read(1, 512, never))).toBe(show(hex('0160')));
  });

  test('FT232R: every packet of 64 bytes starts with them; a full one does not wait for the tick', async () => {
    const { adapter, clock, receive } = plugged('ft232r');
    receive('aa'.repeat(63), format);
    expect(show(await adapter.read(1, 64, never))).toBe(show(hex(`0160${'aa'.repeat(62)}`)));
    expect(clock.now()).toBe(0);
    receive('aa'.repeat(61), format);
    expect(show(await adapter.read(1, 512, never))).toBe(show(hex(`0160${'aa'.repeat(62)}0160`)));
    expect(clock.now()).toBe(16);
  });

  test('FT232R: a lone byte is kept for the 16 ms of its latency timer, or for what SET_LATENCY_TIMER asks', async () => {
    const { adapter, clock, request, receive, truth } = plugged('ft232r');
    const answer = async () => {
      const started = clock.now();
      const read = adapter.read(1, 512, new AbortController().signal);
      receive('79', format);
      expect(show(await read)).toBe('01 60 79');
      return clock.now() - started;
    };
    await request('40 03 38 41 00 00 00 00'); // 9600 baud; it was 8N1 from the start
    expect(await answer()).toBe(16);
    expect(show(await request('c0 0a 00 00 00 00 01 00'))).toBe('10');
    await request('40 09 01 00 00 00 00 00');
    expect(await answer()).toBe(1);
    expect(truth).toEqual([
      { what: 'latency-expired', latency: 16, bytes: 1 },
      { what: 'latency-set', latency: 1 },
      { what: 'latency-expired', latency: 1, bytes: 1 },
    ]);
  });

  test('CP2102: nothing is sent until there is something, then no more than was asked for', async () => {
    const { adapter, receive } = plugged('cp2102');
    const read = adapter.read(1, 2, never);
    receive('797979', format);
    expect(show(await read)).toBe(show(hex('7979')));
    expect(show(await adapter.read(1, 64, never))).toBe(show(hex('79')));
  });

  test('bytes in another format arrive as something else', async () => {
    const { adapter, receive } = plugged('cp2102');
    receive('79', { baudRate: 9600, parity: 'even' });
    expect(show(await adapter.read(1, 64, never))).not.toBe(show(hex('79')));
  });

  test('a transfer that the host takes back ends, and loses nothing', async () => {
    const { adapter, receive } = plugged('cp2102');
    const gone = new AbortController();
    const read = adapter.read(1, 64, gone.signal);
    gone.abort(new Error('unlinked'));
    await expect(read).rejects.toThrow('unlinked');
    receive('79', format);
    expect(show(await adapter.read(1, 64, never))).toBe(show(hex('79')));
  });
});

test('an adapter that is unplugged drives nothing: both lines released', async () => {
  const { adapter, edges, request } = plugged('ft232r');
  await request('40 01 03 03 00 00 00 00');
  adapter.detached();
  expect(edges).toEqual([both, none]);
});

test('a request that the chip does not know stalls', async () => {
  expect(await plugged('ft232r').request('40 55 00 00 00 00 00 00')).toBe('stall');
});
