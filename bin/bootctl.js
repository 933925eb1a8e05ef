#!/usr/bin/env node
import { createRequire } from 'node:module';
import { keepCompiled } from './compile-cache.js';

const writeCompiled = keepCompiled();
const require = createRequire(import.meta.url);
const { main } = require('../dist/command/main.cjs');
const { nodeContext } = require('../dist/command/node-context.cjs');

// The global `process`: importing it as a module opens all its streams.
process.exitCode = await main(process.argv.slice(2), nodeContext(process));
// A driver may leave a handle behind that keeps the process alive; what has been printed must be out before it ends.
const written = (stream) => new Promise((resolve) => stream.write('', resolve));
await Promise.all([written(process.stdout), written(process.stderr)]);
writeCompiled();
process.exit();
