/*
 * How the engine grows: CPU time, transfers and peak memory of plan, flash and verify over the size of the image, the
 * sectors of the flash and the segments of the image. The target answers at once (instant-rom.mjs), so the time is the
 * engine's. Then the formats. Figures, never a test; a factor of 2 for each doubling is linear, 1 is constant.
 *
 *   npm run build && node test/benchmarks/growth.mjs [engine | formats]
 */
import { execFileSync } from 'node:child_process';
import { findChip } from '../../dist/src/chips/find-chip.js';
import { compareImages } from '../../dist/src/image/combine.js';
import { makeImage } from '../../dist/src/image/make-image.js';
import { writeImage, writerFor } from '../../dist/src/image/write-image.js';
import { flash, loadProfile, parseImage, plan, verify } from '../../dist/src/index.js';
import { imageFacts } from '../../dist/src/ops/image-facts.js';
import { elfOf } from './elf.mjs';
import { flashStart, InstantRom, instantBench } from './instant-rom.mjs';

const KiB = 1024;
const rounds = 3;
const rcCap = loadProfile('rc-cap');
const { target: _line, ...unnamed } = rcCap;
/** Any layout is taken, and the device is there already: no line is moved. */
const profile = { ...unnamed, usb: { ...rcCap.usb, path: '1-2' }, application: { expect: 'none' } };

/** Bytes of which no two blocks are alike, in as many segments, with 64 bytes between them. */
function segmentsOf(size, count) {
  const pitch = Math.floor(size / count / 64) * 64;
  const gap = count > 1 ? 64 : 0;
  return Array.from({ length: count }, (_, index) => {
    const data = Buffer.alloc(pitch - gap);
    let state = (index + 1) * 0x2545_f491;
    for (let at = 0; at + 4 <= data.length; at += 4) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      data.writeInt32LE(state, at);
    }
    if (index === 0) data.writeUInt32LE(0x2002_0000, 0);
    if (index === 0) data.writeUInt32LE(flashStart + 0x201, 4);
    return { address: flashStart + index * pitch, data, origin: `part ${index}` };
  });
}
const imageOf = (size, count) => makeImage('image', 'binary', { segments: segmentsOf(size, count) });

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
};

/** Least CPU time of some rounds, ms, and what the last one returned. */
async function least(work) {
  let best = Number.POSITIVE_INFINITY;
  let result;
  for (let round = 0; round < rounds; round++) {
    const before = cpu();
    result = await work();
    best = Math.min(best, cpu() - before);
  }
  return { ms: best, result };
}

async function ok(job) {
  const result = await job;
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result;
}

/** One job of each kind; `content` is what the flash holds before: other bytes, so that each sector is erased. */
async function engineCase({ size, sectors, segments }) {
  const image = imageOf(size, segments);
  const changedAt = Math.floor(image.segments.length / 2);
  const changed = makeImage('changed', 'binary', {
    segments: image.segments.map((segment, index) => {
      if (index !== changedAt) return segment;
      const data = Buffer.from(segment.data);
      data[data.length >> 1] ^= 0x55;
      return { ...segment, data };
    }),
  });
  const jobs = {
    flash: (rom) => flash({ profile, image, bench: instantBench(rom), stay: true, force: true }),
    again: (rom) => flash({ profile, image, bench: instantBench(rom), stay: true, force: true }),
    one: (rom) => flash({ profile, image: changed, bench: instantBench(rom), stay: true, force: true }),
    keep: (rom) => flash({ profile, image, bench: instantBench(rom), stay: true, force: true, keep: true }),
    verify: (rom) => verify({ profile, image, bench: instantBench(rom), force: true }),
  };
  const written = new InstantRom(size, sectors, 0x5a);
  await ok(jobs.flash(written));
  const found = {
    plan: await least(() => plan({ profile: { ...profile, target: { family: 'H74x_75x' } }, image, force: true })),
  };
  const transfers = {};
  for (const [name, job] of Object.entries(jobs)) {
    const isFresh = name === 'flash' || name === 'keep';
    found[name] = await least(async () => {
      const rom = isFresh
        ? new InstantRom(size, sectors, 0x5a)
        : Object.assign(new InstantRom(size, sectors), { flash: written.flash.slice() });
      await ok(job(rom));
      transfers[name] = rom.transfers;
    });
  }
  const ms = Object.fromEntries(Object.entries(found).map(([name, { ms }]) => [name, ms]));
  return { ms, transfers };
}

/** Each case in a process of its own, after a small one that loads and compiles what is needed. */
function inOwnProcess(what, argument) {
  const args = [import.meta.filename, what, JSON.stringify(argument)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

/** Factor for each doubling, from the first to the last of the values, or over the last three where the start is cheap. */
function factor(values, counts) {
  const doublings = (from) => Math.log2(counts.at(-1) / counts[from]);
  const from = Math.max(0, values.length - 4);
  return (values.at(-1) / values[from]) ** (1 / doublings(from));
}

function table(title, counts, cases) {
  console.log(`\n${title}`);
  const names = Object.keys(cases[0].ms);
  const head = [
    '',
    ...names.map((name) => `${name} ms`),
    ...Object.keys(cases[0].transfers ?? {}).map((name) => `${name} tr.`),
    'MiB',
  ];
  const width = 11;
  const line = (cells) => console.log(cells.map((cell) => String(cell).padStart(width)).join(''));
  line(head);
  cases.forEach(({ ms, transfers = {}, memory }, index) => {
    line([counts[index], ...Object.values(ms).map((value) => value.toFixed(1)), ...Object.values(transfers), memory]);
  });
  const column = (pick) => factor(cases.map(pick), counts).toFixed(2);
  line([
    'per x2',
    ...names.map((name) => column(({ ms }) => ms[name])),
    ...Object.keys(cases[0].transfers ?? {}).map((name) => column(({ transfers }) => transfers[name])),
    column(({ memory }) => memory),
  ]);
}

function engine() {
  const over = (title, counts, caseOf) =>
    table(
      title,
      counts,
      counts.map((count) => inOwnProcess('engine-case', caseOf(count))),
    );
  const sizes = [16, 32, 64, 128, 256, 512, 1024, 2048];
  over('size of the image in KiB (8 sectors, 1 segment)', sizes, (size) => ({
    size: size * KiB,
    sectors: 8,
    segments: 1,
  }));
  over('size of the image in KiB (sectors of 2 KiB, 1 segment)', sizes, (size) => ({
    size: size * KiB,
    sectors: size / 2,
    segments: 1,
  }));
  const sectors = [1, 4, 16, 64, 256, 1024, 2048, 4096];
  over('sectors (512 KiB, 1 segment)', sectors, (count) => ({ size: 512 * KiB, sectors: count, segments: 1 }));
  const segments = [1, 8, 32, 64, 125, 250, 500];
  over('segments (512 KiB, 256 sectors)', segments, (count) => ({ size: 512 * KiB, sectors: 256, segments: count }));
  over('segments (512 KiB, 4,096 sectors)', segments, (count) => ({ size: 512 * KiB, sectors: 4096, segments: count }));
}

/** Files of one image, as each format writes it. */
const writers = {
  hex: (image) => writeImage(image, writerFor('hex')),
  srec: (image) => writeImage(image, writerFor('srec')),
  dfu: (image) => writeImage(image, writerFor('dfu')),
  uf2: (image) => writeImage(image, writerFor('uf2'), { uf2Family: 0x5775_5a57 }),
  elf: ({ segments }) => elfOf(segments),
};

async function formatsCase({ size, segments }) {
  const image = imageOf(size, segments);
  const other = makeImage('other', 'binary', {
    segments: image.segments.map((segment) => {
      const data = Buffer.from(segment.data);
      for (let at = 8; at < data.length; at += 512) data[at] ^= 1;
      return { ...segment, data };
    }),
  });
  const ms = {};
  const chip = findChip('H74x_75x');
  const note = async (name, work) => {
    ms[name] = (await least(work)).ms;
  };
  for (const [name, write] of Object.entries(writers)) {
    const file = Buffer.from(write(image));
    await note(`${name}`, () => {
      const read = parseImage(file, `image.${name}`);
      if (read.bytes < image.bytes) throw new Error(`${name}: other bytes`);
    });
    if (name !== 'elf') await note(`${name} out`, () => write(image));
  }
  await note('info', () => imageFacts(image, chip, undefined));
  await note('diff', () => compareImages(image, other));
  return { ms };
}

function formats() {
  const over = (title, counts, caseOf) =>
    table(
      title,
      counts,
      counts.map((count) => inOwnProcess('formats-case', caseOf(count))),
    );
  over('formats: size of the image in KiB (1 segment)', [16, 64, 256, 512, 1024, 2048], (size) => ({
    size: size * KiB,
    segments: 1,
  }));
  over('formats: segments (2 MiB)', [1, 8, 64, 125, 250, 500], (count) => ({ size: 2048 * KiB, segments: count }));
}

async function report(work, argument) {
  await work({ ...argument, size: 32 * KiB, sectors: 4, segments: Math.min(4, argument.segments) });
  const before = process.resourceUsage().maxRSS;
  const found = await work(argument);
  const memory = Math.round((process.resourceUsage().maxRSS - before) / KiB);
  console.log(JSON.stringify({ ...found, memory: Math.max(1, memory) }));
}

const [what, argument] = process.argv.slice(2);
if (what === 'engine-case') await report(engineCase, JSON.parse(argument));
else if (what === 'formats-case') await report(formatsCase, JSON.parse(argument));
else {
  if (what !== 'formats') engine();
  if (what !== 'engine') formats();
}
