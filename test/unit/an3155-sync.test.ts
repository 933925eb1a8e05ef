import { describe, expect, test } from 'vitest';
import { An3155Client } from '../../src/protocol/an3155/client.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { type LinkAnswer, ScriptedLink } from '../helpers/scripted-link.ts';

// AN3155 §2: 0x7F is answered by ACK (0x79); stm32flash: a ROM that was synchronised before answers NACK (0x1F).

/** A call that fails, and how. */
async function called(answers: readonly LinkAnswer[], { patience = 500, isPersistent = false } = {}) {
  const clock = new SimClock();
  const link = new ScriptedLink(clock, answers);
  const rom = new An3155Client(link, clock);
  const error = await rom.sync({ baudRate: 115_200, patience, isPersistent }).catch((failure) => failure);
  return { error, took: clock.now(), written: link.written };
}

test('silence: every 100 ms a 0x7F, and an end when the time is over', async () => {
  const { error, took, written } = await called([]);
  expect([error.details, took, written.length]).toEqual([{}, 500, 5]);
});

test('what answers and is no ROM ends it at once, and is kept with the failure', async () => {
  const { error, took } = await called(['e0 83']);
  expect([error.details, took]).toEqual([{ heard: 'E0 83' }, 100]);
});

test.each([
  [9_999, '9999 ms'],
  [10_000, '10 s'],
])('a patience of %i ms is told as %s', async (patience, text) => {
  expect((await called([], { patience })).error.message).toBe(`No answer to 0x7F at 115200 baud within ${text}`);
});

test('an echo has a hint of its own, and an echo among other bytes has not', async () => {
  expect((await called(['7f'])).error.hint).toContain('TX and RX');
  expect((await called(['7f 41'])).error.hint).toContain('another device on the wire');
});

test('bytes of an application behind one that looks like an answer are not taken for the start of the next', async () => {
  const { error, written } = await called([{ text: 'ready\r\n' }, '79', undefined, '1f'], { isPersistent: true });
  expect([error, written.length]).toEqual([undefined, 4]);
});

describe('over a network', () => {
  test('each 0x7F has the time that a byte takes there and back, twice', async () => {
    const clock = new SimClock();
    const link = Object.assign(new ScriptedLink(clock, ['+290 79']), { roundTrip: 100 });
    await new An3155Client(link, clock).sync({ baudRate: 115_200, patience: 1_000 });
    expect(link.written).toEqual(['7f']);
  });
});

test('a ROM that is gone was called twice', async () => {
  const clock = new SimClock();
  const link = new ScriptedLink(clock);
  await expect(new An3155Client(link, clock).recall()).rejects.toMatchObject({ code: 'usart-no-sync' });
  expect([link.written, clock.now()]).toEqual([['7f', '7f'], 200]);
});
