import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bootloader } from '../../machines/bootloader.ts';
import { parseImage } from '../../src/image/load-image.ts';
import { FlashReader } from '../../src/ops/engine/flash-reader.ts';
import { KeptAround } from '../../src/ops/engine/keep-around.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { keptFiles } from '../../src/store/kept-files.ts';
import { engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';
import { keeping, keptFrom, newFolder } from '../helpers/keeping.ts';

const KiB = 1024;
const boards = [
  { personality: romPersonalities.F405, used: 48 * KiB },
  { personality: romPersonalities.L072, used: 4 * KiB },
  { personality: romPersonalities.G0B1, used: 12 * KiB },
] as const;

const step = fc.record({
  /** Requests until the host or the cable is gone. */
  transfers: fc.integer({ min: 10, max: 160 }),
  isFull: fc.boolean(),
  /** The same process goes on after the target was entered again. */
  isSameJob: fc.boolean(),
});
const world = fc.record({
  board: fc.constantFrom(...boards),
  at: fc.integer({ min: 0, max: 700 }).map((words) => words * 4),
  length: fc.integer({ min: 1, max: 1_100 }),
  steps: fc.array(step, { minLength: 2, maxLength: 6 }),
});

test('whatever is cut, however often: what is kept is in the flash, or in a file that a report has named', async () => {
  await fc.assert(
    fc.asyncProperty(world, async ({ board: { personality, used }, at, length, steps }) => {
      const folder = newFolder();
      const content = pattern(used, 9);
      const bench = await engine({ personality, content });
      const image = imageOf({ address: flashBase + at, data: pattern(length, 5) });
      const notes: string[] = [];
      const unread: number[] = [];
      let around: KeptAround | undefined;
      for (const { transfers, isSameJob, ...options } of [...steps, ...lastSteps]) {
        if (!around || !isSameJob) {
          const files = keptFiles({ stateFolder: folder, cwd: folder }, false);
          around = new KeptAround(
            (event) => void (event.event === 'note' && notes.push(event.message)),
            keptFrom,
            files,
          );
          await around.open(bench.target.layout.sectors);
        }
        bench.life.left = transfers;
        const { condition, error } = await bench.flash(image, { around, unread: [...unread], ...options });
        // A word that the cut has torn: the job enters again, and erases its sector unread.
        if (error?.details.sector !== undefined) unread.push(Number(error.details.sector));
        if (condition === 'verified') await around.forget();
        await bench.powerCycle();
        const missing = lost(bench.memory.flash.read(flashBase, used), content, at, length);
        const named = readdirSync(folder).map((name) => join(folder, name));
        const saved = named
          .filter((path) => notes.some((note) => note.includes(path)))
          .flatMap((path) => parseImage(readFileSync(path), path).segments);
        const nowhere = missing.filter(
          (offset) => !saved.some((run) => run.data[flashBase + offset - run.address] === content[offset]),
        );
        expect(nowhere).toEqual([]);
      }
      // The last jobs were not cut.
      expect(lost(bench.memory.flash.read(flashBase, used), content, at, length)).toEqual([]);
      expect(bench.holds(image)).toBe(true);
      expect(readdirSync(folder)).toEqual([]);
    }),
    { numRuns: 30, seed: 12 },
  );
}, 120_000);

const lastStep = { transfers: Number.POSITIVE_INFINITY, isFull: false };

/** A job that is not cut, and two re-entries. */
const lastSteps = [false, true, true].map((isSameJob) => ({ ...lastStep, isSameJob }));

/** Offsets outside the image where the flash differs from what it held. */
const lost = (found: Uint8Array, content: Uint8Array, at: number, length: number): number[] =>
  [...content.keys()].filter((offset) => (offset < at || offset >= at + length) && found[offset] !== content[offset]);

test('one wrong read, wherever: it is never put back', { timeout: 60_000 }, async () => {
  const at = 0x4124;
  const image = imageOf({ address: flashBase + at, data: pattern(300, 5) });
  const expected = pattern(48 * KiB, 9);
  expected.set(image.segments[0]!.data, at);
  for (let wrong = 1; ; wrong++) {
    const bench = await engine({ content: pattern(48 * KiB, 9) });
    const read = bench.target.read.bind(bench.target);
    let reads = 0;
    bench.target.read = async (...args) => {
      const data = await read(...args);
      if (++reads === wrong) data[data.length >> 1]! ^= 0x10;
      return data;
    };
    expect(await keeping(bench, newFolder(), image)).toMatchObject({ error: null, condition: 'verified' });
    expect(Buffer.compare(bench.memory.flash.read(flashBase, expected.length), expected)).toBe(0);
    if (reads < wrong) break;
    expect(wrong).toBeLessThan(200);
  }
});

test('a block that reads otherwise each time is an error', async () => {
  let reads = 0;
  const layout = { sectors: [{ address: 0, size: 64 }] };
  const target = { layout, readSize: 64, read: async () => Uint8Array.of(reads++) } as unknown as Bootloader;
  const reader = new FlashReader(target, new AbortController().signal, { isChecked: true });
  await expect(reader.pieces(0, 64).next()).rejects.toMatchObject({ code: 'read-unsteady' });
  expect(reads).toBe(4);
});
