import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillerOf, padded } from '../../src/ops/engine/padding.ts';
import { blocksIn, bytesOf, inside, joined, outside, type Run, withoutBlank } from '../../src/ops/engine/runs.ts';

// The model of a list of runs is what it means: which byte stands at which address.
const bytesAt = (runs: readonly Run[]): Map<number, number> =>
  new Map(runs.flatMap(({ address, data }) => [...data].map((byte, index) => [address + index, byte] as const)));
const only = (runs: readonly Run[], keeps: (address: number) => boolean) =>
  new Map([...bytesAt(runs)].filter(([address]) => keeps(address)));

const base = 0x0800_0000;
/** Runs in rising order that do not overlap; some touch, and blank bytes are frequent. */
const someRuns = fc
  .array(
    fc.record({ gap: fc.nat(6), data: fc.array(fc.constantFrom(0xff, 0xff, 1, 2), { minLength: 1, maxLength: 12 }) }),
    { maxLength: 6 },
  )
  .map((list) => {
    let next = base;
    return list.map(({ gap, data }): Run => {
      const address = next + gap;
      next = address + data.length;
      return { address, data: Uint8Array.from(data) };
    });
  });
const holds = <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void) => fc.assert(fc.property(arbitrary, check));

test('joined: the same bytes, and no two runs touch, in whatever order they came', () => {
  holds(someRuns, (runs) => {
    const found = joined([...runs].reverse());
    expect(bytesAt(found)).toEqual(bytesAt(runs));
    expect(bytesOf(found)).toBe(bytesOf(runs));
    found.forEach(({ address, data }, index) => {
      const next = found[index + 1];
      if (next) expect(address + data.length).toBeLessThan(next.address);
    });
  });
});

test('blocks of a run are of one size, but for the last one, and are all of it', () => {
  const run: Run = { address: base + 4, data: Uint8Array.from({ length: 10 }, (_, index) => index) };
  const blocks = blocksIn(run, 4);
  expect(blocks.map(({ address, data }) => [address - base, [...data]])).toEqual([
    [4, [0, 1, 2, 3]],
    [8, [4, 5, 6, 7]],
    [12, [8, 9]],
  ]);
});

test('without blank: only whole blank blocks are left out, and what is written is joined', () => {
  const data = Uint8Array.of(0xff, 0xff, 0xff, 1, 2, 0xff, 0xff, 0xff, 3, 0xff);
  const written = withoutBlank({ address: base, data }, 2, 0xff);
  expect(written.map(({ address, data }) => [address - base, [...data]])).toEqual([
    [2, [0xff, 1, 2, 0xff]],
    [8, [3, 0xff]],
  ]);
  // An L0 is erased to 0x00: there 0xFF has to be written.
  expect(bytesOf(withoutBlank({ address: base, data }, 2, 0x00))).toBe(10);
});

test('inside and outside share the bytes between them', () => {
  holds(fc.tuple(someRuns, fc.nat(40), fc.nat(40)), ([runs, at, length]) => {
    const from = base + at;
    const to = from + length;
    expect(bytesAt(inside(runs, from, to))).toEqual(only(runs, (address) => address >= from && address < to));
    expect(inside(runs, from, to).every(({ data }) => data.length > 0 || length === 0)).toBe(true);
  });
  holds(fc.tuple(someRuns, someRuns), ([runs, others]) => {
    const taken = bytesAt(others);
    expect(bytesAt(outside(runs, others))).toEqual(only(runs, (address) => !taken.has(address)));
    expect(outside(runs, others).every(({ data }) => data.length > 0)).toBe(true);
  });
});

test('padded: whole units, none of them twice, the bytes of the runs, and the filler everywhere else', () => {
  holds(fc.tuple(someRuns, fc.constantFrom(1, 4, 8, 32)), ([runs, unit]) => {
    const found = padded(runs, unit, (address) => (address - base) % 251);
    const wanted = bytesAt(runs);
    const units = new Set([...wanted.keys()].map((address) => Math.floor(address / unit)));
    const bytes = bytesAt(found);
    expect(bytesOf(found)).toBe(units.size * unit);
    for (const [address, byte] of bytes) expect(byte).toBe(wanted.get(address) ?? (address - base) % 251);
    expect(found.every(({ address, data }) => address % unit === 0 && data.length % unit === 0)).toBe(true);
  });
});

test('what is filled in is what the flash holds there, or blank', () => {
  const fill = fillerOf(
    [
      { address: base, data: Uint8Array.of(1, 2) },
      { address: base + 8, data: Uint8Array.of(3) },
    ],
    0,
  );
  expect([-1, 0, 1, 2, 7, 8, 9].map((at) => fill(base + at))).toEqual([0, 1, 2, 0, 0, 3, 0]);
});
