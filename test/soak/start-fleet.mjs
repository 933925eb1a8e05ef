import { build } from 'rolldown';

await build({
  input: 'test/soak/fleet/main.ts',
  platform: 'node',
  external: ['pg', 'libsql'],
  transform: { target: 'node20' },
  output: { dir: 'build/soak-fleet', format: 'esm' },
  logLevel: 'silent',
});
await import('../../build/soak-fleet/main.js');
