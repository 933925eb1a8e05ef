import { expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { engine, flashBase, imageOf, pattern, startable } from '../helpers/engine.ts';

const KiB = 1024;
const { F405, G0B1, H743, L072 } = romPersonalities;
const { L152, L476 } = quirkyPersonalities;

/** An application that starts, with no two blocks alike. */
const application = (personality: RomPersonality, length: number, seed = 1): Uint8Array =>
  startable(personality, pattern(length, seed));

const changedAt = (bytes: Uint8Array, ...offsets: readonly number[]): Uint8Array => {
  const changed = bytes.slice();
  for (const offset of offsets) changed[offset]! ^= 1;
  return changed;
};

type Bench = Awaited<ReturnType<typeof engine>>;

interface Case {
  readonly name: string;
  readonly personality: RomPersonality;
  /** Without it nobody knows how much its flash programs in one operation. */
  readonly family?: string;
  readonly old: Uint8Array;
  readonly wanted: Uint8Array;
}

const f405 = application(F405, 40 * KiB);
const g0 = application(G0B1, 10 * KiB);
const l0 = application(L072, 4 * KiB);
const l1 = application(L152, 4 * KiB);
const l4 = application(L476, 10 * KiB);
const h7 = application(H743, 40 * KiB);

const cases: readonly Case[] = [
  { name: 'F405, another application', personality: F405, old: application(F405, 40 * KiB, 7), wanted: f405 },
  {
    name: 'F405, the vector table stays the same',
    personality: F405,
    old: f405,
    wanted: changedAt(f405, 0x4100, 0x8900),
  },
  { name: 'F405, only in the sector of the vectors', personality: F405, old: f405, wanted: changedAt(f405, 0x1100) },
  { name: 'F405, blank behind the same vectors', personality: F405, old: f405.subarray(0, 20 * KiB), wanted: f405 },
  { name: 'G0B1, pages', personality: G0B1, old: g0, wanted: changedAt(g0, 0x900, 0x2100) },
  { name: 'L072, erased is 0x00', personality: L072, old: l0, wanted: changedAt(l0, 0x100, 0x900) },
];

/** The lines that name their target: what their flash programs in one operation is known. */
const named: readonly Case[] = [
  { name: 'F405', personality: F405, family: 'F405_407', old: application(F405, 40 * KiB, 7), wanted: f405 },
  { name: 'G0B1', personality: G0B1, family: 'G0B1_0C1', old: application(G0B1, 10 * KiB, 7), wanted: g0 },
  { name: 'L072', personality: L072, family: 'L07x_08x_usb', old: application(L072, 4 * KiB, 7), wanted: l0 },
  { name: 'L152', personality: L152, family: 'L1_cat3', old: application(L152, 4 * KiB, 7), wanted: l1 },
  { name: 'L476', personality: L476, family: 'L47x_48x', old: application(L476, 10 * KiB, 7), wanted: l4 },
  { name: 'H743', personality: H743, family: 'H74x_75x', old: application(H743, 40 * KiB, 7), wanted: h7 },
];

/**
 * What starts after a reset is either the old application or the new one, never something between them. `torn`: bytes in
 * front that one operation of the flash writes, word by word, and that may be torn when the supply fails in that very
 * millisecond.
 */
async function expectSound({ memory }: Bench, { old, wanted }: Case, torn: number): Promise<void> {
  if (!memory.hasStackPointer(flashBase)) return;
  const found = memory.flash.read(flashBase, Math.max(old.length, wanted.length));
  const isOld = Buffer.compare(found.subarray(0, old.length), old) === 0;
  const isNew = Buffer.compare(found.subarray(torn, wanted.length), wanted.subarray(torn)) === 0;
  expect({ isOld, isNew }).not.toEqual({ isOld: false, isNew: false });
}

/** Cuts a job, checks what would start, and runs it again. */
async function cut(one: Case, arrange: (bench: Bench) => void, torn = 0): Promise<boolean> {
  const bench = await engine({ ...one, content: one.old });
  const image = imageOf({ address: flashBase, data: one.wanted });
  arrange(bench);
  const { error } = await bench.flash(image);
  bench.rom.stop();
  await expectSound(bench, one, torn);
  await bench.powerCycle();
  expect(await bench.flashUnread(image)).toEqual({ error: null, condition: 'verified' });
  expect(bench.holds(image)).toBe(true);
  return error !== null;
}

test.each(cases)(
  '$name: cut after every transfer, nothing between two applications starts',
  { timeout: 60_000 },
  async (one) => {
    for (let transfers = 1; ; transfers++) {
      const wasCut = await cut(one, ({ life }) => {
        life.left = transfers;
      });
      if (!wasCut) break;
      expect(transfers).toBeLessThan(2_000);
    }
  },
);

test.each(cases)('$name: the supply fails at any moment', { timeout: 60_000 }, async (one) => {
  const whole = await engine({ ...one, content: one.old });
  const started = whole.clock.now();
  await whole.flash(imageOf({ address: flashBase, data: one.wanted }));
  const duration = whole.clock.now() - started;
  for (let step = 1; step < 60; step++) {
    const failing = ({ clock, life, rom }: Bench) => {
      void sleep(clock, (duration * step) / 60).then(() => {
        life.left = 0;
        rom.stop();
      });
    };
    await cut(one, failing, 128);
  }
});

test.each(named)(
  '$name: the supply fails while the last of the vector table is programmed',
  { timeout: 60_000 },
  async (one) => {
    const whole = await engine({ ...one, content: one.old });
    const image = imageOf({ address: flashBase, data: one.wanted });
    const started = whole.clock.now();
    await whole.flash(image);
    const { t: last } = whole.sent.findLast(({ name }) => /^DNLOAD [1-9]/.test(name))!;
    const duration = whole.clock.now() - last;
    for (let step = 0; step < 40; step++) {
      await cut(one, ({ clock, life, rom }) => {
        void sleep(clock, last - started + (duration * step) / 40).then(() => {
          life.left = 0;
          rom.stop();
        });
      });
    }
  },
);

test('one changed sector: the sector of the vectors is erased before it, and starts nothing until the end', async () => {
  const { flash, truth } = await engine({ personality: F405, content: f405 });
  await flash(imageOf({ address: flashBase, data: changedAt(f405, 0x4100) }));
  expect(truth.of('erased').map(({ address }) => address - flashBase)).toEqual([0, 0x4000]);
  const vectors = truth.of('programmed').filter(({ address }) => address === flashBase);
  expect(vectors.map(({ bytes }) => bytes)).toEqual([32]);
});

test('what was programmed with 0xFF looks blank and refuses the next: the second try erases it', async () => {
  const { flash, holds, memory, truth } = await engine({ personality: L476, family: 'L47x_48x' });
  const blank = new Uint8Array(4 * KiB).fill(0xff);
  memory.flash.program(flashBase, blank, () => {}).finish();
  const image = imageOf({ address: flashBase, data: application(L476, 8 * KiB) });
  expect(await flash(image)).toEqual({ error: null, condition: 'verified' });
  expect(holds(image)).toBe(true);
  expect([...new Set(truth.of('erased').map(({ address }) => address - flashBase))]).toEqual([0, 0x800]);
});

test.each([
  { name: 'behind the vectors', offset: 0x4100, erased: [0, 0x4000, 0x8000, 0x4000] },
  { name: 'in the sector of the vectors', offset: 0x1100, erased: [0, 0x4000, 0x8000, 0] },
])('worn flash $name: nothing that starts is left of a guarded job that fails', async ({ offset, erased }) => {
  const faults = { stuckBits: [{ address: flashBase + offset, mask: 0x80 }] };
  const content = application(F405, 40 * KiB, 7);
  const { flash, memory, truth } = await engine({ personality: F405, family: 'F405_407', content, faults });
  const { error, condition } = await flash(imageOf({ address: flashBase, data: f405 }));
  expect(condition).toBe('differs');
  expect(error).toMatchObject({ code: 'verify-mismatch', details: { address: flashBase + offset, count: 1 } });
  expect(memory.hasStackPointer(flashBase)).toBe(false);
  expect(truth.of('erased').map(({ address }) => address - flashBase)).toEqual(erased);
});
