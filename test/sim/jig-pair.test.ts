import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { type PairResult, pair } from '../../src/jig/pairing/pair.ts';
import type { RackLine, RackSetup } from '../../src/sim/rack.ts';
import { createSimRack } from '../../src/sim/rack.ts';

const profile = findProfile('rc-cap', { cwd: '/' });

/** What a pairing finds on a rack with these lines. */
function found(
  lines: readonly RackLine[],
  scenarioAt?: RackSetup['scenarioAt'],
  taken: readonly string[] = [],
): Promise<PairResult> {
  const { bench } = createSimRack({ profile, lines, ...(scenarioAt ? { scenarioAt } : {}) });
  return pair({ bench, profile, taken });
}

const real = (lines: readonly RackLine[]) => lines.map(({ adapter, targets }) => ({ adapter, target: targets[0] }));

test('what is found is what is wired, for random permutations', async () => {
  const places = (size: number) =>
    fc.shuffledSubarray(
      Array.from({ length: size }, (_, index) => index + 1),
      { minLength: size, maxLength: size },
    );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }).chain((size) => fc.tuple(places(size), places(size))),
      async ([adapters, targets]) => {
        const lines = adapters.map((adapter, index) => ({
          adapter: `1-1.${adapter}`,
          targets: [`1-2.${targets[index]}`],
        }));
        const result = await found(lines);
        expect(result.error).toBeNull();
        expect(result.unpaired).toEqual([]);
        expect(result.pairs.toSorted((a, b) => a.adapter.localeCompare(b.adapter))).toEqual(
          real(lines).toSorted((a, b) => a.adapter.localeCompare(b.adapter)),
        );
        expect(result.unmoved).toEqual([]);
      },
    ),
    { numRuns: 12 },
  );
});

test('an adapter without a board has none, with the diagnosis of its entry; the others have theirs', async () => {
  const lines = [
    { adapter: '1-1.1', targets: ['1-2.2'] },
    { adapter: '1-1.2', targets: [] },
    { adapter: '1-1.10', targets: ['1-2.1'] },
  ];
  const { pairs, unpaired } = await found(lines);
  expect(pairs).toEqual([
    { adapter: '1-1.1', target: '1-2.2' },
    { adapter: '1-1.10', target: '1-2.1' },
  ]);
  expect(unpaired).toEqual([
    {
      adapter: '1-1.2',
      why: 'silent',
      targets: [],
      error: { message: expect.stringMatching(/^No bootloader after \d+ attempts/), hint: expect.any(String) },
    },
  ]);
});

test('two boards on the lines of one adapter are named, not guessed', async () => {
  const { pairs, unpaired } = await found([
    { adapter: '1-1.1', targets: ['1-2.1', '1-2.3'] },
    { adapter: '1-1.2', targets: ['1-2.2'] },
  ]);
  expect(pairs).toEqual([{ adapter: '1-1.2', target: '1-2.2' }]);
  expect(unpaired).toMatchObject([{ adapter: '1-1.1', why: 'several', targets: ['1-2.1', '1-2.3'] }]);
});

test('a board whose target is not on USB is silent', async () => {
  const lines = [
    { adapter: '1-1.1', targets: ['1-2.1'] },
    { adapter: '1-1.2', targets: ['1-2.2'] },
  ];
  const result = await found(lines, (target) => (target === '1-2.2' ? { rom: { usb: false } } : {}));
  expect(result.pairs).toEqual([{ adapter: '1-1.1', target: '1-2.1' }]);
  expect(result.unpaired).toMatchObject([{ adapter: '1-1.2', why: 'silent' }]);
});

test('a target that was there before and that no adapter resets is told apart, in its bootloader and in its application', async () => {
  const { bench } = createSimRack({
    profile,
    lines: [{ adapter: '1-1.1', targets: ['1-2.1'] }],
    apart: ['1-2.2', '1-2.3', '1-2.4', '1-2.5'],
    scenarioAt: (target) =>
      target === '1-2.2' || target === '1-2.5'
        ? { startsInRom: 'dfuIDLE' }
        : { flash: target === '1-2.4' ? 'blank' : 'healthy' },
  });
  await sleep(bench.clock, 5_000); // until all of them are on the bus
  const { pairs, unpaired, unmoved } = await pair({ bench, profile, taken: ['1-2.5'] });
  expect(pairs).toEqual([{ adapter: '1-1.1', target: '1-2.1' }]);
  expect(unpaired).toEqual([]);
  expect(unmoved).toEqual([
    { target: '1-2.2', runs: 'bootloader' },
    { target: '1-2.3', runs: 'application' },
  ]);
});

test('each port of an adapter that has several is asked, and paired by its own name', async () => {
  const lines = [
    { adapter: '1-1.1:1.1', targets: ['1-2.1'] },
    { adapter: '1-1.1:1.0', targets: ['1-2.2'] },
    { adapter: '1-1.2:1.0', targets: ['1-2.3'] },
  ];
  const { pairs, unpaired } = await found(lines);
  expect(unpaired).toEqual([]);
  // The third has one port, so its device names it.
  expect(pairs).toEqual([
    { adapter: '1-1.1:1.0', target: '1-2.2' },
    { adapter: '1-1.1:1.1', target: '1-2.1' },
    { adapter: '1-1.2', target: '1-2.3' },
  ]);
  const rest = await found(lines, undefined, ['1-1.1:1.0', '1-2.2', '1-1.2', '1-2.3']);
  expect(rest.pairs).toEqual([{ adapter: '1-1.1:1.1', target: '1-2.1' }]);
});
