#!/usr/bin/env node
import process from 'node:process';
import { main } from '../dist/src/cli/main.js';
import { nodeContext } from '../dist/src/cli/node-context.js';

process.exitCode = await main(process.argv.slice(2), nodeContext(process));
// A driver may leave a handle behind that keeps the process alive; what has been printed must be out before it ends.
const written = (stream) => new Promise((resolve) => stream.write('', resolve));
await Promise.all([written(process.stdout), written(process.stderr)]);
process.exit();
