import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{arch,unit,machines,sim,cli,soak,firmware,panel,fleet}/**/*.test.ts'],
    globalSetup: ['test/helpers/built-in.ts'],
    setupFiles: ['test/helpers/strict-expect.ts'],
    testTimeout: 20_000,
    // Left alone, vitest keeps one core for a person who waits.
    maxWorkers: '100%',
  },
});
