#!/usr/bin/env node
// Draws every built-in profile again: `npm run build && node hardware/circuits/draw.mjs`.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { circuitPictures } from '../../dist/src/board/pictures/circuit-pictures.js';
import { parseProfile } from '../../dist/src/board/profile/parse-profile.js';

const here = fileURLToPath(new URL('./', import.meta.url));
const profiles = fileURLToPath(new URL('../profiles/', import.meta.url));

for (const name of readdirSync(here)) if (name.endsWith('.svg')) rmSync(`${here}${name}`);
for (const name of readdirSync(profiles).filter((file) => file.endsWith('.yaml'))) {
  const profile = parseProfile(readFileSync(`${profiles}${name}`, 'utf8'), name);
  for (const { file, svg } of circuitPictures(profile)) {
    writeFileSync(`${here}${file}`, svg);
    console.log(`hardware/circuits/${file}`);
  }
}
