/*
 * Figures, never a test: how long 16 MiB take to parse in each format, beside a peer that ran in turn with it in the
 * same process: the same file read from disk and hashed with SHA-256, which nobody can do without.
 *
 *   npm run build && node test/benchmarks/image.mjs
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseImage } from '../../dist/src/image/load-image.js';
import { writeImage, writerFor } from '../../dist/src/image/write-image.js';

const bytes = 16 * 1024 * 1024;
const address = 0x0800_0000;
const runs = 7;

/** No repetition that a compressor or a branch predictor could live on. */
function noise(length) {
  const data = new Uint8Array(length);
  let state = 4711;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[index] = state >>> 24;
  }
  return data;
}

/** A linked executable of one segment: ELF header, one PT_LOAD, the bytes. */
function elfOf(data) {
  const file = Buffer.alloc(84 + data.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  for (const [at, value] of [
    [16, 2],
    [18, 40],
    [40, 52],
    [42, 32],
    [44, 1],
    [46, 40],
  ])
    file.writeUInt16LE(value, at);
  file.writeUInt32LE(52, 28);
  for (const [index, word] of [1, 84, address, address, data.length, data.length, 5, 4].entries())
    file.writeUInt32LE(word, 52 + index * 4);
  file.set(data, 84);
  return file;
}

const image = parseImage(noise(bytes), 'noise', { address });
const hex = writeImage(image, writerFor('hex'));
const files = {
  'raw binary': image.segments[0].data,
  'Intel HEX': hex,
  'Intel HEX, gzip': gzipSync(hex, { level: 1 }),
  'S-records': writeImage(image, writerFor('srec')),
  ELF: elfOf(image.segments[0].data),
  DfuSe: writeImage(image, writerFor('dfu')),
  UF2: writeImage(image, writerFor('uf2'), { uf2Family: 0x5775_5a57 }),
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const time = (work) => {
  const started = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - started) / 1e6;
};

const folder = mkdtempSync(join(tmpdir(), 'bootctl-bench-'));
const path = join(folder, 'image');
console.log(
  `${'16 MiB as'.padEnd(18)} ${'file'.padStart(8)} ${'parse'.padStart(9)} ${'read+sha256'.padStart(12)} ${'ratio'.padStart(6)}`,
);
try {
  for (const [name, file] of Object.entries(files)) {
    writeFileSync(path, file);
    const options = name === 'raw binary' ? { address } : {};
    const ours = () => {
      const { sha256 } = parseImage(readFileSync(path), name, options);
      if (sha256 !== image.sha256) throw new Error(`${name}: other bytes`);
    };
    const peer = () => createHash('sha256').update(readFileSync(path)).digest('hex');
    ours();
    const samples = Array.from({ length: runs }, () => ({ ours: time(ours), peer: time(peer) }));
    const [a, b] = [median(samples.map((sample) => sample.ours)), median(samples.map((sample) => sample.peer))];
    const ratio = median(samples.map((sample) => sample.ours / sample.peer));
    const size = `${(file.length / 1024 / 1024).toFixed(1)} MiB`;
    console.log(
      `${name.padEnd(18)} ${size.padStart(8)} ${`${a.toFixed(0)} ms`.padStart(9)} ${`${b.toFixed(0)} ms`.padStart(12)} ${ratio.toFixed(2).padStart(6)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
