#!/usr/bin/env node
import module from 'node:module';

// Node 22 and later keep what they have compiled. The global `process`: importing it as a module opens all its streams.
module.enableCompileCache?.();
const { main } = await import('../dist/command/main.js');
const { nodeContext } = await import('../dist/command/node-context.js');

process.exitCode = await main(process.argv.slice(2), nodeContext(process));
// A driver may leave a handle behind that keeps the process alive; what has been printed must be out before it ends.
const written = (stream) => new Promise((resolve) => stream.write('', resolve));
await Promise.all([written(process.stdout), written(process.stderr)]);
process.exit();
