import { expect, test } from 'vitest';
import { PhaseProgress, PlainPhases } from '../../src/cli/output/phase-progress.ts';

/** What a log says of a phase whose progress comes at these times. */
function linesOf(total: number, steps: readonly (readonly [at: number, done: number])[]): readonly string[] {
  const lines: string[] = [];
  const say = (text: string) => lines.push(text);
  let now = 500;
  const phases = new PhaseProgress(new PlainPhases(say), say, () => now);
  const phase = { phase: 'program', total, unit: 'bytes' } as const;
  phases.take({ event: 'phase.started', ...phase });
  for (const [at, done] of steps) {
    now = 500 + at;
    phases.take({ event: 'phase.progress', ...phase, done });
  }
  phases.take({ event: 'phase.finished', phase: 'program', took: now - 500 });
  return lines;
}

test('a log has a line at most for each tenth', () => {
  const steps = Array.from({ length: 100 }, (_, step) => [(step + 1) * 1000, (step + 1) * 1000] as const);
  const lines = linesOf(100_000, steps);
  expect(lines).toHaveLength(11); // start, 10 % to 90 %, end
  expect(lines[1]).toBe('program: 10 %, 10,000 bytes at 1.0 kB/s');
  expect(lines.at(-1)).toBe('program: 100,000 bytes in 100.00 s, 1.0 kB/s');
});

test('a log has a line at most for each second', () => {
  const steps = Array.from({ length: 100 }, (_, step) => [(step + 1) * 25, (step + 1) * 1000] as const);
  const lines = linesOf(100_000, steps);
  expect(lines.slice(1, -1)).toEqual([
    'program: 40 %, 40,000 bytes at 40.0 kB/s',
    'program: 80 %, 80,000 bytes at 40.0 kB/s',
  ]);
});
