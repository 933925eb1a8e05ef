import { build } from 'rolldown';

// The command line of the bundler lists every file that it writes; its function says nothing.
await build({
  input: 'test/soak/main.ts',
  platform: 'node',
  external: ['usb', 'serialport', 'koffi'],
  transform: { target: 'node20' },
  output: { dir: 'build/soak', format: 'esm' },
  logLevel: 'silent',
});
await import('../../build/soak/main.js');
