#!/usr/bin/env node
// CommonJS, by the package.json beside it: for a module Node would first load its other loader.
const { closeSync } = require('node:fs');
const { isatty } = require('node:tty');
require('../dist/command/compile-cache.cjs').keepCompiled(process);
const { main } = require('../dist/command/main.cjs');
const { nodeContext } = require('../dist/command/node-context.cjs');

const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

/** Node resets every terminal as it ends, and aborts where one refuses, as one does that was closed meanwhile. */
function forgetClosedTerminals() {
  for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
}

const written = (stream) => new Promise((resolve) => stream.write('', resolve));

async function run() {
  // The global `process`: importing it as a module opens all its streams.
  process.exitCode = await main(process.argv.slice(2), nodeContext(process));
  // A driver may leave a handle behind that keeps the process alive; what has been printed must be out before it ends.
  await Promise.all([written(process.stdout), written(process.stderr)]);
  forgetClosedTerminals();
  process.exit();
}

run();
