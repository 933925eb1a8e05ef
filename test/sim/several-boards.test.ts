import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import type { ProgressEvent, RecoverResult } from '../../src/ops/job/events.ts';
import { recover } from '../../src/ops/recover.ts';
import { reset } from '../../src/ops/reset.ts';
import { allAtOnce, createRack, imagesIn, type Rack, type RackBoard, type Slot } from '../helpers/rack.ts';

/** Whether a job is told where its board is plugged in. */
type Named = 'placed' | 'unplaced';

const run = ({ bench }: Rack, slot: Slot, named: Named, more: { signal?: AbortSignal } = {}): Promise<RecoverResult> =>
  recover({ profile: slot[named], image: slot.image, bench, interactive: false, ...more });

const codeOf = ({ ok, error }: RecoverResult): string => error?.code ?? (ok ? 'ok' : 'not ok');

/** Each board holds its own image or what it held before, and nobody but its own adapter has moved its lines. */
function expectOnlyOwn({ slots, truth }: Rack): void {
  for (const slot of slots) {
    expect(['', slot.name]).toContain(imagesIn(slot, slots).join());
    const moved = truth.of('lines').filter(({ board }) => board === slot.name);
    expect(new Set(moved.map(({ adapter }) => adapter)).size).toBeLessThan(2);
  }
}

const anyRack = fc.record({
  boards: fc.array(fc.record({ slowerBy: fc.integer({ min: 0, max: 1_500 }) }), { minLength: 2, maxLength: 8 }),
  starts: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 8, maxLength: 8 }),
  named: fc.array(fc.constantFrom<Named[]>('placed', 'unplaced'), { minLength: 8, maxLength: 8 }),
});
const worlds = { numRuns: 25, seed: 20_261_128 };

describe('eight jobs that start within 100 ms', () => {
  for (const named of ['placed', 'unplaced'] as const) {
    test(`${named}: each board holds its own image`, async () => {
      const rack = createRack(Array.from({ length: 8 }, (_, index) => ({ slowerBy: (index * 137) % 500 })));
      const results = await allAtOnce(
        rack,
        (slot) => run(rack, slot, named),
        (index) => (index * 61) % 100,
      );
      expect(results.map(codeOf)).toEqual(rack.slots.map(() => 'ok'));
      expect(rack.slots.map((slot) => imagesIn(slot, rack.slots))).toEqual(rack.slots.map(({ name }) => [name]));
      expect(results.map(({ attempts }) => attempts.length)).toEqual(rack.slots.map(() => 1));
    });
  }

  test('however many boards there are, however slow each is, and whoever names its place', async () => {
    await fc.assert(
      fc.asyncProperty(anyRack, async ({ boards, starts, named }) => {
        const rack = createRack(boards);
        const jobOf = (slot: Slot) => run(rack, slot, named[rack.slots.indexOf(slot)]!);
        const results = await allAtOnce(rack, jobOf, (index) => starts[index]!);
        expect(results.map(codeOf)).toEqual(rack.slots.map(() => 'ok'));
        expect(rack.slots.map((slot) => imagesIn(slot, rack.slots))).toEqual(rack.slots.map(({ name }) => [name]));
      }),
      worlds,
    );
  }, 120_000);
});

/** What goes wrong with one board of a rack, and how its job ends. */
const troubles: readonly { name: string; board: RackBoard; code: RegExp; abortAt?: number }[] = [
  { name: 'its NRST is open', board: { scenario: { board: { nrstOpen: true } } }, code: /methods-exhausted/ },
  { name: 'its ROM never enumerates', board: { scenario: { rom: { usb: 'mute' } } }, code: /methods-exhausted/ },
  {
    name: 'its adapter is held by another program',
    board: { adapter: { refusesOpen: 'adapter-busy' } },
    code: /adapter-busy/,
  },
  { name: 'its adapter is too slow for the capacitor', board: { adapter: { latency: () => 400 } }, code: /ok/ },
  {
    name: 'its cable is pulled',
    board: { scenario: { cablePulled: true } },
    code: /target-lost|methods-exhausted|dfu-/,
  },
  { name: 'its flash is protected', board: { scenario: { memory: { readoutProtected: true } } }, code: /protected/ },
  { name: 'its firmware does not start', board: { scenario: { flashedCrashes: true } }, code: /application-not-seen/ },
  ...[10, 90, 400, 900, 1_400, 2_000, 2_500].map((abortAt) => ({
    name: `its job is aborted after ${abortAt} ms`,
    board: {},
    code: /aborted/,
    abortAt,
  })),
];

describe('a job that fails does not disturb the others', () => {
  for (const { name, board, code, abortAt } of troubles) {
    for (const named of ['placed', 'unplaced'] as const) {
      test(`${name} (${named})`, async () => {
        const rack = createRack([{}, board, {}, { slowerBy: 200 }]);
        const controller = new AbortController();
        const jobOf = (slot: Slot) =>
          run(rack, slot, named, slot === rack.slots[1] ? { signal: controller.signal } : {});
        const jobs = allAtOnce(rack, jobOf, (index) => index * 20);
        if (abortAt !== undefined) await sleep(rack.bench.clock, abortAt).then(() => controller.abort());
        const [first, bad, ...others] = await jobs;
        expect([first, ...others].map((result) => codeOf(result!))).toEqual(['ok', 'ok', 'ok']);
        expect(codeOf(bad!)).toMatch(code);
        expectOnlyOwn(rack);
        const { adapter } = rack.slots[1]!;
        const last = rack.truth.of('lines').findLast((event) => event.adapter === 'adapter-2');
        if (last && !adapter.lost.aborted) expect([last.rts, last.dtr]).toEqual(['released', 'released']);
      });
    }
  }
});

describe('one job beside another', () => {
  test('two jobs at the same USB path: the second is refused, and moves nothing', async () => {
    const rack = createRack([{}, {}]);
    const [slot, other] = rack.slots;
    const intruder = { ...other!.unplaced, usb: slot!.placed.usb };
    const [own, refused] = await Promise.all([
      run(rack, slot!, 'placed'),
      recover({ profile: intruder, image: other!.image, bench: rack.bench }),
    ]);
    expect(codeOf(own)).toBe('ok');
    expect(refused).toMatchObject({
      exitCode: 3,
      error: { code: 'usb-busy', message: expect.stringContaining('1-2.1') },
    });
    expect(rack.truth.of('lines').filter(({ board }) => board === 'board-2')).toEqual([]);
    expectOnlyOwn(rack);
    expect(codeOf(await run(rack, slot!, 'placed'))).toBe('ok');
    expect((await reset({ profile: intruder, bench: rack.bench })).error).toBeNull();
  });

  test('a job that waits for its turn says so, and an abort ends the wait before anything moves', async () => {
    const rack = createRack([{}, {}]);
    const [slot, other] = rack.slots;
    const controller = new AbortController();
    const told: ProgressEvent[] = [];
    const own = run(rack, slot!, 'unplaced');
    await sleep(rack.bench.clock, 100);
    const waiting = recover({
      profile: other!.unplaced,
      image: other!.image,
      bench: rack.bench,
      onProgress: (event) => told.push(event),
      signal: controller.signal,
    });
    await sleep(rack.bench.clock, 100);
    controller.abort();
    expect(codeOf(await waiting)).toBe('aborted');
    expect(told).toContainEqual({ event: 'note', message: expect.stringContaining('another job is finding out') });
    expect(codeOf(await own)).toBe('ok');
    expect(rack.truth.of('lines').filter(({ board }) => board === 'board-2')).toEqual([]);
  });

  test('a job that is alone never waits for a turn, however many attempts it needs', async () => {
    const rack = createRack([{ scenario: { board: { boot0Stuck: 0 } } }]);
    const [slot] = rack.slots;
    const notes: string[] = [];
    const onProgress = (event: ProgressEvent) => void (event.event === 'note' && notes.push(event.message));
    const { attempts } = await recover({ profile: slot!.unplaced, image: slot!.image, bench: rack.bench, onProgress });
    expect(attempts.length).toBeGreaterThan(3);
    expect(notes.filter((note) => note.includes('another job'))).toEqual([]);
  });

  test('resets of boards without a path come one after the other', async () => {
    const rack = createRack([{ scenario: { flash: 'healthy' } }, { scenario: { flash: 'healthy' } }]);
    const results = await allAtOnce(rack, ({ unplaced }) => reset({ profile: unplaced, bench: rack.bench }));
    expect(results.map(({ target }) => target)).toEqual(['application', 'application']);
    const low = rack.truth.of('nrst');
    const boards = low.map(({ board }) => board);
    expect(boards).toEqual([...boards].sort());
  });
});
