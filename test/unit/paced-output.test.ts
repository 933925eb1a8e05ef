import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { PacedOutput } from '../kernel/guest/paced-output.ts';

/** Unread bytes at which n_tty throttles a tty: N_TTY_BUF_SIZE - TTY_THRESHOLD_THROTTLE (Linux, drivers/tty/n_tty.c). */
const throttled = 4096 - 128;

test('what is under way to a guest stays below what throttles its tty, and everything arrives in order', () => {
  const channel = new PassThrough({ highWaterMark: 1_000_000 });
  const output = new PacedOutput(channel);
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
  const output = new PacedOutput(channel);
  output.write('x'.repeat(10_000));
  output.write('y');
  expect(channel.readableLength).toBeLessThan(throttled);
});
