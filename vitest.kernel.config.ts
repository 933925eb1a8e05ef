import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/kernel/**/*.test.ts'],
    globalSetup: ['test/kernel/global-setup.ts'],
    setupFiles: ['test/helpers/strict-expect.ts'],
    // One guest, one bench: case after case.
    fileParallelism: false,
    maxWorkers: 1,
    // An emulated guest on a busy host is no real-time system: a case may run a second time, and vitest says so.
    retry: 1,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
