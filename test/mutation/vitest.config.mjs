import { defineConfig } from 'vitest/config';
import { keepThread } from './kept-thread.mjs';
import { parts } from './parts.mjs';

const { tests, testTimeout } = parts[process.env.BOOTCTL_MUTATION_PART];
keepThread();

export default defineConfig({
  test: {
    include: tests,
    globalSetup: ['test/helpers/built-in.ts'],
    setupFiles: ['test/helpers/strict-expect.ts'],
    // What a mutant costs that waits for ever. The slowest test of a part takes a tenth of it.
    testTimeout,
  },
});
