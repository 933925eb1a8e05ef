import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{arch,unit,machines,sim,cli}/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
