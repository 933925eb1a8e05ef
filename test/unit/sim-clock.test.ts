import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';

test('timers run in the order of their instants, and of their making within one', async () => {
  const clock = new SimClock();
  const ran: string[] = [];
  for (const delay of [20, 10, 20]) clock.setTimeout(() => ran.push(`${delay} at ${clock.now()}`), delay);
  const dropped = clock.setTimeout(() => ran.push('dropped'), 15);
  clock.clearTimeout(dropped);
  await sleep(clock, 30);
  expect(ran).toEqual(['10 at 10', '20 at 20', '20 at 20']);
  expect(clock.now()).toBe(30);
});

test('time stands still while a file is being read, and goes on afterwards', async () => {
  const clock = new SimClock();
  let isOver = false;
  clock.setTimeout(() => {
    isOver = true;
  }, 60_000);
  const path = fileURLToPath(import.meta.url);
  for (let reads = 0; reads < 20; reads++) expect((await readFile(path)).length).toBeGreaterThan(0);
  expect([isOver, clock.now()]).toEqual([false, 0]);
  await sleep(clock, 60_000);
  expect([isOver, clock.now()]).toEqual([true, 60_000]);
});
