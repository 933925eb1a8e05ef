import { defineConfig } from 'vitest/config';
import { casesOnBoth, LongestFirst, workers } from './test/kernel/projects.ts';

const level = {
  globalSetup: ['test/kernel/global-setup.ts'],
  setupFiles: ['test/helpers/strict-expect.ts'],
  testTimeout: 120_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Files side by side, each on a guest of its own.
        test: { ...level, name: 'kernel', include: ['test/kernel/**/*.test.ts'], maxWorkers: workers },
      },
      {
        test: {
          ...level,
          name: casesOnBoth,
          include: ['test/kernel/both-engines.test.ts'],
          // One guest, which is alone: its emulated processors take all the cores there are.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
