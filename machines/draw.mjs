#!/usr/bin/env node
// Draws the machines again: `npm run charts`, which builds first.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as machines from '../dist/machines/index.js';
import { machinesPage } from '../dist/src/charts/machines-page.js';

writeFileSync(fileURLToPath(new URL('./README.md', import.meta.url)), machinesPage(Object.values(machines)));
console.log('machines/README.md');
