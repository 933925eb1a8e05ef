import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BootctlError, type ErrorCode } from '../../src/base/errors.ts';
import { type ImageOptions, parseImage, readImage } from '../../src/image/load-image.ts';

const fixture = (name: string) => new URL(`../fixtures/firmware/${name}`, import.meta.url).pathname;
const bytesOf = (name: string) => readFileSync(fixture(name));
const hex = (...lines: readonly string[]) => Buffer.from([...lines, ':00000001FF', ''].join('\n'));

function refusal(bytes: Uint8Array, options: ImageOptions = {}): BootctlError {
  try {
    parseImage(bytes, 'a file', options);
  } catch (error) {
    if (error instanceof BootctlError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('refused', () => {
  test.each([
    ['an xz file', Buffer.from('fd377a585a000000', 'hex'), 'Unpack'],
    ['a bzip2 file', Buffer.from('BZh91AY&SY'), 'Unpack'],
    ['UTF-16 text', Buffer.from('\ufeff:00000001FF', 'utf16le'), 'PowerShell'],
    ['gzip inside gzip', gzipSync(gzipSync(bytesOf('blink-f405.bin'))), 'once'],
  ])('%s, also with an address', (what, bytes, hint) => {
    for (const error of [refusal(bytes), refusal(bytes, { address: 0x0800_0000 })]) {
      expect(error.code).toBe('image-unsupported');
      expect(error.message).toBe(`a file is ${what}`);
      expect(error.hint).toContain(hint);
    }
  });

  test.each<[string, Uint8Array, ImageOptions, ErrorCode, string]>([
    ['no bytes', Buffer.alloc(0), {}, 'image-empty', 'a file has 0 bytes'],
    ['Intel HEX without data', hex(), {}, 'image-empty', 'a file holds no data'],
    [
      'a raw binary without an address',
      bytesOf('blink-f405.bin'),
      {},
      'image-address-required',
      'a file is a raw binary of 49184 bytes',
    ],
    [
      'Intel HEX with an address',
      bytesOf('blink-f405.hex'),
      { address: 0x0800_0000 },
      'usage',
      'a file is Intel HEX and carries its own addresses',
    ],
    [
      'a raw binary past 4 GiB',
      Buffer.alloc(2),
      { address: 0xffff_ffff },
      'image-out-of-range',
      'a file: 2 bytes at 0xFFFF_FFFF leave the 32-bit space',
    ],
    [
      'an address below 0',
      Buffer.alloc(2),
      { address: -1 },
      'image-out-of-range',
      'a file: 2 bytes at -1 leave the 32-bit space',
    ],
    [
      'an address between bytes',
      Buffer.alloc(2),
      { address: 0.5 },
      'image-out-of-range',
      'a file: 2 bytes at 0.5 leave the 32-bit space',
    ],
    [
      'two records for one address',
      hex(':020000040800F2', ':04000000AABBCCDDEE', '', ':0200020001CC2F'),
      {},
      'image-overlap',
      'a file: 0x0800_0002 is 0xcc by line 2 and 0x01 by line 4',
    ],
    [
      'an overlap that is neither first nor last',
      hex(':04000000AABBCCDDEE', ':02000600010DEA', ':040003000102030AE9'),
      {},
      'image-overlap',
      'a file: 0x0000_0003 is 0xdd by line 1 and 0x01 by line 3',
    ],
    ['damaged Intel HEX', Buffer.from(':0200000408\x00\x00'), {}, 'image-malformed', ''],
  ])('%s', (_what, bytes, options, code, message) => {
    const error = refusal(bytes, options);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe('merging', () => {
  const runs = (bytes: Uint8Array) =>
    parseImage(bytes, 'a').segments.map(({ address, data, origin }) => [
      address,
      Buffer.from(data).toString('hex'),
      origin,
    ]);

  test('sorts, joins what touches, keeps gaps and the origin of the lowest record', () => {
    expect(runs(hex(':02001000AABB89', ':020000000102FB', ':020002000304F5'))).toEqual([
      [0, '01020304', 'line 2'],
      [0x10, 'aabb', 'line 1'],
    ]);
  });

  test('identical overlap is one copy, also a record inside another', () => {
    expect(runs(hex(':04000000AABBCCDDEE', ':01000100BB43', ':02000300DDEE30'))).toEqual([[0, 'aabbccddee', 'line 1']]);
  });

  test('a gap of 3.9 GiB costs nothing', () => {
    const image = parseImage(hex(':01000000AA55', ':02000004FFFFFC', ':01FFFF00BB46'), 'a');
    expect(image.segments.map(({ address }) => address)).toEqual([0, 0xffff_ffff]);
    expect(image.bytes).toBe(2);
  });
});

describe('the fixture, as objcopy wrote it', () => {
  const image = parseImage(bytesOf('blink-f405.hex'), 'blink-f405.hex');
  const flat = bytesOf('blink-f405.bin');

  test('has the two runs and the entry of the ELF file', () => {
    expect(image).toMatchObject({ name: 'blink-f405.hex', format: 'intel-hex', bytes: 33_700, entry: 0x0800_018d });
    expect(image.segments.map(({ address, data }) => [address, data.length])).toEqual([
      [0x0800_0000, 0x8384],
      [0x0800_c000, 0x20],
    ]);
  });

  test('agrees byte for byte with objcopy -O binary', () => {
    for (const { address, data } of image.segments) {
      const at = address - 0x0800_0000;
      expect(Buffer.compare(data, flat.subarray(at, at + data.length))).toBe(0);
    }
  });

  test('sha256 is over the segments, without the gap', () => {
    const expected = createHash('sha256').update(flat.subarray(0, 0x8384)).update(flat.subarray(0xc000)).digest('hex');
    expect(image.sha256).toBe(expected);
  });

  test('the raw binary is one run at the address asked for', () => {
    const raw = parseImage(flat, 'blink-f405.bin', { address: 0x0800_0000 });
    expect(raw).toMatchObject({ format: 'binary', bytes: 49_184 });
    expect(raw.segments).toEqual([{ address: 0x0800_0000, data: new Uint8Array(flat), origin: 'offset 0x0' }]);
    expect(raw.sha256).toBe(createHash('sha256').update(flat).digest('hex'));
    expect(raw).not.toHaveProperty('entry');
  });
});

test('a byte order mark and leading blank lines do not hide Intel HEX', () => {
  expect(parseImage(Buffer.from('\ufeff\r\n:01000000AA55\n:00000001FF\n'), 'a').bytes).toBe(1);
});

test('a raw binary that starts with a colon stays raw', () => {
  const bytes = Buffer.from([0x3a, 0x00, 0x02, 0x20, 0x8d, 0x01, 0x00, 0x08]);
  expect(parseImage(bytes, 'a', { address: 0 }).format).toBe('binary');
});

describe('readImage', () => {
  test('reads a file under its path, and standard input for `-`', async () => {
    const path = fixture('blink-f405.hex');
    const file = await readImage(path);
    expect(file.name).toBe(path);
    const piped = await readImage('-', { standardInput: async () => bytesOf('blink-f405.hex') });
    expect(piped).toEqual({ ...file, name: 'standard input' });
  });

  test.each([
    ['a missing file', (folder: string) => join(folder, 'none.hex'), 'ENOENT'],
    ['a folder', (folder: string) => folder, 'EISDIR'],
  ])('%s is image-unreadable and keeps its cause', async (_what, path, reason) => {
    const folder = mkdtempSync(join(tmpdir(), 'bootctl-'));
    try {
      const error = await readImage(path(folder)).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'image-unreadable', cause: { code: reason } });
      expect((error as Error).message).toContain(path(folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('`-` without standard input is image-unreadable', async () => {
    await expect(readImage('-')).rejects.toMatchObject({ code: 'image-unreadable' });
  });
});
