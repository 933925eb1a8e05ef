import { createServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import type { SerialLink } from '../../src/bench/serial-link.ts';
import { explainConnecting } from '../../src/host/network/connection.ts';
import { withNetworkPorts } from '../../src/host/network/network-ports.ts';
import { rfc2217Server, type ServerManner } from '../helpers/rfc2217-server.ts';

const format = { baudRate: 115_200, parity: 'none' } as const;
const even = { baudRate: 115_200, parity: 'even' } as const;
const hold = { rts: 'asserted', dtr: 'released' } as const;
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const ports = withNetworkPorts({
  list: async () => [],
  open: async (path) => {
    throw new Error(`${path} is not of the network`);
  },
});

async function linkTo(manner: ServerManner = {}, scheme = 'rfc2217') {
  const server = await rfc2217Server(manner);
  const link = await ports.open(server.url(scheme), format);
  server.segments.length = 0;
  return { server, link };
}

/** Until `count` bytes have come. */
async function received(link: SerialLink, count: number): Promise<string> {
  let all = '';
  while (all.length < 2 * count) {
    const bytes = await link.receive(2_000);
    if (bytes.length === 0) break;
    all += text(bytes);
  }
  return all;
}

describe('rfc2217://, byte by byte as RFC 2217 §2 and §3 have it', () => {
  test('asks for the option, then for the whole format in one segment', async () => {
    await using server = await rfc2217Server();
    await using _ = await ports.open(server.url('rfc2217'), format);
    const sent = server.segments.join('');
    expect(sent.slice(0, 6)).toBe('fffb2c'); // IAC WILL COM-PORT-OPTION
    // SET-BAUDRATE 1: 0x0001c200; SET-DATASIZE 2: 8; SET-PARITY 3: NONE 1; SET-STOPSIZE 4: 1 bit 1
    expect(sent).toContain('fffa2c010001c200fff0fffa2c0208fff0fffa2c0301fff0fffa2c0401fff0');
  });

  test('8E1, both lines in one segment, data with 255 twice, PURGE-DATA of what the server has received', async () => {
    const { server, link } = await linkTo();
    await using _server = server;
    await using _link = link;
    await link.configure(even);
    expect(server.segments.splice(0)).toEqual(['fffa2c010001c200fff0fffa2c0208fff0fffa2c0303fff0fffa2c0401fff0']);
    await link.setLines(hold);
    await link.setLines({ rts: 'released', dtr: 'asserted' });
    // SET-CONTROL 5: DTR off 9 and RTS on 11; DTR on 8 and RTS off 12
    expect(server.segments.splice(0)).toEqual(['fffa2c0509fff0fffa2c050bfff0', 'fffa2c0508fff0fffa2c050cfff0']);
    await link.write(hex('7f ff 00'));
    await link.drainInput();
    expect(server.segments.join('')).toBe('7fffff00fffa2c0c01fff0');
  });

  test.each([{}, { splits: true }, { delay: 20 }])('receives what the port sends, 255 included: %o', async (manner) => {
    const data: string[] = [];
    const { server, link } = await linkTo({ ...manner, onData: (bytes) => data.push(text(bytes)) });
    await using _server = server;
    await using _link = link;
    server.send(hex('79 ff ff 0d 00 1f'));
    expect(await received(link, 6)).toBe('79ffff0d001f');
    await link.write(hex('ff ff 0d'));
    await link.setLines(hold);
    expect(data.join('')).toBe('ffff0d');
  });

  test('input from before is gone after drainInput, also what the server had held back', async () => {
    const { server, link } = await linkTo({ delay: 30 });
    await using _server = server;
    await using _link = link;
    server.send(hex('01 02'));
    const drained = link.drainInput();
    server.send(hex('03'));
    await drained;
    server.send(hex('79'));
    expect(await received(link, 1)).toBe('79');
  });

  test('what the server tells unasked is no answer and no data', async () => {
    const { server, link } = await linkTo();
    await using _server = server;
    await using _link = link;
    // NOTIFY-LINESTATE 106, NOTIFY-MODEMSTATE 107, an answer to nothing, another option, NOP
    server.raw('fffa2c6a01fff0 fffa2c6bb0fff0 fffa2c6908fff0 fffa1801fff0 fff1 41');
    expect(await received(link, 1)).toBe('41');
    await link.setLines(hold);
  });

  test('an abort ends a wait at once; a wait without input ends with nothing', async () => {
    const { server, link } = await linkTo();
    await using _server = server;
    await using _link = link;
    expect(await link.receive(20)).toEqual(new Uint8Array(0));
    const abort = new AbortController();
    const waiting = link.receive(60_000, abort.signal);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test('the median of several round trips is the delay, and no line moves for it', async () => {
    const moves: string[] = [];
    const { server, link } = await linkTo({ delay: 15, onLine: (line, on) => void moves.push(`${line} ${on}`) });
    await using _server = server;
    await using _link = link;
    expect(await link.measureDelay?.()).toBeUndefined();
    await link.setLines({ rts: 'released', dtr: 'released' });
    expect(await link.measureDelay?.()).toBeGreaterThan(28); // two commands, 15 ms each
    expect(new Set(moves)).toEqual(new Set(['dtr false', 'rts false']));
  });
});

describe('a server that does something else is told', () => {
  test.each<[string, ServerManner, RegExp]>([
    [
      'another baud rate',
      { answers: { 1: [0, 0, 0x25, 0x80] } },
      /asked for 115200 baud, 8 data bits, parity even, 1 stop bit; it has 9600 baud instead/,
    ],
    ['odd parity', { answers: { 3: [2] } }, /it has parity odd instead/],
    ['7 data bits', { answers: { 2: [7] } }, /it has 7 data bits instead/],
    ['2 stop bits', { answers: { 4: [2] } }, /it has SET-STOPSIZE 2 instead/],
    ['a rate of one byte', { answers: { 1: [14] } }, /it has a baud rate in 1 bytes instead/],
    ['nothing to the parity', { answers: { 3: null } }, /it did not confirm parity even within 2000 ms/],
  ])('%s', async (_, manner, message) => {
    await using server = await rfc2217Server(manner);
    const opening = ports.open(server.url('rfc2217'), even);
    await expect(opening).rejects.toMatchObject({
      code: 'adapter-format-unsupported',
      message: expect.stringMatching(message),
    });
    await server.clientGone;
  });

  test('no parity: the port is used, as one whose driver has left it out, and says so', async () => {
    const { server, link } = await linkTo({ answers: { 3: [1] } });
    await using _server = server;
    await using _link = link;
    expect(link.lacksParity).toBe(false);
    await link.configure(even);
    expect(link.lacksParity).toBe(true);
    await link.configure(format);
    expect(link.lacksParity).toBe(false);
  });

  test('a rate that the clock of the adapter makes of it is that rate', async () => {
    // FT232R: 3 MHz / 26 = 115384 (0x0001c2b8)
    await using server = await rfc2217Server({ answers: { 1: [0x00, 0x01, 0xc2, 0xb8] } });
    await using link = await ports.open(server.url('rfc2217'), format);
    expect(link.path).toBe(server.url('rfc2217'));
  });

  test.each<[string, readonly number[] | null, RegExp]>([
    [
      'no answer, as ser2net gives for a pseudo-terminal',
      null,
      /did not confirm DTR released, RTS asserted within 2000 ms/,
    ],
    ['the other state', [8], /did not confirm RTS asserted/],
    ['1 to everything, as sredird does', [1], /did not confirm DTR released, RTS asserted/],
  ])('lines: %s', async (_, answer, message) => {
    const { server, link } = await linkTo({ answers: { 5: answer } });
    await using _server = server;
    await using _link = link;
    await expect(link.setLines(hold)).rejects.toMatchObject({
      code: 'adapter-lines-unsupported',
      message: expect.stringMatching(message),
    });
    expect(await link.receive(10)).toEqual(new Uint8Array(0)); // it goes on without them
  });

  test('a server that does not answer PURGE-DATA is asked once', async () => {
    const { server, link } = await linkTo({ answers: { 12: null } });
    await using _server = server;
    await using _link = link;
    await link.drainInput();
    const started = performance.now();
    await link.drainInput();
    expect(performance.now() - started).toBeLessThan(500);
  });

  test.each<[string, ServerManner, object]>([
    [
      'refuses RFC 2217',
      { comPort: 'refused' },
      {
        code: 'adapter-failed',
        message: expect.stringMatching(/refuses RFC 2217/),
        hint: expect.stringContaining('socket://HOST:PORT'),
      },
    ],
    [
      'does not know telnet',
      { comPort: 'not answered' },
      { code: 'adapter-failed', message: expect.stringMatching(/has not answered to RFC 2217 within 2000 ms/) },
    ],
    [
      'is taken',
      { greeting: 'Port already in use\r\n' },
      { code: 'adapter-busy', message: expect.stringMatching(/hung up: "Port already in use"/) },
    ],
    [
      'hangs up with other words',
      { greeting: 'Access denied\r\n' },
      { code: 'adapter-failed', message: expect.stringMatching(/hung up: "Access denied"/) },
    ],
    [
      'hangs up',
      { greeting: '' },
      { code: 'adapter-lost', message: expect.stringMatching(/the server closed the connection/) },
    ],
  ])('%s', async (_, manner, error) => {
    await using server = await rfc2217Server(manner);
    await expect(ports.open(server.url('rfc2217'), format)).rejects.toMatchObject(error);
    await server.clientGone;
  });
});

describe('no connection', () => {
  test('nobody listens', async () => {
    const unused = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => unused.once('listening', resolve));
    const { port } = unused.address() as { port: number };
    await new Promise((resolve) => unused.close(resolve));
    await expect(ports.open(`socket://127.0.0.1:${port}`, format)).rejects.toMatchObject({
      code: 'adapter-missing',
      message: expect.stringMatching(/127\.0\.0\.1:\d+: nothing listens there \(ECONNREFUSED\)/),
      hint: expect.stringContaining('ser2net'),
    });
  });

  test('the host is unknown', async () => {
    // `invalid` is no name of any host (RFC 6761 §6.4)
    await expect(ports.open('rfc2217://lab.invalid:4000', format)).rejects.toMatchObject({
      code: 'adapter-missing',
      message: expect.stringMatching(/the host is unknown|not resolved/),
    });
  });

  test.each([
    ['ETIMEDOUT', 'adapter-missing', /no answer \(ETIMEDOUT\)/],
    ['EHOSTUNREACH', 'adapter-missing', /no route leads there/],
    ['EACCES', 'adapter-failed', /did not open: EACCES/],
  ])('%s', (cause, code, message) => {
    const error = explainConnecting('rfc2217://lab:4000', cause);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(error.hint).toMatch(/\w\.$/);
  });
});

describe('the server goes in the middle', () => {
  test.each(['rfc2217', 'socket'])('%s: each call is adapter-lost, also one that waits', async (scheme) => {
    const { server, link } = await linkTo({}, scheme);
    await using _ = server;
    const waiting = link.receive(60_000);
    server.drop();
    await expect(waiting).rejects.toMatchObject({
      code: 'adapter-lost',
      message: expect.stringMatching(/ECONNRESET|closed/),
    });
    for (const call of [
      link.setLines(hold),
      link.configure(even),
      link.write(hex('7f')),
      link.receive(0),
      link.drainInput(),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'adapter-lost' });
    }
    await link[Symbol.asyncDispose]();
    await link[Symbol.asyncDispose]();
  });

  test('bytes that came before are still received', async () => {
    const { server, link } = await linkTo({}, 'socket');
    await using _ = server;
    server.raw('1f');
    await vi.waitFor(() => expect(link.receive(0)).resolves.toEqual(hex('1f')));
    server.raw('79');
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.drop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(text(await link.receive(0))).toBe('79');
    await expect(link.receive(0)).rejects.toMatchObject({ code: 'adapter-lost' });
  });

  test('a server that is silent without a farewell is found out beside a silent target', async () => {
    const manner: { answers?: Record<number, null> } = {};
    const { server, link } = await linkTo(manner);
    await using _ = server;
    manner.answers = { 5: null };
    expect(await link.receive(10)).toEqual(new Uint8Array(0));
    await expect(link.receive(10_000)).rejects.toMatchObject({
      code: 'adapter-lost',
      message: expect.stringMatching(/has not answered for 2000 ms/),
    });
  });
});

describe('socket://', () => {
  test('a port that is taken: the words of the server', async () => {
    await using server = await rfc2217Server({ greeting: 'Port already in use\r\n' });
    const link = await ports.open(server.url('socket'), format);
    await expect(
      vi.waitFor(() =>
        link.configure(even).then(
          () => Promise.reject(),
          (error) => Promise.resolve(error),
        ),
      ),
    ).resolves.toMatchObject({
      code: 'adapter-busy',
      message: expect.stringMatching(/hung up: "Port already in use"/),
    });
    await link[Symbol.asyncDispose]();
  });

  test('bytes as they are, and no lines', async () => {
    const { server, link } = await linkTo({}, 'socket');
    await using _server = server;
    await using _link = link;
    await link.configure(even);
    await link.write(hex('7f ff fb 2c'));
    server.raw('79 ff ff');
    expect(await received(link, 3)).toBe('79ffff');
    await vi.waitFor(() => expect(server.segments.join('')).toBe('7ffffb2c'));
    expect(link.hasFixedFormat).toBe(true);
    await expect(link.setLines(hold)).rejects.toMatchObject({
      code: 'adapter-lines-unsupported',
      hint: expect.stringContaining('rfc2217://'),
    });
    server.raw('01');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await link.drainInput();
    expect(await link.receive(10)).toEqual(new Uint8Array(0));
  });

  test('closing lets the server go', async () => {
    const { server, link } = await linkTo({}, 'socket');
    await using _ = server;
    await link[Symbol.asyncDispose]();
    await server.clientGone;
    await expect(link.write(hex('7f'))).rejects.toMatchObject({ code: 'adapter-lost' });
  });
});
