#!/usr/bin/env node
// Step of `npm run build`, after the compiler: dist/built-in from the YAML files beside this one, and the table of the firmware kit.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeBuiltIn } from '../dist/src/board/write-built-in.js';
import { chipKeys, findChip } from '../dist/src/chips/find-chip.js';
import { withTable } from '../dist/src/firmware/table.js';

writeBuiltIn();

const page = fileURLToPath(new URL('firmware/README.md', import.meta.url));
const before = readFileSync(page, 'utf8');
const after = withTable(before, chipKeys().map(findChip));
if (after !== before) writeFileSync(page, after);
