import { expect } from 'vitest';

// Inside toMatchObject a RegExp is an object without properties, which everything matches: here it matches nothing but a
// RegExp, and `expect.stringMatching` is what to write.
expect.addEqualityTesters([
  (found: unknown, expected: unknown) => (expected instanceof RegExp && !(found instanceof RegExp) ? false : undefined),
]);
