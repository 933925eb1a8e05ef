import { describe, expect, test } from 'vitest';
import type { SerialLink } from '../../src/bench/serial-link.ts';
import { nodeSerialPorts } from '../../src/host/serial/node-serial.ts';
import { openPty, ptyPossible } from '../helpers/pty.ts';

const format = { baudRate: 115_200, parity: 'none' } as const;
const asserted = { rts: 'asserted', dtr: 'released' } as const;
const bytes = (...values: readonly number[]) => Uint8Array.from(values);

/** A pty is a tty without modem lines; everything else of a port is real here, the driver of serialport included. */
describe.skipIf(!ptyPossible)('a port that is a pseudo-terminal (made with Linux ioctls)', () => {
  const openLink = async () => {
    const pty = await openPty();
    return { pty, link: await nodeSerialPorts().open(pty.path, format) };
  };

  test('lines that the driver cannot move are adapter-lines-unsupported, each time', async () => {
    const { pty, link } = await openLink();
    for (const _ of [1, 2]) {
      await expect(link.setLines(asserted)).rejects.toMatchObject({ code: 'adapter-lines-unsupported' });
    }
    await link[Symbol.asyncDispose]();
    pty[Symbol.dispose]();
  });

  test('a second opening is adapter-busy and names this process', async () => {
    const { pty, link } = await openLink();
    await expect(nodeSerialPorts().open(pty.path, format)).rejects.toMatchObject({
      code: 'adapter-busy',
      message: `${pty.path} is in use by this process`,
    });
    await link[Symbol.asyncDispose]();
    pty[Symbol.dispose]();
  });

  test('after the far end has gone every call is adapter-lost, and disposing twice ends', async () => {
    const { pty, link } = await openLink();
    const waiting = link.receive(60_000);
    pty[Symbol.dispose]();
    await expect(waiting).rejects.toMatchObject({ code: 'adapter-lost' });
    await expect(link.setLines(asserted)).rejects.toMatchObject({ code: 'adapter-lost' });
    await expect(link.write(bytes(1))).rejects.toMatchObject({ code: 'adapter-lost' });
    await expect(link.receive(0)).rejects.toMatchObject({ code: 'adapter-lost' });
    await expect(link.drainInput()).rejects.toMatchObject({ code: 'adapter-lost' });
    await link[Symbol.asyncDispose]();
    await link[Symbol.asyncDispose]();
  });

  test.each([
    ['write', (link: SerialLink) => link.write(bytes(1))],
    ['setLines', (link: SerialLink) => link.setLines(asserted)],
  ] as const)('an unplug is noticed by %s alone', async (_name, use) => {
    const { pty, link } = await openLink();
    pty[Symbol.dispose]();
    await expect(use(link)).rejects.toMatchObject({ code: 'adapter-lost' });
  });

  test('bytes go both ways, and none are lost between two reads', async () => {
    const { pty, link } = await openLink();
    await link.write(bytes(0x7f, 0x0d, 0x11, 0x00));
    expect(pty.taken()).toEqual(Buffer.from([0x7f, 0x0d, 0x11, 0x00])); // raw: no CR, XON or NUL handling
    expect(await link.receive(0)).toEqual(bytes());
    pty.send(bytes(1, 2));
    expect(await link.receive(60_000)).toEqual(bytes(1, 2));
    pty.send(bytes(3));
    pty.send(bytes(4));
    const first = await link.receive(60_000);
    // The kernel may still be handing over the second one.
    const both = first.length === 2 ? first : [...first, ...(await link.receive(60_000))];
    expect([...both]).toEqual([3, 4]);
    await link[Symbol.asyncDispose]();
    pty[Symbol.dispose]();
  });

  test('more than the kernel takes at once is written whole and in order', async () => {
    const { pty, link } = await openLink();
    const all = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) & 0xff));
    let isWritten = false;
    const written = link.write(all).then(() => {
      isWritten = true;
    });
    const taken: Buffer[] = [];
    while (!isWritten || Buffer.concat(taken).length < all.length) {
      taken.push(pty.taken());
      await new Promise((resolve) => setImmediate(resolve));
    }
    await written;
    expect(Buffer.compare(Buffer.concat(taken), all)).toBe(0);
    await link[Symbol.asyncDispose]();
    pty[Symbol.dispose]();
  });

  test('a wait ends with nothing after its timeout, with the reason when aborted, and reading goes on', async () => {
    const { pty, link } = await openLink();
    expect(await link.receive(5)).toEqual(bytes());
    const aborted = AbortSignal.abort('enough');
    await expect(link.receive(60_000, aborted)).rejects.toBe('enough');
    const controller = new AbortController();
    const waiting = link.receive(60_000, controller.signal);
    setImmediate(() => controller.abort('later'));
    await expect(waiting).rejects.toBe('later');
    pty.send(bytes(9));
    expect(await link.receive(60_000)).toEqual(bytes(9));
    await link[Symbol.asyncDispose]();
    pty[Symbol.dispose]();
  });

  test('drainInput discards what nobody has read, and only that', async () => {
    const { pty, link } = await openLink();
    pty.send(new TextEncoder().encode('boot banner\r\n'));
    await link.drainInput();
    expect(await link.receive(0)).toEqual(bytes());
    await link.write(bytes(5));
    await link.drainInput();
    expect(pty.taken()).toEqual(Buffer.from([5]));
    await link[Symbol.asyncDispose]();
    pty[Symbol.dispose]();
  });

  test('the character format changes without closing the port', async () => {
    const { pty, link } = await openLink();
    await link.configure({ baudRate: 57_600, parity: 'even' });
    await link.write(bytes(6));
    expect(pty.taken()).toEqual(Buffer.from([6]));
    await link[Symbol.asyncDispose]();
    pty[Symbol.dispose]();
  });

  test('a disposed link takes no more calls and leaves the port to others', async () => {
    const { pty, link } = await openLink();
    const waiting = expect(link.receive(60_000)).rejects.toMatchObject({ code: 'adapter-lost' });
    await link[Symbol.asyncDispose]();
    await waiting;
    await expect(link.write(bytes(1))).rejects.toThrow(`${pty.path} is closed`);
    const again = await nodeSerialPorts().open(pty.path, format);
    await again[Symbol.asyncDispose]();
    pty[Symbol.dispose]();
  });
});

test('a path without a port is adapter-missing, a file that is no port says so', async () => {
  await expect(nodeSerialPorts().open('/dev/ttyUSB-none', format)).rejects.toMatchObject({
    code: 'adapter-missing',
    message: expect.stringContaining('There is no port /dev/ttyUSB-none'),
  });
});

test.skipIf(process.platform !== 'linux')('a file that is not a serial port is refused as such', async () => {
  await expect(nodeSerialPorts().open('/dev/null', format)).rejects.toMatchObject({
    code: 'adapter-failed',
    hint: '/dev/null is not a serial port; `bootctl list` shows them.',
  });
});
