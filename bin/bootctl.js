#!/usr/bin/env node
// CommonJS, by the package.json beside it: for a module Node would first load its other loader.
require('../dist/command/compile-cache.cjs').keepCompiled(process);
const { main } = require('../dist/command/main.cjs');
const { nodeContext } = require('../dist/command/node-context.cjs');

const written = (stream) => new Promise((resolve) => stream.write('', resolve));

async function run() {
  // The global `process`: importing it as a module opens all its streams.
  process.exitCode = await main(process.argv.slice(2), nodeContext(process));
  // A driver may leave a handle behind that keeps the process alive; what has been printed must be out before it ends.
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit();
}

run();
