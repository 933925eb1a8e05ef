/*
 * Mutation testing: each fault that Stryker puts into a source has to be found by a test. The table says how many are.
 * What is left is a question to its reader, never a failure.
 *
 *   npm run mutation                                  # every part in turn; what has not changed since is not run again
 *   npm run mutation -- machines                      # one part of parts.mjs
 *   npm run mutation -- machines machines/leave.machine.ts   # files of it
 *   npm run mutation -- machines --force              # all of it anew: a fault in what is evaluated when a module is
 *                                                     # loaded, as the states of a machine, is not run again for a new test
 */
import { Stryker } from '@stryker-mutator/core';
import { parts } from './parts.mjs';

const isForced = process.argv.includes('--force');
const [only, ...files] = process.argv.slice(2).filter((argument) => argument !== '--force');
const names = Object.keys(parts);
if (only && !names.includes(only)) throw new Error(`${only} is no part; the parts are ${names.join(', ')}`);

for (const name of only ? [only] : names) {
  process.env.BOOTCTL_MUTATION_PART = name;
  await new Stryker({
    mutate: files.length > 0 ? files : parts[name].mutate,
    testRunner: 'vitest',
    vitest: { configFile: 'test/mutation/vitest.config.mjs' },
    plugins: ['@stryker-mutator/vitest-runner', './test/mutation/not-mutated.mjs'],
    ignorers: ['not-mutated'],
    // It would rewrite the paths in it through an interface of the compiler that TypeScript 7 does not have.
    tsconfigFile: 'none',
    coverageAnalysis: 'perTest',
    concurrency: 1,
    // A busy machine must not count a slow test as a fault that was found.
    timeoutMS: 5_000,
    timeoutFactor: 2,
    incremental: true,
    force: isForced,
    incrementalFile: `build/mutation/${name}.json`,
    tempDirName: 'build/mutation/sandbox',
    ignorePatterns: ['build', 'coverage', '.ci', 'test/kernel', 'test/benchmarks', 'dist/bundle'],
    reporters: ['clear-text', 'progress-append-only', 'json'],
    jsonReporter: { fileName: `build/mutation/${name}-last.json` },
    clearTextReporter: { reportTests: false, allowEmojis: false },
    allowConsoleColors: process.stdout.isTTY === true,
    warnings: { slow: false },
  }).runMutationTest();
}
