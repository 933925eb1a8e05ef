import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import { isGzip } from '../../src/image/formats/gzip.ts';
import { addressedFormats, refusedFormats } from '../../src/image/known-formats.ts';
import { isText } from '../../src/image/known-texts.ts';
import { makeImage } from '../../src/image/make-image.ts';
import { mergeSegments } from '../../src/image/merge-segments.ts';
import { writeImage, writerFor, writers } from '../../src/image/write-image.ts';
import { dfuseFile, elfFile, fixture, parse, refusalOf, runsOf } from '../helpers/image-files.ts';

/** Images with gaps of any size, touching runs, and ends at 64 KiB borders. */
const images = (highest: number) =>
  fc
    .record({
      start: fc.integer({ min: 0, max: highest }),
      runs: fc.array(
        fc.record({
          gap: fc.integer({ min: 0, max: 0x2_0000 }),
          data: fc.uint8Array({ minLength: 1, maxLength: 600 }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      entry: fc.option(fc.integer({ min: 1, max: 0xffff_ffff }), { nil: undefined }),
    })
    .map(({ start, runs, entry }) => {
      let address = start;
      const parts = runs.map(({ gap, data }) => {
        const at = address + gap;
        address = at + data.length;
        return { address: at, data, origin: 'made up' };
      });
      const segments = mergeSegments(parts, 'made up');
      return makeImage('made up', 'binary', { segments, ...(entry === undefined ? {} : { entry }) });
    });
const anywhere = images(0xffff_ffff - 0x20_0000);
const write = (image: FirmwareImage, to: string) => writeImage(image, writerFor(to)!);
/** Bytes that nobody would take for a raw binary: a lone ':' is a record, FF FE in front the mark of UTF-16. */
const looksLikeAnother = (file: Uint8Array) =>
  isText(file) || isGzip(file) || [...addressedFormats, ...refusedFormats].some(({ matches }) => matches(file));

describe('what is written and read again is the same', () => {
  test.each(['hex', 'srec', 'dfu'])('%s: all bytes at their addresses, also packed', (to) => {
    fc.assert(
      fc.property(anywhere, fc.boolean(), (image, isPacked) => {
        const file = write(image, to);
        const again = parse(isPacked ? gzipSync(file) : file);
        expect(runsOf(again)).toEqual(runsOf(image));
        expect(again.sha256).toBe(image.sha256);
        expect(again.compression).toBe(isPacked ? 'gzip' : undefined);
        if (to !== 'dfu') expect(again.entry).toBe(image.entry);
      }),
    );
  });

  test('bin: all bytes at their addresses, 0xFF in the gaps', () => {
    fc.assert(
      fc.property(anywhere, (image) => {
        const file = write(image, 'bin');
        fc.pre(!looksLikeAnother(file));
        const [segment] = parse(file, { address: image.segments[0]!.address }).segments;
        const covered = new Uint8Array(segment!.data.length);
        for (const { address, data } of image.segments) {
          const at = address - segment!.address;
          expect(Buffer.compare(segment!.data.subarray(at, at + data.length), data)).toBe(0);
          covered.fill(1, at, at + data.length);
        }
        expect(segment!.data.every((byte, index) => covered[index] === 1 || byte === 0xff)).toBe(true);
      }),
    );
  });

  test('uf2: all bytes at their addresses, whole pages of 256, and the family', () => {
    fc.assert(
      fc.property(anywhere, fc.integer({ min: 0, max: 0xffff_ffff }), (image, family) => {
        const again = parse(writeImage(image, writerFor('uf2')!, { uf2Family: family }));
        expect(again.uf2Family).toBe(family);
        for (const { address, data } of image.segments) {
          const around = again.segments.find(
            (one) => one.address <= address && address < one.address + one.data.length,
          )!;
          const at = address - around.address;
          expect(Buffer.compare(around.data.subarray(at, at + data.length), data)).toBe(0);
        }
        expect(again.segments.every((one) => one.address % 256 === 0 && one.data.length % 256 === 0)).toBe(true);
      }),
    );
  });

  test('from one format to the next and back: HEX, S-records, DfuSe, HEX', () => {
    fc.assert(
      fc.property(anywhere, (image) => {
        const first = write(image, 'hex');
        const srec = write(parse(first), 'srec');
        const last = write(
          { ...parse(write(parse(srec), 'dfu')), ...(image.entry === undefined ? {} : { entry: image.entry }) },
          'hex',
        );
        expect(Buffer.compare(first, last)).toBe(0);
      }),
    );
  });

  test('ELF of program headers only', () => {
    fc.assert(
      fc.property(images(0x7fff_ffff), (image) => {
        const parts = image.segments.map(({ address, data }) => ({
          physical: address,
          virtual: 0x2000_0000,
          data: [...data],
        }));
        expect(runsOf(parse(elfFile(parts)))).toEqual(runsOf(image));
      }),
      { numRuns: 30 },
    );
  });
});

test('S-records take the narrowest addresses that hold everything, the entry included', () => {
  const types = (address: number, entry?: number) => {
    const segments = [{ address, data: Uint8Array.of(1), origin: '' }];
    const text = Buffer.from(
      write(makeImage('a', 'binary', { segments, ...(entry ? { entry } : {}) }), 'srec'),
    ).toString();
    return [...text.matchAll(/^S[0-9]/gm)].join(' ');
  };
  expect(types(0xffff)).toBe('S0 S1 S9');
  expect(types(0x1_0000)).toBe('S0 S2 S8');
  expect(types(0, 0x1_0000)).toBe('S0 S2 S8');
  expect(types(0x100_0000)).toBe('S0 S3 S7');
});

describe('what a format cannot hold', () => {
  const far = parse(':01000000AA55\n:02000004FFFFFC\n:01FFFF00BB46\n:00000001FF\n');
  const withOptions = parse(
    dfuseFile([
      { alternate: 0, elements: [[0, [1]]] },
      { alternate: 1, elements: [[2, [3]]] },
    ]),
  );
  test.each([
    ['a binary of 4 GiB', far, 'bin', 'as a raw binary that is 4294967296 bytes, nearly all of them gaps'],
    ['an alternate setting in Intel HEX', withOptions, 'hex', 'alternate setting 1, which only a DfuSe file can hold'],
  ])('%s', (_what, image, to, message) => {
    const error = refusalOf(() => write(image, to));
    expect([error.code, error.message]).toEqual(['image-not-convertible', expect.stringContaining(message)]);
  });

  test('more pages than a UF2 file may have, without allocating them', () => {
    const segments = [{ address: 0, data: new Uint8Array(256 * 0x4_0000 + 1), origin: '' }];
    const image = { name: 'a', format: 'binary', segments, bytes: segments[0]!.data.length, sha256: '' } as const;
    expect(refusalOf(() => write(image, 'uf2')).code).toBe('image-not-convertible');
  });
});

test('a DfuSe file keeps its other targets and ids when it is written again', () => {
  const image = parse(
    dfuseFile([
      { alternate: 0, name: 'Internal Flash', elements: [[0x0800_0000, [1]]] },
      { alternate: 3, name: 'x', elements: [[2, [3]]] },
    ]),
  );
  const again = parse(write(image, 'dfu'));
  expect([again.dfuSuffix, again.otherAlternates![0]!.alternate, again.otherAlternates![0]!.name]).toEqual([
    image.dfuSuffix,
    3,
    'x',
  ]);
});

test('every ending names one writer', () => {
  const endings = writers.flatMap((writer) => writer.endings);
  expect(new Set(endings).size).toBe(endings.length);
  expect(writerFor('S19')?.format).toBe('s-record');
  expect(writerFor('elf')).toBeUndefined();
});

test('packed files: positions count inside; a cut, a changed and a large one are told apart', () => {
  const hex = fixture('blink-f405.hex');
  const packed = gzipSync(hex);
  expect(parse(packed)).toMatchObject({ format: 'intel-hex', compression: 'gzip', bytes: 33_700 });
  const changed = Buffer.from(packed);
  changed[changed.length - 8]! ^= 1; // CRC32 of RFC 1952 §2.3.1
  const garbled = Buffer.from(packed);
  garbled.fill(0xff, 20, 40);
  expect(
    [packed.subarray(0, 1000), changed, garbled, gzipSync(Buffer.alloc(129 * 1024 * 1024)), gzipSync('')].map(
      (file) => refusalOf(() => parse(file)).code,
    ),
  ).toEqual(['image-truncated', 'image-crc', 'image-malformed', 'image-too-large', 'image-empty']);
});

test('65 537 separate runs are no flash image', () => {
  const record = (offset: number) =>
    `:01${offset.toString(16).padStart(4, '0').toUpperCase()}0000${((0x100 - ((1 + (offset >> 8) + offset) & 0xff)) & 0xff).toString(16).padStart(2, '0')}`;
  const bank = Array.from({ length: 0x8000 }, (_, index) => record(index * 2)).join('\n');
  const upper = [':020000040000FA', ':020000040001F9', ':020000040002F8'];
  expect(parse([upper[0], bank, upper[1], bank, ':00000001FF'].join('\n')).segments).toHaveLength(65_536);
  const error = refusalOf(() => parse([upper[0], bank, upper[1], bank, upper[2], record(0), ':00000001FF'].join('\n')));
  expect([error.code, error.message]).toEqual(['image-too-large', 'a has more than 65536 separate runs of bytes']);
});

/** A small part of test/fuzz/image.mjs, on every run. */
test('a damaged file of any format ends in an image within its own size or in a BootctlError', () => {
  const image = parse(fixture('blink-f405.hex'));
  const small = { ...image, segments: [{ ...image.segments[0]!, data: image.segments[0]!.data.subarray(0, 300) }] };
  const files = [
    ...writers.map((writer) => writeImage(small, writer)),
    fixture('blink-f405.elf'),
    gzipSync(write(small, 'hex')),
  ];
  const damage = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(damage, { minLength: 1, maxLength: 6 }),
      fc.nat(),
      (file, changes, cut) => {
        const copy = Uint8Array.from(file);
        for (const { at, byte } of changes) copy[at % copy.length] = byte;
        const input = cut % 3 === 0 ? copy.subarray(0, cut % copy.length) : copy;
        try {
          const { bytes, compression } = parse(input, cut % 2 === 0 ? { address: 0x0800_0000 } : {});
          expect(compression === 'gzip' || bytes <= input.length).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BootctlError);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
