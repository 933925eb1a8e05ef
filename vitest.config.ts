import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{arch,unit,machines,sim,cli,soak}/**/*.test.ts'],
    setupFiles: ['test/helpers/strict-expect.ts'],
    testTimeout: 20_000,
  },
});
