/*
 * Throws damaged images at the parsers. Every input must end in an image or in a BootctlError, soon, and without
 * allocating what the file does not hold. Inputs that make the parsers say something new are kept and damaged further.
 *
 *   npm run build && node test/fuzz/image.mjs [inputs] [seed]      default: 1 000 000 inputs, seed 1
 *   node test/fuzz/image.mjs memory                                peak memory on large adversarial files
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32, deflateRawSync, deflateSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { BootctlError } from '../../dist/src/base/errors.js';
import { parseImage } from '../../dist/src/image/load-image.js';
import { applyPatches, parsePatchFile } from '../../dist/src/image/patch.js';
import { writeImage, writerFor } from '../../dist/src/image/write-image.js';

const slowest = 500; // ms of processor time for one input; they have at most a few KiB
const largest = 16 * 1024;
const kept = 400; // per format

let state = 1;
const next = (below) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
};

const flash = 0x0800_0000;
const content = readFileSync(new URL('../fixtures/firmware/blink-f405.bin', import.meta.url)).subarray(0, 600);
const image = (bytes, address) => parseImage(bytes, 'seed', { address });
const base = applyPatches(image(content, flash), parsePatchFile('0x08004000=text:hello\n0x1FFF0000=00', 'seed'));
const other = {
  alternate: 1,
  name: 'Option Bytes',
  segments: [{ address: 0x1fff_c000, data: Uint8Array.of(1, 2), origin: '' }],
};
const written = (to, extra = {}) => writeImage({ ...base, ...extra }, writerFor(to), extra);
const hex = written('hex', { entry: flash + 0x18d });

/** A linked executable: ELF header, two PT_LOAD, a section table that names one section. */
function elf() {
  const file = Buffer.alloc(52 + 64 + 200 + 80);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const header = [
    [16, 2],
    [18, 40],
    [40, 52],
    [42, 32],
    [44, 2],
    [46, 40],
    [48, 2],
  ];
  for (const [at, value] of header) file.writeUInt16LE(value, at);
  for (const [at, value] of [
    [24, flash + 1],
    [28, 52],
    [32, 316],
  ])
    file.writeUInt32LE(value, at);
  const parts = [
    [1, 0, flash, flash, 300, 300, 5, 4],
    [1, 300, 0x2000_0000, flash + 0x1000, 16, 16, 6, 4],
  ];
  for (const [index, words] of parts.entries())
    for (const [at, word] of words.entries()) file.writeUInt32LE(word, 52 + index * 32 + at * 4);
  for (const [at, word] of [
    [4, 1],
    [8, 2],
    [16, 150],
    [20, 100],
  ])
    file.writeUInt32LE(word, 356 + at);
  return file;
}

/** One file in a zip archive (PKWARE APPNOTE.TXT §4.3.7, §4.3.12, §4.3.16). */
function zip(name, data) {
  const packed = deflateRawSync(data);
  const head = Buffer.alloc(26);
  for (const [at, value] of [
    [0, 20],
    [4, 8],
    [22, name.length],
  ])
    head.writeUInt16LE(value, at);
  for (const [at, value] of [
    [10, crc32(data)],
    [14, packed.length],
    [18, data.length],
  ])
    head.writeUInt32LE(value, at);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), head, Buffer.from(name), packed]);
  const rest = Buffer.alloc(14); // no comment, disk 0, no attributes, offset 0
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), head, rest, Buffer.from(name)]);
  const end = Buffer.alloc(18);
  for (const at of [4, 6]) end.writeUInt16LE(1, at);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06'), end]);
}

/** Sizes and CRC of the first file of an archive, where it can still be unpacked. */
function repairZip(bytes) {
  const copy = Buffer.from(bytes);
  const central = copy.indexOf('PK\x01\x02');
  if (central < 30 || central + 46 > copy.length) return copy;
  const start = 30 + copy.readUInt16LE(26) + copy.readUInt16LE(28);
  try {
    const data = inflateRawSync(copy.subarray(start, central), { maxOutputLength: 2 ** 20 });
    copy.writeUInt32LE(crc32(data), central + 16);
    copy.writeUInt32LE(central - start, central + 20);
    copy.writeUInt32LE(data.length, central + 24);
  } catch {} // stays damaged
  return copy;
}

const apj = (fields) =>
  Buffer.from(
    JSON.stringify({
      board_id: 9,
      magic: 'APJFWv1',
      image: deflateSync(content.subarray(0, 200)).toString('base64'),
      image_size: 200,
      ...fields,
    }),
  );

/** The size of a package that can still be read. */
function repairPackage(bytes) {
  try {
    const fields = JSON.parse(bytes.toString());
    const data = inflateSync(Buffer.from(fields.image, 'base64'), { maxOutputLength: 2 ** 20 });
    return Buffer.from(JSON.stringify({ ...fields, image_size: data.length }));
  } catch {
    return bytes; // stays damaged
  }
}

/** Header of 32 bytes, image, protected TLVs, SHA-256 and signature (MCUboot, bootutil/image.h). */
function mcuboot(protectedTlvs) {
  const head = Buffer.alloc(32);
  for (const [at, value] of [
    [0, 0x96f3b83d],
    [12, 200],
    [20, 0x00030201],
  ])
    head.writeUInt32LE(value, at);
  head.writeUInt16LE(32, 8);
  head.writeUInt16LE(protectedTlvs.length, 10);
  const tlvs = Buffer.from('0769280010002000'.concat('00'.repeat(32)), 'hex');
  return repairHash(Buffer.concat([head, content.subarray(0, 200), protectedTlvs, tlvs]));
}

function repairHash(bytes) {
  const copy = Buffer.from(bytes);
  if (copy.length < 32) return copy;
  const covered = copy.readUInt16LE(8) + copy.readUInt32LE(12) + copy.readUInt16LE(10);
  if (covered + 40 <= copy.length)
    createHash('sha256')
      .update(copy.subarray(0, covered))
      .digest()
      .copy(copy, covered + 8);
  return copy;
}

const suffixed = writeImage(base, writerFor('hex'), { suffix: { vendorId: 0x0483, dfuVersion: 0x0100 } });
const segments = ':020000021200EA\n:02FFFF000102FD\n:0400000312000010D7\n:00000001FF\n';
/** Small files of every kind; `repair` puts checksums right again, so that damage reaches what lies behind them. */
const formats = [
  { name: 'raw binary', seeds: [content.subarray(0, 64)] },
  { name: 'Intel HEX', seeds: [hex.subarray(0, 400), Buffer.from(segments)], repair: repairText },
  {
    name: 'S-records',
    seeds: [
      written('srec').subarray(0, 500),
      Buffer.from('S00600004844521B\nS107003000144ED492\nS5030001FB\nS9030000FC\n'),
    ],
    repair: repairText,
  },
  {
    name: 'ELF',
    seeds: [elf(), readFileSync(new URL('../fixtures/firmware/blink-f405.elf', import.meta.url)).subarray(0, 300)],
  },
  { name: 'DfuSe', seeds: [written('dfu', { otherAlternates: [other] })], repair: repairSuffix },
  { name: 'UF2', seeds: [written('uf2', { uf2Family: 0x5775_5a57 }), written('uf2')] },
  { name: 'DFU suffix', seeds: [suffixed], repair: repairSuffix },
  { name: 'gzip', seeds: [gzipSync(hex.subarray(0, 300)), gzipSync(content)] },
  {
    name: 'zip',
    seeds: [
      zip('a.hex', hex.subarray(0, 300)),
      zip('a.bin', content.subarray(0, 300)),
      zip('readme.txt', hex.subarray(0, 9)),
    ],
    repair: repairZip,
  },
  { name: 'package', seeds: [apj(), apj({ magic: 'PX4FWv1', extflash_image_size: 0 })], repair: repairPackage },
  {
    name: 'MCUboot',
    seeds: [mcuboot(Buffer.alloc(0)), mcuboot(Buffer.from('08690c005000040001000000', 'hex'))],
    repair: repairHash,
  },
  {
    name: 'text',
    seeds: [
      '<!DOCTYPE html>\n<html><body>firmware.hex</body></html>\n',
      '{"message": "Not Found"}\n',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
      '@08000000\r\n00 00 02 20 8D 01 00 08\r\nq\r\n',
      '00000000: 0000 0220 8d01 0008 9101 0008 9301 0008  ... ....\n',
      `; release 1.0\r\n${segments}`,
      `\u{feff}s31508000000000002208d0100089101000893010008\n`,
    ].map((text) => Buffer.from(text)),
  },
  {
    name: 'patch file',
    seeds: ['0x08000000=text:SN0042\n# c\n0x10=u32:7\n16=DE AD\n0=f32:-1.5e3\n'].map((text) => Buffer.from(text)),
    isPatch: true,
  },
];

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x3a, 0x53, 0x0a, 0x0d, 0x20, 0x30, 0x39, 0x41, 0x46, 0x3d];
const words = [
  0,
  1,
  4,
  0xff,
  0x100,
  0xffff,
  0x10000,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_fff0,
  0xffff_fffe,
  0xffff_ffff,
  flash,
];

const mutations = [
  (bytes) => flip(bytes, (byte) => byte ^ (1 << next(8))),
  (bytes) => flip(bytes, () => interesting[next(interesting.length)]),
  (bytes) => flip(bytes, () => next(256)),
  (bytes) => {
    const copy = Buffer.from(bytes);
    if (copy.length >= 4) copy.writeUInt32LE(words[next(words.length)], next(copy.length - 3));
    return copy;
  },
  (bytes) => bytes.subarray(0, next(bytes.length + 1)),
  (bytes) => bytes.subarray(next(bytes.length + 1)),
  (bytes) => cutOut(bytes, next(bytes.length + 1), next(32)),
  (bytes) => splice(bytes, next(bytes.length + 1), bytes.subarray(next(bytes.length), next(bytes.length + 1))),
  (bytes) => splice(bytes, next(bytes.length + 1), Buffer.alloc(next(64), next(256))),
  (bytes) => swapLines(bytes),
];

function flip(bytes, change) {
  const copy = Buffer.from(bytes);
  for (let times = 1 + next(4); times > 0 && copy.length > 0; times--) {
    const at = next(copy.length);
    copy[at] = change(copy[at]);
  }
  return copy;
}
const cutOut = (bytes, at, length) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
const splice = (bytes, at, more) => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
function swapLines(bytes) {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const [a, b] = [next(lines.length), next(lines.length)];
  [lines[a], lines[b]] = [lines[b], lines[a]];
  if (next(3) === 0) lines.splice(next(lines.length), 0, lines[a]);
  return Buffer.from(lines.join('\n'), 'latin1');
}

/** Checksums of records that are still whole pairs of digits. */
function repairText(bytes) {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const repaired = lines.map((line) => {
    const match = /^(:|S[0-9])((?:[0-9A-Fa-f]{2}){3,})[0-9A-Fa-f]{2}(\r?)$/.exec(line);
    if (!match) return line;
    const [, mark, digits, end] = match;
    const body = Buffer.from(digits, 'hex');
    if (next(2) === 0) body[0] = mark === ':' ? body.length - 4 : body.length;
    const sum = body.reduce((total, byte) => total + byte, 0);
    return `${mark}${Buffer.from([...body, (mark === ':' ? -sum : ~sum) & 0xff]).toString('hex')}${end}`;
  });
  return Buffer.from(repaired.join('\n'), 'latin1');
}

/** The CRC of a file that still ends like one with a DFU suffix. */
function repairSuffix(bytes) {
  const copy = Buffer.from(bytes);
  if (copy.length < 16) return copy;
  copy.set([0x55, 0x46, 0x44, 16], copy.length - 8);
  copy.writeUInt32LE(~crc32(copy.subarray(0, -4)) >>> 0, copy.length - 4);
  return copy;
}

/** What the parsers made of an input, without its numbers: `intel-hex`, or `image-crc: a, line #: checksum …`. */
function behaviour(input, isPatch) {
  try {
    if (isPatch) return `${applyPatches(base, parsePatchFile(input.toString('latin1'), 'a')).segments.length} runs`;
    const parsed = parseImage(input, 'a', next(2) === 0 ? { address: flash } : {});
    checkImage(parsed, input.length);
    return `${parsed.format} ${Math.min(parsed.segments.length, 5)} ${parsed.otherAlternates?.length ?? ''}`;
  } catch (error) {
    if (!(error instanceof BootctlError)) throw error;
    return `${error.code}: ${error.message.replace(/(0x)?[0-9A-F_]+|'.*'|".*"/gis, '#')}`;
  }
}

function checkImage({ segments, bytes, sha256, compression, ...rest }, size) {
  const wrong = (what) => {
    throw new Error(`broken promise: ${what}`);
  };
  let end = -1;
  for (const { address, data } of segments) {
    if (address <= end) wrong('segments touch, overlap or fall');
    if (data.length === 0 || address + data.length > 2 ** 32) wrong('a segment is empty or leaves 32 bits');
    end = address + data.length;
  }
  if (segments.reduce((sum, { data }) => sum + data.length, 0) !== bytes) wrong('bytes is not the sum');
  if (!compression && bytes > size) wrong(`${bytes} bytes out of a file of ${size}`);
  if (bytes > 0 && next(16) === 0) {
    const again = parseImage(
      writeImage({ segments, bytes, sha256, ...rest, otherAlternates: [] }, writerFor('hex')),
      'again',
    );
    if (again.sha256 !== sha256 || again.segments.length !== segments.length)
      wrong('written and read again it differs');
  }
}

async function fuzz(inputs, seed) {
  state = seed;
  const corpora = formats.map((format) => ({
    ...format,
    corpus: [...format.seeds],
    seen: new Set(),
    images: 0,
    inputs: 0,
  }));
  const started = performance.now();
  let slowestSeen = 0;
  let peak = 0;
  for (let count = 0; count < inputs; count++) {
    const format = corpora[count % corpora.length];
    let input = format.corpus[next(format.corpus.length)];
    for (let times = 1 + next(4); times > 0 && input.length > 0; times--)
      input = mutations[next(mutations.length)](input);
    if (format.repair && next(4) > 0) input = format.repair(input);
    if (input.length > largest) input = input.subarray(0, largest);
    const before = process.cpuUsage();
    let what;
    try {
      what = behaviour(input, format.isPatch);
    } catch (error) {
      console.error(`${format.name}, input ${count}, seed ${seed}: ${Buffer.from(input).toString('base64')}`);
      throw error;
    }
    const { user, system } = process.cpuUsage(before);
    const took = (user + system) / 1000;
    slowestSeen = Math.max(slowestSeen, took);
    if (took > slowest) throw new Error(`${format.name}, input ${count}: ${took} ms for ${input.length} bytes`);
    format.inputs++;
    if (!what.startsWith('image-') && !what.startsWith('usage')) format.images++;
    if (!format.seen.has(what)) {
      format.seen.add(what);
      if (format.corpus.length < kept) format.corpus.push(Buffer.from(input));
    }
    if (count % 1_000 === 0) {
      await new Promise(setImmediate); // zlib frees what a refused gzip file held when the loop turns
      peak = Math.max(peak, process.memoryUsage.rss());
    }
  }
  console.log(`${'format'.padEnd(12)} ${'inputs'.padStart(9)} ${'accepted'.padStart(9)} ${'behaviours'.padStart(11)}`);
  for (const { name, inputs: done, images, seen } of corpora) {
    console.log(
      `${name.padEnd(12)} ${String(done).padStart(9)} ${String(images).padStart(9)} ${String(seen.size).padStart(11)}`,
    );
  }
  const took = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${inputs} inputs in ${took} s, slowest ${slowestSeen.toFixed(0)} ms, peak RSS ${(peak / 2 ** 20).toFixed(0)} MiB; nothing but images and BootctlErrors`,
  );
}

const hexLine = (type, offset, data) => {
  const bytes = [data.length, offset >> 8, offset & 0xff, type, ...data];
  return `:${Buffer.from([...bytes, -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff]).toString('hex')}\n`;
};
const bank = (order) => order.map((offset) => hexLine(0, offset, [offset & 0xff])).join('');
const rising = Array.from({ length: 0x10000 }, (_, index) => index);
const banks = (order, count) =>
  Array.from({ length: count }, (_, index) => hexLine(4, 0, [8, index]) + bank(order)).join('');
const end = ':00000001FF\n';
/** Files of about 16 MiB that a careless parser pays for many times. */
const adversarial = {
  'HEX, records of 1 byte': () => `${banks(rising, 16)}${end}`,
  'HEX, records of 1 byte, falling': () => `${banks([...rising].reverse(), 16)}${end}`,
  'HEX, every second byte (refused)': () =>
    `${banks(
      rising.filter((one) => one % 2 === 0),
      32,
    )}${end}`,
  'HEX, 4 GiB apart': () => `${bank([0])}${hexLine(4, 0, [0xff, 0xff])}${bank([0xffff])}${end}`,
  'HEX, one line of 16 MiB (refused)': () => `:${'00'.repeat(8 * 2 ** 20)}\n${end}`,
  'HEX, 8 Mi blank lines': () => `${bank([1])}${'\r\n'.repeat(8 * 2 ** 20)}${end}`,
  'gzip of 1 GiB of zeros (refused)': () => gzipSync(Buffer.alloc(2 ** 30), { level: 1 }),
};

/** Each in a process of its own: peak resident memory above what the process has with the file read. */
function memory(name) {
  if (name === undefined) {
    for (const key of Object.keys(adversarial)) {
      const { stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'memory', key], {
        encoding: 'utf8',
      });
      process.stdout.write(stdout || stderr);
    }
    return;
  }
  const path = `${process.env.TMPDIR ?? '/tmp'}/bootctl-fuzz-${process.pid}`;
  const make = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'make', name], { maxBuffer: 2 ** 30 });
  const file = make.stdout;
  globalThis.gc?.();
  const before = process.resourceUsage().maxRSS;
  const started = performance.now();
  let what;
  try {
    what = `${parseImage(file, path, {}).bytes} bytes`;
  } catch (error) {
    if (!(error instanceof BootctlError)) throw error;
    what = error.code;
  }
  const took = performance.now() - started;
  const grown = (process.resourceUsage().maxRSS - before) * 1024;
  const figures = `${(file.length / 2 ** 20).toFixed(1)} MiB, +${(grown / 2 ** 20).toFixed(0)} MiB (${(grown / file.length).toFixed(1)} x)`;
  console.log(`${name.padEnd(36)} ${figures.padEnd(32)} ${took.toFixed(0).padStart(5)} ms  ${what}`);
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'make') process.stdout.write(adversarial[rest[0]]());
else if (mode === 'memory') memory(rest[0]);
else await fuzz(Number(mode ?? 1_000_000), Number(rest[0] ?? 1));
