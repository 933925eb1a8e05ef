import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Bootloader } from '../../machines/bootloader.ts';
import { readTwice } from '../../src/ops/engine/read-twice.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { runCommand } from '../helpers/command.ts';
import { engine, flashBase, pattern } from '../helpers/engine.ts';

const { F405, G0B1 } = romPersonalities;
const folder = mkdtempSync(join(tmpdir(), 'bootctl-read-'));
const never = new AbortController().signal;
const KiB = 1024;

test.each([
  { name: 'different blocks', content: pattern(64 * KiB, 9) },
  {
    name: 'the beginning alike',
    content: new Uint8Array([...new Uint8Array(16 * KiB).fill(0xff), ...pattern(8 * KiB)]),
  },
])('a ROM that ignores wBlockNum: read brings what the flash holds, $name', async ({ content }) => {
  const path = join(folder, 'flash.bin');
  const personality = { ...F405, dfu: { ...F405.dfu, ignoresBlockNumber: true as const } };
  const { result } = await runCommand(
    ['read', path, '--length', '0x6000', '--profile', 'rc-cap', '--simulate', 'crashed', '--json'],
    { personality, arrange: ({ boards }) => boards[0].memory.flash.preload(flashBase, content) },
  );
  expect(result.error).toBeNull();
  expect(Buffer.compare(readFileSync(path), content.subarray(0, 0x6000))).toBe(0);
});

/** A wire that turns one bit of one read around, once. */
function flipping(target: Bootloader, nth: number): Bootloader {
  let reads = 0;
  return new Proxy(target, {
    get: (from, key) => {
      const value = Reflect.get(from, key, from);
      if (key !== 'read') return typeof value === 'function' ? value.bind(from) : value;
      return async (...given: Parameters<Bootloader['read']>) => {
        const data = (await from.read(...given)).slice();
        if (reads++ === nth) data[5]! ^= 0x10;
        return data;
      };
    },
  });
}

test.each([0, 3, 6])('a byte that is garbled in read %i is noticed', async (nth) => {
  const { target } = await engine({ personality: G0B1, content: pattern(64 * KiB, 9) });
  const reading = readTwice(flipping(target, nth), flashBase, 16 * KiB, () => {}, never);
  await expect(reading).rejects.toMatchObject({ code: 'read-differs', exitStatus: 7, details: { count: 1 } });
});

test('it costs one transfer more for each block, and pointers where all blocks are alike', async () => {
  const counts: number[] = [];
  for (const content of [pattern(16 * KiB, 9), new Uint8Array(16 * KiB).fill(0xff)]) {
    const { target, sent } = await engine({ personality: G0B1, content });
    const before = sent.length;
    await readTwice(target, flashBase, 16 * KiB, () => {}, never);
    counts.push(sent.length - before);
  }
  expect(counts[0]).toBeLessThanOrEqual(2 * 16 + 8);
  expect(counts[1]).toBeLessThanOrEqual(7 * 16 + 16);
});
