import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';
import type { AgentMessage, CallMessage } from './agent/protocol.ts';
import type { AgentClient } from './guest/client.ts';
import { type ClockReading, readClocks } from './guest/clocks.ts';
import { compileAgent, openKernelBench } from './guest/guest.ts';
import { Missing } from './guest/provision.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the bench is to be reached, or why there is none. */
    kernelBench:
      | { readonly socket: string; readonly isGuest: boolean; readonly booted: ClockReading }
      | { readonly missing: string };
  }
}

let close: () => Promise<void> = async () => {};

/** Boots once for all files; each file reaches the bench over a socket of this process. */
export async function setup(project: TestProject): Promise<void> {
  compileAgent();
  try {
    const bench = await openKernelBench();
    const folder = mkdtempSync(join(tmpdir(), 'bootctl-kernel-'));
    const path = join(folder, 'bench.sock');
    const server = await share(bench.client, path);
    process.stderr.write(`kernel bench: ${bench.where}\n`);
    project.provide('kernelBench', { socket: path, isGuest: bench.isGuest, booted: await readClocks(bench.client) });
    close = async () => {
      server.close();
      rmSync(folder, { recursive: true });
      await bench[Symbol.asyncDispose]();
    };
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    if ((process.env.BOOTCTL_REQUIRE ?? '').split(',').includes('kernel')) throw error;
    process.stderr.write(`kernel bench: not run, because ${error.message}\n`);
    project.provide('kernelBench', { missing: error.message });
  }
}

export const teardown = (): Promise<void> => close();

function share(client: AgentClient, path: string): Promise<Server> {
  const server = createServer((socket) => {
    const send = (message: AgentMessage) => socket.write(`${JSON.stringify(message)}\n`);
    socket.on('error', () => {});
    createInterface({ input: socket }).on('line', (line) => {
      const { id, call, argument } = JSON.parse(line) as CallMessage;
      client.call(call, argument as never).then(
        (result) => send({ id, result }),
        (error: unknown) => send({ id, error: String(error instanceof Error ? error.message : error) }),
      );
    });
  });
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}
