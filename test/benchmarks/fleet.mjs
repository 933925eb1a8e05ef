// The benchmark is TypeScript, for it has the test's PostgreSQL: `npm run bench -- fleet`.
import { build } from 'rolldown';

await build({
  input: 'test/benchmarks/fleet/bench.ts',
  platform: 'node',
  external: ['pg'],
  transform: { target: 'node20' },
  output: { dir: 'build/bench-fleet', format: 'esm' },
  logLevel: 'silent',
});
await import('../../build/bench-fleet/bench.js');
