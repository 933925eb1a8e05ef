import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fixture, parse, refusalOf, runsOf, suffixed } from '../helpers/image-files.ts';
import { autopilotPackage, type ZipEntry, zipFile } from '../helpers/packed-files.ts';

const hex = { name: 'build/blink-f405.hex', data: fixture('blink-f405.hex') };
const bin = { name: 'blink-f405.bin', data: fixture('blink-f405.bin') };
const readme = { name: 'README.md', data: Buffer.from('# Blink\n') };
const small = { name: 'a.bin', data: Buffer.from([1, 2, 3, 4]) };

describe('the one firmware file in an archive', () => {
  test.each<[string, readonly ZipEntry[]]>([
    ['alone', [hex]],
    ['stored', [{ ...hex, isStored: true }]],
    [
      'beside a text, a folder and what file managers add',
      [
        { name: 'build/', data: Buffer.alloc(0) },
        readme,
        { name: '__MACOSX/build/._blink-f405.hex', data: Buffer.from('x') },
        { name: '.DS_Store', data: Buffer.from('x') },
        hex,
      ],
    ],
  ])('%s', (_what, entries) => {
    const image = parse(zipFile(entries, { comment: 'build 7' }));
    expect(image).toMatchObject({
      name: 'a: build/blink-f405.hex',
      format: 'intel-hex',
      compression: 'zip',
      bytes: 33_700,
    });
    expect(runsOf(image)).toEqual(runsOf(parse(hex.data)));
  });

  test('a raw binary takes the address; ELF, a DFU suffix and a package of ArduPilot are read inside', () => {
    expect(runsOf(parse(zipFile([small]), { address: 0x0800_8000 }))).toEqual([[0x0800_8000, '01020304']]);
    expect(refusalOf(() => parse(zipFile([small]))).code).toBe('image-address-required');
    expect(parse(zipFile([{ name: 'f.elf', data: fixture('blink-f405.elf') }])).format).toBe('elf');
    const suffix = parse(zipFile([{ name: 'f.dfu', data: suffixed(small.data) }]), { address: 0 });
    expect(suffix.dfuSuffix).toMatchObject({ productId: 0xdf11 });
    const apj = zipFile([{ name: 'f.apj', data: autopilotPackage(small.data) }]);
    expect(parse(apj, { address: 0x0800_4000 }).compression).toBe('apj');
  });
});

describe('refused', () => {
  test.each<[string, Uint8Array, string, string]>([
    [
      'two firmware files',
      zipFile([hex, bin]),
      'image-unsupported',
      'a is a zip file with 2 firmware files: build/blink-f405.hex, blink-f405.bin',
    ],
    ['none', zipFile([readme]), 'image-unsupported', 'a is a zip file without a firmware file: README.md'],
    ['an empty archive', zipFile([]), 'image-unsupported', 'a is a zip file without a firmware file: it is empty'],
    [
      'many files',
      zipFile(Array.from({ length: 9 }, (_, index) => ({ ...readme, name: `${index}.md` }))),
      'image-unsupported',
      '0.md, 1.md, 2.md, 3.md, 4.md and 4 more',
    ],
    [
      'a package of nrfutil',
      zipFile([{ name: 'manifest.json', data: Buffer.from('{}') }, { name: 'app.dat', data: Buffer.from('x') }, small]),
      'image-unsupported',
      'a is a DFU package of Nordic',
    ],
    ['an encrypted file', zipFile([{ ...small, flags: 0x801 }]), 'image-unsupported', 'a: a.bin is encrypted'],
    ['another method', zipFile([{ ...small, method: 14 }]), 'image-unsupported', 'a: a.bin is packed by method 14'],
    ['a wrong CRC', zipFile([{ ...small, crc: 1 }]), 'image-crc', 'a: a.bin fails the check of its zip data'],
    [
      'fewer bytes than announced',
      zipFile([{ ...small, size: 5 }]),
      'image-malformed',
      'unpacks to 4 bytes, and 5 are announced',
    ],
    [
      'more bytes than announced',
      zipFile([{ ...small, size: 3 }]),
      'image-malformed',
      'a: a.bin unpacks to more than the 3 bytes that are announced',
    ],
    [
      'stored bytes that are more than announced',
      zipFile([{ ...small, isStored: true, size: 3 }]),
      'image-malformed',
      'unpacks to 4 bytes, and 3',
    ],
    [
      'no file where the directory says',
      zipFile([{ ...small, offset: 7 }]),
      'image-malformed',
      'a: a.bin has damaged zip data: Invalid LOC header (bad signature)',
    ],
    [
      'more entries than there are',
      zipFile([small], { count: 2 }),
      'image-malformed',
      'a has damaged zip data: Number of disk entries is too large',
    ],
    [
      'two files of one name',
      zipFile([small, small]),
      'image-malformed',
      'a has damaged zip data: Duplicate entry name',
    ],
    ['too many entries', zipFile([small], { count: 10_001 }), 'image-unsupported', 'a is a zip file with 10001 files'],
    [
      'a cut archive',
      zipFile([hex]).subarray(0, 900),
      'image-truncated',
      'a is a zip file that ends before its directory',
    ],
    [
      'gzip inside',
      zipFile([{ name: 'a.bin', data: gzipSync(small.data) }]),
      'image-unsupported',
      'a: a.bin is gzip inside zip',
    ],
    ['zip inside', zipFile([{ name: 'a.bin', data: zipFile([small]) }]), 'image-unsupported', 'a: a.bin is a zip file'],
    [
      'an empty file',
      zipFile([{ name: 'a.bin', data: Buffer.alloc(0) }]),
      'image-empty',
      'a: a.bin unpacks to 0 bytes',
    ],
    [
      'text by the name of firmware',
      zipFile([{ name: 'a.bin', data: Buffer.from('404: Not Found') }]),
      'image-unsupported',
      'a: a.bin is text',
    ],
    ['zip inside gzip', gzipSync(zipFile([small])), 'image-unsupported', 'a is a zip file'],
    ['a name with controls', zipFile([{ ...readme, name: 'x\u001b[2J.md' }]), 'image-unsupported', 'x\\u001b[2J.md'],
  ])('%s', (_what, file, code, message) => {
    const error = refusalOf(() => parse(file, { address: 0x0800_8000 }));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
  });

  test('a bomb: what is announced is refused before it is unpacked, what is not announced stops at the announcement', () => {
    const announced = zipFile([{ ...small, size: 140 * 1024 * 1024 }]);
    expect(refusalOf(() => parse(announced, { address: 0 })).message).toBe('a: a.bin unpacks to more than 128 MiB');
    const bomb = zipFile([{ name: 'a.bin', data: Buffer.alloc(64 * 1024 * 1024), size: 1000 }]);
    const before = process.memoryUsage().arrayBuffers;
    const error = refusalOf(() => parse(bomb, { address: 0 }));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    expect([error.code, error.message]).toEqual([
      'image-malformed',
      'a: a.bin unpacks to more than the 1,000 bytes that are announced',
    ]);
  });
});

test("an archive of Python's zipfile with the extra field of ZIP64, where there is a Python", (context) => {
  const script = `import sys, io, zipfile
b = io.BytesIO()
with zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('notes.txt', 'x')
    with z.open('out/firmware.hex', 'w', force_zip64=True) as f: f.write(sys.stdin.buffer.read())
sys.stdout.buffer.write(b.getvalue())`;
  const { stdout, status } = spawnSync('python3', ['-c', script], { input: hex.data, maxBuffer: 1 << 24 });
  if (status !== 0) context.skip('python3 is not installed');
  expect(parse(stdout)).toMatchObject({ name: 'a: out/firmware.hex', bytes: 33_700 });
});
