import { describe, expect, test } from 'vitest';
import type { Finding } from '../../src/ops/engine/finding.ts';
import { guarded, type PlanOptions, partsOf, planFlash } from '../../src/ops/engine/flash-plan.ts';
import type { Run } from '../../src/ops/engine/runs.ts';
import { erasedTogether, widened } from '../../src/ops/engine/wide-erase.ts';
import { parseMemoryLayout } from '../../src/protocol/dfuse/memory-layout.ts';
import { bytes, flashBase } from '../helpers/memory-bootloader.ts';

// Eight pages of 1 KiB, as an F0 has them; blocks of 64 bytes; the flash programs 32 bytes in one operation.
const layout = parseMemoryLayout('@Internal Flash /0x08000000/08*001Kg');
const usual: PlanOptions = { layout, block: 64, erased: 0xff, massErase: { isMassErase: false }, lastPiece: 32 };

const run = (offset: number, data: Uint8Array | number): Run => ({
  address: flashBase + offset,
  data: typeof data === 'number' ? bytes(data) : data,
});
const blank = (length: number) => new Uint8Array(length).fill(0xff);
/** A finding about the page of this number. */
const page = (index: number, fate: Finding['fate'], runs: readonly Run[], more: Partial<Finding> = {}): Finding => ({
  sector: layout.sectors[index]!,
  runs,
  fate,
  missing: [],
  ...more,
});
const places = (runs: readonly Run[]) => runs.map(({ address, data }) => [address - flashBase, data.length]);
const planOf = (findings: readonly Finding[], more: Partial<PlanOptions> = {}) => {
  const plan = planFlash(findings, { ...usual, ...more });
  return {
    ...plan,
    erases: plan.erase.map(({ sector }) => (sector.address - flashBase) / 1024),
    writes: plan.steps.map(({ write }) => places(write)),
    verifies: plan.steps.map(({ verify }) => places(verify)),
  };
};

test('runs are cut at the borders of sectors', () => {
  const parts = partsOf(layout.sectors.slice(1, 3), [run(1000, 100), run(2000, 100), run(3000, 100)]);
  expect(parts.map(({ runs }) => places(runs))).toEqual([
    [
      [1024, 76],
      [2000, 48],
    ],
    [
      [2048, 52],
      [3000, 72],
    ],
  ]);
  expect(parts[1]!.runs[0]!.data).toEqual(bytes(100).subarray(48));
});

describe('the order of the work', () => {
  test('of one sector the first block comes last, and of that the first unit; the rest is read back before', () => {
    const plan = planOf([page(0, 'erased', [run(0, 256)])]);
    expect(plan.erases).toEqual([0]);
    expect(plan.writes).toEqual([
      [
        [64, 192],
        [32, 32],
      ],
      [[0, 32]],
    ]);
    expect(plan.verifies).toEqual([[[32, 224]], [[0, 64]]]);
    expect([plan.writeBytes, plan.verifyBytes]).toEqual([256, 256]);
  });

  test('the sector of the vectors is erased first and written last, wherever it is in the list', () => {
    const beside = page(0, 'erased', [], { around: [run(100, 64)] });
    const plan = planOf([beside, page(1, 'erased', [run(1024, 96)]), page(2, 'erased', [run(2048, 64)])]);
    expect(plan.erases).toEqual([1, 0, 2]);
    expect(plan.writes).toEqual([
      [
        [100, 64],
        [2048, 64],
        [1088, 32],
        [1056, 32],
      ],
      [[1024, 32]],
    ]);
    expect(plan.verifies).toEqual([
      [
        [100, 64],
        [1056, 64],
        [2048, 64],
      ],
      [[1024, 64]],
    ]);
  });

  test('a unit is counted from its own start, not from that of the run', () => {
    expect(planOf([page(0, 'erased', [run(20, 100)])], { lastPiece: 8 }).writes).toEqual([
      [
        [84, 36],
        [24, 60],
      ],
      [[20, 4]],
    ]);
  });

  test('a block that is no longer than its unit is written in one', () => {
    const plan = planOf([page(0, 'erased', [run(0, 100)])], { block: 32 });
    expect(plan.writes).toEqual([[[32, 68]], [[0, 32]]]);
  });

  test('a single unit needs no second step', () => {
    const plan = planOf([page(0, 'erased', [run(0, 32)])]);
    expect([plan.writes, plan.verifies]).toEqual([[[[0, 32]]], [[[0, 32]]]]);
  });

  test('where the sector begins with blank bytes, nothing is held back: it starts nothing', () => {
    const data = bytes(192);
    data.fill(0xff, 0, 64);
    const plan = planOf([page(0, 'erased', [run(0, data)])]);
    expect(plan.writes).toEqual([
      [
        [128, 64],
        [96, 32],
        [64, 32],
      ],
    ]);
    expect(plan.verifies).toEqual([[[0, 192]]]);
  });

  test('bytes that are kept in front of the image are what the sector begins with', () => {
    const around = [run(0, 32)];
    const plan = planOf([page(0, 'erased', [run(64, 64)], { around })]);
    expect(plan.writes).toEqual([[[64, 64]], [[0, 32]]]);
    const behind = planOf([page(0, 'erased', [run(0, 32)], { around: [run(64, 64)] })]);
    expect(behind.writes).toEqual([[[64, 64]], [[0, 32]]]);
  });

  test('of a sector that is only filled, what is missing is written, and all of it read back with what is kept', () => {
    const missing = [run(64, 64), run(512, 64)];
    const plan = planOf([
      page(0, 'kept', [run(0, 64)]),
      page(1, 'filled', [run(1024, 128)], { missing: [run(1088, 64)], around: [run(1536, 32)] }),
    ]);
    expect(plan.erases).toEqual([]);
    expect(plan.writes).toEqual([[[1088, 64]]]);
    expect(plan.verifies).toEqual([
      [
        [1024, 128],
        [1536, 32],
      ],
    ]);
    const first = planOf([page(0, 'filled', [run(0, 1024)], { missing })]);
    expect(first.writes).toEqual([
      [
        [512, 64],
        [96, 32],
        [64, 32],
      ],
    ]);
  });

  test('blank blocks are not written after an erase', () => {
    const data = Uint8Array.from([...bytes(64), ...blank(128), ...bytes(64)]);
    const plan = planOf([page(0, 'erased', [run(0, data)])]);
    expect(plan.writes).toEqual([
      [
        [192, 64],
        [32, 32],
      ],
      [[0, 32]],
    ]);
    expect(plan.writeBytes).toBe(128);
    expect(planOf([page(0, 'erased', [run(0, blank(64))])], { erased: 0x00 }).writeBytes).toBe(64);
  });

  test('of an image that is blank there nothing is written, and nothing held back', () => {
    expect(planOf([page(0, 'erased', [run(0, blank(64))])])).toMatchObject({ writes: [[]], verifies: [[[0, 64]]] });
  });

  test('nothing is written of what the flash holds already', () => {
    const plan = planOf([page(0, 'kept', [run(0, 64)])]);
    expect(plan.steps).toEqual([{ write: [], verify: [] }]);
    expect([plan.erases, plan.writeBytes, plan.verifyBytes, plan.estimate]).toEqual([[], 0, 0, 0]);
  });

  test('an empty list is no work', () => {
    expect(planOf([])).toMatchObject({ erases: [], steps: [{ write: [], verify: [] }], estimate: 0 });
  });
});

describe('unchanged blocks beside an erased sector are read back: the ROM may have erased them as well', () => {
  const kept = (index: number, data: Uint8Array) => page(index, 'kept', [run(index * 1024, data)]);
  const erased = (index: number) => page(index, 'erased', [run(index * 1024, 64)]);
  const readBack = (findings: readonly Finding[]) =>
    planOf(findings)
      .verifies.flat()
      .filter(
        ([offset]) => !findings.some((one) => one.fate !== 'kept' && one.runs[0]!.address === flashBase + offset!),
      );

  test('the nearest on either side', () => {
    expect(
      readBack([kept(0, bytes(256)), kept(1, bytes(256)), erased(2), kept(3, bytes(256)), kept(4, bytes(64))]),
    ).toEqual([
      [1024 + 192, 64],
      [3072, 64],
    ]);
  });

  test('of those that are not blank', () => {
    const halfBlank = Uint8Array.from([...blank(64), ...bytes(64), ...blank(64)]);
    expect(
      readBack([kept(0, bytes(128)), kept(1, blank(128)), erased(2), kept(3, blank(64)), kept(4, halfBlank)]),
    ).toEqual([
      [64, 64],
      [4096 + 64, 64],
    ]);
    expect(readBack([kept(0, halfBlank), erased(1)])).toEqual([[64, 64]]);
  });

  test('none behind a changed one, which is read back in any case', () => {
    const filled = page(1, 'filled', [run(1024, 64)], { missing: [run(1024, 64)] });
    expect(readBack([kept(0, bytes(64)), filled, erased(2)])).toEqual([]);
  });

  test('none where nothing is erased', () => {
    const filled = page(1, 'filled', [run(1024, 64)], { missing: [run(1024, 64)] });
    expect(readBack([kept(0, bytes(64)), filled, kept(2, bytes(64))])).toEqual([]);
  });
});

// Typical times: DS13560 (G0B1): page 22 ms, 64 bits 85 µs.
test('the estimate is by the erases and the bytes, or by the mass erase', () => {
  const findings = [
    page(0, 'erased', [run(0, 64)]),
    page(1, 'erased', [run(1024, 64)]),
    page(2, 'kept', [run(2048, 64)]),
  ];
  expect(planOf(findings).estimate).toBeCloseTo(2 * 22 + (128 * 0.085) / 8, 6);
  const atOnce = planOf(findings, { massErase: { isMassErase: true } });
  expect(atOnce.estimate).toBeCloseTo(22 + (128 * 0.085) / 8, 6);
  expect(atOnce.isMassErase).toBe(true);
  expect(planOf(findings, { massErase: { isMassErase: false, massEraseRefused: 'because' } })).toMatchObject({
    isMassErase: false,
    massEraseRefused: 'because',
  });
});

describe('where another sector is erased, that of the vectors is erased as well', () => {
  const other = page(2, 'erased', [run(2048, 64)]);
  const fates = (findings: readonly Finding[]) => guarded(findings).map(({ fate }) => fate);

  test.each<[string, readonly Finding[], readonly Finding['fate'][]]>([
    ['one that holds the image', [page(0, 'kept', [run(0, 64)]), other], ['erased', 'erased']],
    [
      'one that starts something, and is only filled behind its start',
      [page(0, 'filled', [run(0, 128)], { missing: [run(64, 64)] }), other],
      ['erased', 'erased'],
    ],
    [
      'not one that starts nothing yet',
      [page(0, 'filled', [run(0, 128)], { missing: [run(0, 32), run(64, 64)] }), other],
      ['filled', 'erased'],
    ],
    ['not where none is erased', [page(0, 'kept', [run(0, 64)]), page(2, 'kept', [run(2048, 64)])], ['kept', 'kept']],
    [
      'of those beside the image none: the vectors are in the first that has a byte of it',
      [page(0, 'kept', []), page(1, 'kept', [run(1024, 64)]), other, page(3, 'kept', [run(3072, 64)])],
      ['kept', 'erased', 'erased', 'kept'],
    ],
    ['nothing without a byte of an image', [page(0, 'kept', []), page(1, 'erased', [])], ['kept', 'erased']],
  ])('%s', (_name, findings, expected) => {
    expect(fates(findings)).toEqual(expected);
  });

  test('all of it is written again then', () => {
    const [vectors] = guarded([page(0, 'filled', [run(0, 128)], { missing: [run(64, 64)] }), other]);
    expect(vectors).toEqual(page(0, 'erased', [run(0, 128)]));
  });

  test('one that is erased anyway stays as it is found', () => {
    const found = [page(0, 'erased', [run(0, 64)], { differsAt: flashBase + 5 }), other];
    expect(guarded(found)).toBe(found);
  });
});

describe('a ROM that may erase whole pieces of 2 KiB', () => {
  const { sectors } = parseMemoryLayout('@Internal Flash /0x08000000/05*001Kg,01*001Ka,02*001Ke');

  test('the sectors are widened to those pieces, by what can be written back', () => {
    const indexes = (some: readonly number[]) =>
      widened(
        some.map((index) => sectors[index]!),
        sectors,
        2048,
      ).map((one) => sectors.indexOf(one));
    expect(indexes([1])).toEqual([0, 1]);
    expect(indexes([2, 4])).toEqual([2, 3, 4]);
    expect(indexes([7])).toEqual([7]);
  });

  test('what is erased in a piece is erased in all of it', () => {
    const filled = page(3, 'filled', [run(3072, 64)], { missing: [run(3072, 64)] });
    const findings = [page(0, 'kept', [run(0, 64)]), page(1, 'kept', []), page(2, 'erased', [run(2048, 64)]), filled];
    const together = erasedTogether(findings, 2048);
    expect(together.map(({ fate }) => fate)).toEqual(['kept', 'kept', 'erased', 'erased']);
    expect(together[3]).toEqual(page(3, 'erased', [run(3072, 64)]));
    expect(together[2]).toBe(findings[2]);
  });

  test('where it erases what it says, nothing is widened', () => {
    const some = [sectors[1]!];
    expect(widened(some, sectors, undefined)).toBe(some);
    const findings = [page(0, 'erased', []), page(1, 'kept', [])];
    expect(erasedTogether(findings, undefined)).toBe(findings);
  });
});
