import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { AgentClient } from '../kernel/guest/client.ts';
import { PacedOutput, windowToAgent, windowToHost } from '../kernel/guest/paced-output.ts';

/** Unread bytes at which n_tty throttles a tty: N_TTY_BUF_SIZE - TTY_THRESHOLD_THROTTLE (Linux, drivers/tty/n_tty.c). */
const throttled = 4096 - 128;

test('what is under way to a guest stays below what throttles its tty, and everything arrives in order', () => {
  const channel = new PassThrough({ highWaterMark: 1_000_000 });
  const output = new PacedOutput(channel, windowToAgent);
  const lines = [10, 5_000, 1, 40_000].map((length, index) => `${String(index).repeat(length)}\n`);
  for (const line of lines) output.write(line);

  let arrived = '';
  for (let chunk = channel.read(); chunk !== null; chunk = channel.read()) {
    expect(chunk.length).toBeLessThan(throttled);
    arrived += chunk;
    output.received(arrived.length);
  }
  expect(arrived).toBe(lines.join(''));
});

test('nothing more is sent until the agent says that it has read', () => {
  const channel = new PassThrough({ highWaterMark: 1_000_000 });
  const output = new PacedOutput(channel, windowToAgent);
  output.write('x'.repeat(10_000));
  output.write('y');
  expect(channel.readableLength).toBeLessThan(throttled);
});

test('a long answer of the agent arrives whole, and never more of it is under way than its socket holds', async () => {
  const [toHost, toAgent] = [new PassThrough(), new PassThrough()];
  let underWay = 0;
  let most = 0;
  toHost.on('data', ({ length }) => {
    underWay -= length;
  });
  const write = (bytes: Buffer) => {
    underWay += bytes.length;
    most = Math.max(most, underWay);
    toHost.write(bytes);
  };
  const output = new PacedOutput({ write }, windowToHost);
  const answer = 'x'.repeat(500_000);
  createInterface({ input: toAgent }).on('line', (line) => {
    const message = JSON.parse(line);
    if ('received' in message) output.received(message.received);
    else output.write(`${JSON.stringify({ id: message.id, result: answer })}\n`);
  });
  const client = new AgentClient(toHost, toAgent, true);
  expect(await client.call('dmesg', null)).toBe(answer);
  expect(most).toBeLessThanOrEqual(windowToHost);
});
