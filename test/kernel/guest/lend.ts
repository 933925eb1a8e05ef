import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AgentMessage, CallMessage } from '../agent/protocol.ts';
import type { ClockReading } from './clocks.ts';
import type { KernelBench } from './guest.ts';

/** A bench, and both clocks as they were when it came up. */
export interface LentBench {
  readonly bench: KernelBench;
  readonly booted: ClockReading;
}

export interface Lender extends AsyncDisposable {
  /** Path of a local socket. Whoever connects has a bench of its own from the message `ready` on, until it disconnects. */
  readonly socket: string;
}

/** Lends benches, each to one at a time; they are opened when the first is asked for. */
export async function lendBenches(open: () => Promise<readonly LentBench[]>): Promise<Lender> {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-kernel-'));
  const socket = join(folder, 'bench.sock');
  const borrowers: Socket[] = [];
  const free: LentBench[] = [];
  let opened: Promise<readonly LentBench[]> | undefined;
  const openAll = () => {
    opened ??= open().then((benches) => {
      free.push(...benches);
      for (const { bench } of benches) bench.pause();
      return benches;
    });
    return opened;
  };
  const handOut = () => {
    while (free.length > 0 && borrowers.length > 0) {
      const one = free.shift()!;
      const borrower = borrowers.shift()!;
      one.bench.resume();
      borrower.once('close', () => {
        one.bench.pause();
        free.push(one);
        handOut();
      });
      connect(borrower, one);
    }
  };
  const server = createServer((borrower) => {
    borrower.on('error', () => {});
    borrowers.push(borrower);
    openAll().then(handOut, (error: unknown) => borrower.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    async [Symbol.asyncDispose]() {
      server.close();
      rmSync(folder, { recursive: true });
      const benches = await opened?.catch(() => []);
      for (const { bench } of benches ?? []) await bench[Symbol.asyncDispose]();
    },
  };
}

function connect(borrower: Socket, { bench: { client, kernel }, booted }: LentBench): void {
  const send = (message: AgentMessage) => borrower.write(`${JSON.stringify(message)}\n`);
  createInterface({ input: borrower }).on('line', (line) => {
    const { id, call, argument } = JSON.parse(line) as CallMessage;
    client.call(call, argument as never).then(
      (result) => send({ id, result }),
      (error: unknown) => send({ id, error: String(error instanceof Error ? error.message : error) }),
    );
  });
  send({ ready: true, kernel, booted });
}
