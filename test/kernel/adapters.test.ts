import { expect } from 'vitest';
import { boardOf, builtInProfile } from './boards.ts';
import { bootctl } from './bootctl.ts';
import { kernelTest, setUp } from './kernel-test.ts';
import { mainJobWith } from './main-job.ts';

// The FT232R's is in both-engines.test.ts.
for (const chip of ['cp2102', 'ch340', 'pl2303', 'cdc-acm', 'cdc-acm-no-break'])
  kernelTest(`${chip}: enters, flashes, verifies, leaves, and the application is seen`, () => mainJobWith(chip));

// serialport's way is two to four: where the lines are, the end of a break, and the move.
for (const chip of ['ft232r', 'ch340']) {
  kernelTest(`${chip}: a move of both lines is one request to the adapter`, async () => {
    const latency = 300; // of each request
    await setUp({
      boards: [boardOf('board', builtInProfile('two-line'))],
      adapters: [{ name: 'adapter', chip, board: 'board', latency }],
    });
    const { lines } = await bootctl(['reset', '--profile', 'two-line']);
    const took = lines.flatMap((line) => (line.event === 'lines.set' ? [Number(line.took)] : []));
    // The first one also asks once where the other outputs are. On a busy machine the others may be late as well.
    const quickest = Math.min(...took.slice(1));
    expect(quickest).toBeGreaterThan(latency - 2);
    expect(quickest).toBeLessThan(2 * latency);
  });
}
