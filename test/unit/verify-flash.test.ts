import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { readTwice } from '../../src/ops/engine/read-twice.ts';
import type { Run } from '../../src/ops/engine/runs.ts';
import { mismatchHint, seeLastUnit, seeSame, verifyRuns } from '../../src/ops/engine/verify-flash.ts';
import { bytes, flashBase, MemoryBootloader } from '../helpers/memory-bootloader.ts';

const { signal } = new AbortController();
const content = bytes(4096);
const run = (offset: number, data: Uint8Array): Run => ({ address: flashBase + offset, data });
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );

/** What a verification comes to, and the bytes that it counts. */
async function verify(target: MemoryBootloader, ...runs: readonly Run[]) {
  let counted = 0;
  const count = (length: number) => {
    counted += length;
  };
  const error = await failure(verifyRuns(target, runs, count, signal));
  return { error, counted, log: target.log };
}

describe('what was written is read back', () => {
  test('and all of it counts', async () => {
    const target = new MemoryBootloader({ content });
    const runs = [run(0, content.subarray(0, 100)), run(1024, content.subarray(1024, 1100))];
    expect(await verify(target, ...runs)).toMatchObject({ error: 'resolved', counted: 176 });
  });

  test('every difference counts, and the first is told with both bytes', async () => {
    const target = new MemoryBootloader({ content });
    const data = content.slice(0, 200);
    data[70] = 0x0a;
    data[150] = 0x0b;
    const first = content[70]!;
    expect(await verify(target, run(0, data))).toMatchObject({
      error: {
        code: 'verify-mismatch',
        message: `2 bytes differ; the first at 0x0800_0046: expected 0x0a, read 0x${first.toString(16).padStart(2, '0')}`,
        details: { address: flashBase + 70, count: 2, expected: 0x0a, found: first },
      },
      counted: 200,
    });
  });

  test('bytes that the bootloader does not give differ', async () => {
    const target = new MemoryBootloader({ content, reads: (found) => found.subarray(0, 40) });
    expect(await verify(target, run(0, content.subarray(0, 100)))).toMatchObject({
      error: {
        message: expect.stringContaining('60 bytes differ; the first at 0x0800_0028: expected 0x'),
        details: { address: flashBase + 40, count: 60, found: -1 },
      },
      counted: 100,
    });
    const none = new MemoryBootloader({ reads: (found) => found.subarray(0, 0) });
    const one = await verify(none, run(0, content.subarray(0, 1)));
    expect(one.error.message).toBe('1 byte differ; the first at 0x0800_0000: expected 0x0e, read nothing');
  });
});

describe('a ROM that answers every read with the same block', () => {
  const alike = new Uint8Array(256).fill(0x55);
  /** Its blocks are all the first one; a read of another length has its own pointer. */
  const stuck = (first: Uint8Array) =>
    new MemoryBootloader({
      content: first,
      reads: (found) => (found.length % 64 === 0 ? alike.subarray(0, found.length) : found),
    });

  test('is seen by one unit with its own pointer, where all blocks are alike', async () => {
    const other = alike.slice();
    other.fill(0x33, 224);
    expect(await verify(stuck(other), run(0, alike))).toMatchObject({
      error: { code: 'verify-mismatch', details: { address: flashBase + 224, count: 32 } },
    });
    const good = await verify(stuck(alike), run(0, alike));
    expect([good.error, good.log.at(-1)]).toEqual(['resolved', 'read 224 32']);
  });

  test('the unit is the last one of the block, however long that is', async () => {
    const target = new MemoryBootloader({ content: alike, block: 128 });
    await seeLastUnit(target, [run(0, alike)], signal);
    expect(target.log).toEqual(['read 224 32']);
  });

  test.each<[string, readonly Run[], readonly string[]]>([
    ['one block alone needs no look', [run(0, alike.subarray(0, 64))], []],
    ['blocks that differ need none', [run(0, content.subarray(0, 256))], []],
    ['nor does a difference anywhere but in the last', [run(0, Uint8Array.from([...alike, 1])), run(1024, alike)], []],
    ['nothing at all needs none', [], []],
    [
      'of a last block that is short, no more than it has',
      [run(0, alike.subarray(0, 20)), run(64, alike.subarray(0, 20))],
      ['read 64 20'],
    ],
    ['the last unit of all runs', [run(0, alike.subarray(0, 64)), run(1024, alike.subarray(0, 128))], ['read 1120 32']],
  ])('%s', async (_name, runs, log) => {
    const target = new MemoryBootloader({ reads: (found) => found.fill(0x55) });
    await seeLastUnit(target, runs, signal);
    expect(target.log).toEqual(log);
  });
});

test('the same bytes are seen as such', () => {
  expect(() => seeSame(flashBase, content, content.slice())).not.toThrow();
  expect(() => seeSame(flashBase, content, content.subarray(1))).toThrow(BootctlError);
});

test('a mismatch may have a hint of its own, other failures keep theirs', () => {
  expect(mismatchHint(new BootctlError('verify-mismatch', 'x'), 'look there')).toMatchObject({ hint: 'look there' });
  const lost = new BootctlError('target-lost', 'gone');
  expect(mismatchHint(lost, 'look there')).toBe(lost);
});

describe('flash is read twice', () => {
  async function read(target: MemoryBootloader, offset: number, length: number) {
    let counted = 0;
    const count = (piece: number) => {
      counted += piece;
    };
    const data = await readTwice(target, flashBase + offset, length, count, signal);
    return { data: Buffer.from(data).toString('hex'), counted, log: target.log };
  }
  const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');

  test('from the start of the blocks, and all that was asked for is given', async () => {
    const { data, counted, log } = await read(new MemoryBootloader({ content }), 10, 200);
    expect(data).toBe(hex(content.subarray(10, 210)));
    expect(counted).toBe(400);
    expect(log[0]).toBe('probe');
    expect(log.filter((line) => line === 'read 0 64')).toHaveLength(2);
    expect(log).not.toContain('cautious');
  });

  test.each([
    { name: 'blocks that are alike', content: new Uint8Array(192).fill(0x55), cautious: true },
    { name: 'also where the last one is short', content: new Uint8Array(150).fill(0x55), cautious: true },
    { name: 'not a single block', content: new Uint8Array(64).fill(0x55), cautious: false },
    {
      name: 'not where one differs',
      content: Uint8Array.from([...new Uint8Array(128).fill(0x55), 1]),
      cautious: false,
    },
  ])('with a pointer for each block the second time: $name', async ({ content, cautious }) => {
    const { log, data } = await read(new MemoryBootloader({ content }), 0, content.length);
    expect(log.includes('cautious')).toBe(cautious);
    expect(data).toBe(hex(content));
  });

  test('where the first time was of one block alone, a third one decides', async () => {
    const first = (count: number) => count <= 2; // the reads of the first pass: one block, then two
    const reads = (found: Uint8Array, _: number, count: number) => (first(count) ? found.fill(0x55) : found);
    const { data, counted, log } = await read(new MemoryBootloader({ content, reads }), 0, 192);
    expect(data).toBe(hex(content.subarray(0, 192)));
    expect(counted).toBe(384);
    expect(log.filter((line) => line.startsWith('read'))).toHaveLength(6);
  });

  test('bytes that differ are counted, and the first is told', async () => {
    const reads = (found: Uint8Array, address: number, count: number) => {
      if (address === flashBase + 64 && count > 2) found[3]! ^= 1;
      if (address === flashBase + 64 && count > 2) found[9]! ^= 1;
      return found;
    };
    expect(await failure(read(new MemoryBootloader({ content, reads }), 0, 192))).toMatchObject({
      code: 'read-differs',
      message: expect.stringContaining('2 bytes differ; the first at 0x0800_0043'),
      details: { address: flashBase + 67, count: 2 },
    });
  });

  test('a bootloader that ends early is no flash of fewer bytes', async () => {
    const target = new MemoryBootloader({ content, reads: (found) => found.subarray(0, 8) });
    expect(await failure(read(target, 0, 64))).toMatchObject({
      code: 'dfu-malformed',
      message: expect.stringContaining('0x0800_0008'),
    });
  });
});
