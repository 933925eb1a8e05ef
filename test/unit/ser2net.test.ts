import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SerialLink } from '../../src/bench/serial-link.ts';
import { withNetworkPorts } from '../../src/host/network/network-ports.ts';
import { openPty, type Pty, ptyPossible } from '../helpers/pty.ts';

/** Debian: package ser2net, from version 4 on with YAML. Its folder is not on the path of every user. */
const program = ['ser2net', '/usr/sbin/ser2net'].find((name) =>
  /version 4/.test(spawnSync(name, ['-v']).stdout?.toString() ?? ''),
);
const missing = program === undefined ? 'ser2net 4 is not installed' : ptyPossible ? '' : 'pseudo-terminals are Linux';

const format = { baudRate: 115_200, parity: 'none' } as const;
const even = { baudRate: 115_200, parity: 'even' } as const;
const idle = { rts: 'released', dtr: 'released' } as const;
const ports = withNetworkPorts({
  list: async () => [],
  open: async (path) => {
    throw new Error(`${path} is not of the network`);
  },
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Until a TCP port takes connections. */
const listening = (port: number) =>
  vi.waitFor(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.destroy();
          resolve();
        }).on('error', reject);
      }),
    { timeout: 10_000, interval: 100 },
  );

async function received(link: SerialLink, count: number): Promise<string> {
  const all: number[] = [];
  while (all.length < count) {
    const bytes = await link.receive(3_000);
    if (bytes.length === 0) break;
    all.push(...bytes);
  }
  return Buffer.from(all).toString('hex');
}

/** What a far end has taken, until there is enough. */
const taken = async (pty: Pty, count: number): Promise<string> => {
  let all = Buffer.alloc(0);
  await vi.waitFor(() => {
    all = Buffer.concat([all, pty.taken()]);
    expect(all.length).toBeGreaterThanOrEqual(count);
  }, 3_000);
  return all.toString('hex');
};

describe.skipIf(missing !== '')(
  `a real ser2net in front of a pseudo-terminal${missing && ` (skipped: ${missing})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'bootctl-ser2net-'));
    const tcp = { control: 0, raw: 0, plain: 0 };
    let ptys: Record<keyof typeof tcp, Pty>;
    let server: ChildProcess;
    let log = '';

    beforeAll(async () => {
      ptys = { control: await openPty(), raw: await openPty(), plain: await openPty() };
      for (const name of ['control', 'raw', 'plain'] as const) tcp[name] = await freePort();
      const connection = (accepter: string, name: keyof typeof tcp) =>
        [
          `connection: &${name}`,
          `  accepter: ${accepter},tcp,127.0.0.1,${tcp[name]}`,
          `  connector: serialdev,${ptys[name].path},115200n81,local`,
        ].join('\n');
      const config = [
        connection('telnet(rfc2217)', 'control'),
        connection('', 'raw').replace(': ,', ': '),
        connection('telnet', 'plain'),
        '',
      ].join('\n');
      writeFileSync(join(folder, 'ser2net.yaml'), config);
      server = spawn(program!, ['-n', '-d', '-c', join(folder, 'ser2net.yaml')]);
      server.stderr?.on('data', (text) => {
        log += text;
      });
      await listening(tcp.raw);
    }, 30_000);

    afterAll(async () => {
      server?.kill();
      for (const pty of Object.values(ptys ?? {})) pty[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    });

    test('rfc2217: baud rate and parity are confirmed, and all bytes pass, 255 and CR included', async () => {
      const link = await ports.open(`rfc2217://127.0.0.1:${tcp.control}`, format);
      await link.configure(even);
      await link.configure({ baudRate: 57_600, parity: 'even' });
      const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
      await link.write(bytes);
      expect(await taken(ptys.control, 256)).toBe(Buffer.from(bytes).toString('hex'));
      ptys.control.send(bytes);
      expect(await received(link, 256), log).toBe(Buffer.from(bytes).toString('hex'));
      ptys.control.send(Buffer.from('old'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      await link.drainInput();
      ptys.control.send(Buffer.from('new'));
      expect(Buffer.from(await received(link, 3), 'hex').toString()).toBe('new');
      await link[Symbol.asyncDispose]();
    });

    test('a pseudo-terminal has no lines: ser2net answers nothing to SET-CONTROL, and that is told', async () => {
      const link = await ports.open(`rfc2217://127.0.0.1:${tcp.control}`, format);
      await expect(link.setLines(idle)).rejects.toMatchObject({
        code: 'adapter-lines-unsupported',
        message: expect.stringMatching(/did not confirm DTR released, RTS released within 2000 ms/),
        hint: expect.stringMatching(/pseudo-terminal/),
      });
      await link.write(Uint8Array.of(0x7f));
      expect(await taken(ptys.control, 1)).toBe('7f');
      await link[Symbol.asyncDispose]();
    });

    test('a second client is told that the port is taken, and by whose word; afterwards it is free', async () => {
      const path = `rfc2217://127.0.0.1:${tcp.control}`;
      const first = await ports.open(path, format);
      await expect(ports.open(path, format)).rejects.toMatchObject({
        code: 'adapter-busy',
        message: expect.stringMatching(/hung up: ".*in use.*"/i),
      });
      await first[Symbol.asyncDispose]();
      const again = await ports.open(path, format);
      await again[Symbol.asyncDispose]();
    });

    test('telnet without RFC 2217 is refused by the server, and told', async () => {
      await expect(ports.open(`rfc2217://127.0.0.1:${tcp.plain}`, format)).rejects.toMatchObject({
        code: 'adapter-failed',
        message: expect.stringMatching(/refuses RFC 2217/),
        hint: expect.stringMatching(/telnet\(rfc2217\)/),
      });
    });

    test('a raw port answers no telnet; as socket:// it passes all bytes', async () => {
      await expect(ports.open(`rfc2217://127.0.0.1:${tcp.raw}`, format)).rejects.toMatchObject({
        code: 'adapter-failed',
        message: expect.stringMatching(/has not answered to RFC 2217/),
      });
      ptys.raw.taken();
      const link = await vi.waitFor(() => ports.open(`socket://127.0.0.1:${tcp.raw}`, format));
      const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
      await link.write(bytes);
      expect(await taken(ptys.raw, 256)).toBe(Buffer.from(bytes).toString('hex'));
      ptys.raw.send(bytes);
      expect(await received(link, 256)).toBe(Buffer.from(bytes).toString('hex'));
      await link[Symbol.asyncDispose]();
    });

    test('ser2net ends: adapter-lost', async () => {
      const link = await ports.open(`rfc2217://127.0.0.1:${tcp.control}`, format);
      const waiting = link.receive(60_000);
      server.kill('SIGKILL');
      await expect(waiting).rejects.toMatchObject({ code: 'adapter-lost' });
      await link[Symbol.asyncDispose]();
    });
  },
);
