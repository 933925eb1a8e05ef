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
import { PacedOutput, windowToHost } from '../guest/paced-output.ts';
import { agentCalls } from './calls.ts';
import { comeFirst } from './priority.ts';
import type { AgentMessage, HostMessage } from './protocol.ts';

const benchSocket = '/run/bootctl-bench.sock';
const channel = process.argv[2];
const answer = agentCalls(channel !== undefined);

function serve(
  input: Readable,
  send: (message: AgentMessage) => void,
  confirmed: (bytes: number) => void = () => {},
): Promise<void> {
  const lines = createInterface({ input });
  lines.on('line', (line) => {
    const message = JSON.parse(line) as HostMessage;
    if ('received' in message) {
      confirmed(message.received);
      return;
    }
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
const write = (bytes: Buffer): void => {
  for (let left = bytes; left.length > 0; ) left = left.subarray(writeSync(descriptor, left));
};
const output = new PacedOutput({ write }, channel === undefined ? Number.POSITIVE_INFINITY : windowToHost);
const send = (message: AgentMessage): void => output.write(encode(message));

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
await serve(input, send, (bytes) => output.received(bytes));
process.exit(0);
