#!/usr/bin/env node
// Draws the machines again: `npm run charts`, which builds first.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as machines from '../dist/machines/index.js';
import { jobPicture } from '../dist/src/charts/job-picture.js';
import { machinesPage } from '../dist/src/charts/machines-page.js';

const here = fileURLToPath(new URL('./', import.meta.url));
const all = Object.values(machines);
writeFileSync(`${here}README.md`, machinesPage(all));
writeFileSync(`${here}job.svg`, jobPicture(all));
console.log('machines/README.md\nmachines/job.svg');
