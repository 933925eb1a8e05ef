/**
 * The agent: owns the vhci controller with everything plugged into it and runs commands for the host.
 * Argument: the character device of the control channel; without it the channel is stdin and stdout.
 * Local scripts reach it at `benchSocket` with the same messages.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, openSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { agentCalls } from './calls.ts';
import { comeFirst } from './priority.ts';
import type { AgentMessage, CallMessage } from './protocol.ts';

const benchSocket = '/run/bootctl-bench.sock';
const channel = process.argv[2];
const answer = agentCalls(channel !== undefined);

function serve(input: Readable, send: (message: AgentMessage) => void): Promise<void> {
  const lines = createInterface({ input });
  lines.on('line', (line) => {
    const message = JSON.parse(line) as CallMessage;
    answer(message).then(
      (result) => send({ id: message.id, result }),
      (error: unknown) => send({ id: message.id, error: String(error instanceof Error ? error.stack : error) }),
    );
  });
  return new Promise((resolve) => lines.once('close', resolve));
}

const encode = (message: AgentMessage): string => `${JSON.stringify(message)}\n`;
const descriptor = channel === undefined ? 1 : openSync(channel, 'r+');
const input = channel === undefined ? process.stdin : createReadStream('', { fd: descriptor, autoClose: false });
const send = (message: AgentMessage): void => {
  for (let bytes = Buffer.from(encode(message)); bytes.length > 0; ) {
    bytes = bytes.subarray(writeSync(descriptor, bytes));
  }
};

rmSync(benchSocket, { force: true });
createServer((socket) => void serve(socket, (message) => socket.write(encode(message)))).listen(benchSocket);
if (channel !== undefined) {
  comeFirst();
  let received = 0;
  input.on('data', (bytes: Buffer) => {
    received += bytes.length;
    send({ received });
  });
}
send({ ready: true, kernel: execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim() });
await serve(input, send);
process.exit(0);
