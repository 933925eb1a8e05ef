import { expect } from 'vitest';
import { boardOf, expectFlashed } from './boards.ts';
import { type BootctlRun, bootctl } from './bootctl.ts';
import { oneBoard as twoLineBoard, job as twoLineJob } from './interrupted.ts';
import { bench, kernelTest, placeOf, run, setUp, writeGuestFile } from './kernel-test.ts';
import { idle, setUpOne } from './one-board.ts';
import { giveProfile, profileOf } from './profiles.ts';
import { twoLine } from './ways-in.ts';

/**
 * ser2net and the drivers are real. The guest's kernel has no Internet protocols: server and client meet at a local socket,
 * to which bootctl's connection is led. The bytes and their order are the same; the time of a network is not in it.
 */
const socket = '/tmp/ser2net.sock';
const port = ['--port', 'rfc2217://127.0.0.1:4000'];
const overSocket = { env: { NODE_OPTIONS: '--require /tmp/over-socket.cjs' } };
const led = `const net = require('node:net');
const { connect } = net;
net.connect = ({ host, port, ...rest }) => connect({ ...rest, path: '${socket}' });
`;

async function serve(tty: string): Promise<number> {
  const config = [
    'connection: &adapter',
    `  accepter: telnet(rfc2217),unix,${socket}`,
    // A lock in /var/lock cannot be had: the guest's root is read-only.
    `  connector: serialdev(nouucplock=true),${tty},115200n81,local,hangup-when-done`,
    '',
  ];
  await writeGuestFile('/tmp/ser2net.yaml', config.join('\n'));
  await writeGuestFile('/tmp/over-socket.cjs', led);
  await run(['rm', '-f', socket]);
  const server = await bench.call('start', { argv: ['ser2net', '-n', '-d', '-c', '/tmp/ser2net.yaml'] });
  // Its flag in /proc/net/unix says that it listens (SO_ACCEPTCON); the file is there earlier.
  await run(['sh', '-c', `until grep -q ' 00010000 .*${socket}$' /proc/net/unix; do sleep 0.1; done`], {
    timeout: 20_000,
  });
  return server;
}

async function endServer(process: number): Promise<void> {
  await bench.call('signal', { process, signal: 'SIGTERM' });
  await bench.call('wait', { process });
}

/** ser2net closes the port when the connection has ended, which is after the job: until then the lines may be anything. */
const expectIdle = () => expect.poll(() => bench.call('lines', 'adapter'), { timeout: 10_000 }).toEqual(idle);

const eventsOf = ({ lines }: BootctlRun, event: string) => lines.filter((line) => line.event === event);

kernelTest(
  'ser2net on an FT232R: RTS and DTR by RFC 2217 get in, the window is measured, the flash is proven',
  async () => {
    const { placed, tty } = await setUpOne();
    const server = await serve(tty);
    const ran = await bootctl([...placed, ...port], overSocket);
    expect(ran.result).toMatchObject({
      ok: true,
      method: 'rc-cap',
      bootloader: 'dfu',
      verified: true,
      application: 'seen',
    });
    const measured = eventsOf(ran, 'window.measured').at(-1) as unknown as { held: number; limit: number };
    expect(measured.held).toBeLessThan(measured.limit);
    expect(eventsOf(ran, 'note').map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^a move of RTS and DTR takes \d+\.\d ms over the network$/),
    );
    await expectFlashed('board');
    await expectIdle();
    await endServer(server);
  },
);

kernelTest(
  'killed while NRST is low: ser2net closes its port, and with hangup-when-done both lines are released',
  async () => {
    // On two-line, whose reset has no hold window that a busy machine could miss.
    const { board, adapter } = await setUp(twoLineBoard());
    const placed = [...twoLineJob, ...placeOf(board)];
    const tty = adapter!.tty!;
    const server = await serve(tty);
    const killed = await bootctl([...placed, ...port], {
      ...overSocket,
      signalAt: { text: '"nrst":0', signal: 'SIGKILL' },
    });
    expect(killed.signal).toBe('SIGKILL');
    await expectIdle();
    const again = await bootctl([...placed, ...port], overSocket);
    expect(again.result).toMatchObject({ ok: true, verified: true });
    await endServer(server);
  },
);

kernelTest("the ROM's USART behind ser2net, at the even parity that RFC 2217 has asked for", async () => {
  const usart = 'usart: { connected: true, fastestBaudRate: 115200 }\nusb: { connected: false }';
  const profile = twoLine('behind-ser2net', ['methods:', `${usart}\nmethods:`]);
  const { adapter } = await setUp({
    boards: [boardOf('target', profileOf(profile), { rom: { usb: false } })],
    adapters: [{ name: 'adapter', chip: 'ft232r', board: 'target' }],
  });
  const server = await serve(adapter!.tty!);
  const argv = ['read', '/tmp/behind.bin', '--address', '0x08000000', '--length', '4096'];
  const ran = await bootctl([...argv, '--profile', await giveProfile(profile), ...port], overSocket);
  expect(ran.result).toMatchObject({ ok: true, method: 'lines', bootloader: 'usart' });
  const truth = await bench.call('truth', null);
  const rates = truth.flatMap((event) => (event.what === 'usart-measured' ? [event.baudRate] : []));
  // Twice, because the second of the two reads has an entry of its own.
  expect(rates).toEqual([115_200, 115_200]);
  await expectIdle();
  await endServer(server);
});
