/*
 * The ROM's USART without a guest: a bootloader of its own behind a pseudo-terminal of this host keeps the rate of the line
 * (usart-rom.c). Program and verify of an image over the time that its bytes need on the line and the flash to take them, beside
 * stm32flash. Figures, never a test.
 *
 *   npm run bench -- usart-host, or node test/benchmarks/usart-host.mjs [--rounds 5] [--size KIB] [--rate BAUD]
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { imageOf } from './image-of.mjs';
import { lineTimes } from './usart-line.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    size: { type: 'string', default: '64' },
    rate: { type: 'string', multiple: true, default: ['115200', '460800'] },
  },
});
const size = 1024 * Number(values.size);
const folder = mkdtempSync(join(tmpdir(), 'bootctl-usart-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const [rom, image, profile] = ['usart-rom', 'image.bin', 'usart-only.yaml'].map((name) => join(folder, name));
execFileSync('cc', ['-O2', '-o', rom, join(import.meta.dirname, 'usart-rom.c')], { stdio: 'inherit' });
writeFileSync(image, imageOf(size));

const profileAt = (rate) => `id: usart-only
description: TX, RX and GND, and nothing else
target: { family: F405_407 }
usb: { connected: false }
usart: { connected: true, baudRate: ${rate}, fastestBaudRate: ${rate} }
methods: [manual]
application: { expect: none }
`;
const bin = join(import.meta.dirname, '../../bin/bootctl.js');
const programs = {
  bootctl: (port) => [
    ...[process.execPath, bin, 'flash', image, '--address', '0x08000000', '--profile', profile, '--no-entry'],
    ...['--port', port],
  ],
  // A pseudo-terminal has no parity.
  stm32flash: (port, rate) => [
    ...['stm32flash', '-m', '8n1', '-b', String(rate), '-w', image, '-v', '-S', '0x08000000'],
    port,
  ],
};

/** ms from the first block to the last one verified, by the bootloader's own clock. */
async function spanOf(name, rate) {
  const process_ = spawn(rom, [String(rate)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
  const { value: port } = await lines.next();
  const [program, ...args] = programs[name](port, rate);
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  process_.kill('SIGTERM');
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stdout} ${stderr}`);
  return Number((await lines.next()).value);
}

const median = (all) => all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)];

console.log(
  `# ${values.size} KiB, medians of ${values.rounds} in turn; ms, and over the line's time; load ${loadavg()[0].toFixed(1)}`,
);
for (const rate of values.rate.map(Number)) {
  writeFileSync(profile, profileAt(rate));
  const { program, verify } = lineTimes(size, rate);
  const spans = { bootctl: [], stm32flash: [] };
  for (let round = 0; round < Number(values.rounds); round++)
    for (const name of Object.keys(programs)) spans[name].push(await spanOf(name, rate));
  const cells = Object.keys(programs).map((name) => {
    const span = median(spans[name]);
    return `${name} ${span.toFixed(0)} (${(span / (program + verify)).toFixed(3)})`;
  });
  console.log(`${String(rate).padStart(7)} baud: line ${(program + verify).toFixed(0)}, ${cells.join(', ')}`);
}
