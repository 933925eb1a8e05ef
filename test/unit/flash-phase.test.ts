import { expect, test } from 'vitest';
import { startPhase } from '../../src/ops/engine/flash-phase.ts';
import type { Job } from '../../src/ops/job/job.ts';

test('a phase tells its start, its progress every 50 ms and at its end, and how long it took', () => {
  let now = 1000;
  const told: unknown[] = [];
  const job = { report: (event: object) => told.push(event), bench: { clock: { now: () => now } } } as unknown as Job;
  const { advance, finish } = startPhase(job, 'program', 400, 'bytes');
  const steps = [
    { at: 1049, amount: 10 },
    { at: 1050, amount: 90 },
    { at: 1099, amount: 100 },
    { at: 1100, amount: 100 },
    { at: 1101, amount: 100 },
  ];
  for (const { at, amount } of steps) {
    now = at;
    advance(amount);
  }
  now = 1110;
  finish();
  const progress = { event: 'phase.progress', phase: 'program', total: 400, unit: 'bytes' };
  expect(told).toEqual([
    { event: 'phase.started', phase: 'program', total: 400, unit: 'bytes' },
    { ...progress, done: 100 },
    { ...progress, done: 300 },
    { ...progress, done: 400 },
    { event: 'phase.finished', phase: 'program', took: 110 },
  ]);
});
