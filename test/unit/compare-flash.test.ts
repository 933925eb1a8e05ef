import { describe, expect, test } from 'vitest';
import { compareFlash, type Tried } from '../../src/ops/engine/compare-flash.ts';
import { comparePiece } from '../../src/ops/engine/compare-runs.ts';
import { coverageOf } from '../../src/ops/engine/coverage.ts';
import { KeptAround } from '../../src/ops/engine/keep-around.ts';
import type { KeptFiles, KeptFrom } from '../../src/ops/engine/keep-files.ts';
import type { Run } from '../../src/ops/engine/runs.ts';
import { bytes, flashBase, MemoryBootloader } from '../helpers/memory-bootloader.ts';
import { imageOf } from '../helpers/plain-image.ts';

const { signal } = new AbortController();
const places = (runs: readonly Run[] = []) => runs.map(({ address, data }) => [address - flashBase, data.length]);
const blankUnit = { erased: 0xff, unit: 4 };
/** These bytes with others at some places. */
const changed = (data: Uint8Array, at: Record<number, number>) => data.map((byte, index) => at[index] ?? byte);
const blankFrom = (data: Uint8Array, from: number, to: number) => data.slice().fill(0xff, from, to);

describe('a piece of the flash against the image', () => {
  const run: Run = { address: flashBase, data: bytes(16) };
  test.each<[string, Uint8Array, { missing: number[][]; differsAt?: number }]>([
    ['equal', run.data, { missing: [] }],
    ['a blank unit is to be programmed', blankFrom(run.data, 4, 8), { missing: [[4, 4]] }],
    ['blank units that touch are one run', blankFrom(run.data, 4, 12), { missing: [[4, 8]] }],
    [
      'blank units apart are two',
      blankFrom(blankFrom(run.data, 0, 4), 12, 16),
      {
        missing: [
          [0, 4],
          [12, 4],
        ],
      },
    ],
    ['a unit that is blank in part is other content', blankFrom(run.data, 5, 8), { missing: [], differsAt: 4 }],
    ['other content behind a blank unit', changed(blankFrom(run.data, 0, 4), { 9: 0 }), { missing: [], differsAt: 8 }],
    ['an answer that ends inside a unit', run.data.subarray(0, 10), { missing: [], differsAt: 8 }],
    ['an answer that ends between two', run.data.subarray(0, 8), { missing: [], differsAt: 8 }],
    ['a blank answer that is short', blankFrom(run.data, 8, 16).subarray(0, 10), { missing: [], differsAt: 8 }],
  ])('%s', (_name, found, { missing, differsAt }) => {
    const compared = comparePiece(run, found, blankUnit);
    expect(places(compared.missing)).toEqual(missing);
    expect(compared.differsAt).toBe(differsAt === undefined ? undefined : flashBase + differsAt);
  });

  test('flash that is 0x00 when it is erased', () => {
    const found = run.data.slice().fill(0, 8, 12);
    expect(places(comparePiece(run, found, { erased: 0, unit: 4 }).missing)).toEqual([[8, 4]]);
    expect(comparePiece(run, found, blankUnit).differsAt).toBe(flashBase + 8);
  });

  test('the last unit may be shorter; what is missing are the bytes of the image', () => {
    const short: Run = { address: flashBase, data: run.data.subarray(0, 10) };
    const { missing } = comparePiece(short, blankFrom(short.data, 8, 10), blankUnit);
    expect(missing).toEqual([{ address: flashBase + 8, data: run.data.subarray(8, 10) }]);
  });
});

const old = bytes(8192, 3);
const untried = (): Tried => ({ erased: new Set(), refuted: new Set(), waiting: [] });

interface Case {
  readonly target?: MemoryBootloader;
  readonly image?: readonly { address: number; data: Uint8Array }[];
  readonly tried?: Partial<Tried>;
  readonly full?: boolean;
  readonly unread?: readonly number[];
  readonly keeps?: boolean;
  /** Files of interrupted jobs, of this very board. */
  readonly files?: readonly Run[];
  /** What proves the board. */
  readonly signs?: Partial<KeptFrom>;
}

/** The fate of each sector of the image, with what is missing in it, by offsets in the flash. */
async function compare({ image = [], tried, keeps, files = [], signs = { uniqueId: 'aa' }, ...more }: Case) {
  const { target = new MemoryBootloader({ content: old }), ...options } = more;
  let compared = 0;
  const coverage = coverageOf(imageOf(...image), target.layout, 32);
  const from: KeptFrom = { profile: 'test', place: '1-2', ...signs };
  const find = async () => files.map((run) => ({ path: 'old.hex', from, runs: [run] }));
  const folder: KeptFiles = { find, save: async () => 'new.hex', remove: async () => {} };
  const around = keeps ? new KeptAround(() => {}, from, folder) : undefined;
  await around?.open(target.layout.sectors);
  const count = (length: number) => {
    compared += length;
  };
  const given = { ...options, around, tried: { ...untried(), ...tried } };
  const plan = await compareFlash(target, coverage, given, count, signal);
  const found = plan.findings.map(({ sector, fate, missing }) => [
    sector.address - flashBase,
    fate,
    ...places(missing).map(String),
  ]);
  return { plan, found, compared, coverage, log: target.log, around };
}
const at = (offset: number, data: Uint8Array) => ({ address: flashBase + offset, data });
const sectorAt = (offset: number) => new Set([flashBase + offset]);

test('a sector is kept where it holds the image, filled where it is blank, and erased where it holds something else', async () => {
  const content = Uint8Array.from([
    ...old.subarray(0, 1024),
    ...new Uint8Array(1024).fill(0xff),
    ...old.subarray(2048, 3072),
  ]);
  const target = new MemoryBootloader({ content });
  const image = [at(0, old.subarray(0, 64)), at(1024, bytes(64)), at(1536, bytes(64))];
  const { found, compared, plan } = await compare({ target, image });
  expect(found).toEqual([
    [0, 'kept'],
    [1024, 'filled', '1024,64', '1536,64'],
  ]);
  expect(compared).toBe(192);
  expect([plan.erase, plan.writeBytes]).toEqual([[], 128]);
  const third = await compare({ target, image: [...image, at(2048, bytes(64))] });
  // The vectors' sector is erased with it.
  expect(third.found).toEqual([
    [0, 'erased'],
    [1024, 'filled', '1024,64', '1536,64'],
    [2048, 'erased'],
  ]);
  expect(third.plan.findings.map(({ differsAt }) => differsAt)).toEqual([undefined, undefined, flashBase + 2048]);
});

test('the comparison of a sector ends at its first difference', async () => {
  const { log } = await compare({ image: [at(0, changed(old.subarray(0, 1024), { 70: 0xf0 }))] });
  expect(log).toEqual(['read 0 64', 'read 64 128']);
});

test('in a full job every sector is erased, unread; but not a second time', async () => {
  const image = [at(0, old.subarray(0, 64)), at(1024, old.subarray(1024, 1088))];
  const full = await compare({ image, full: true });
  expect([full.found, full.log, full.compared]).toEqual([
    [
      [0, 'erased'],
      [1024, 'erased'],
    ],
    [],
    128,
  ]);
  const again = await compare({ image, full: true, tried: { erased: sectorAt(0) } });
  expect(again.log).toEqual(['read 0 64']);
  expect(again.found).toEqual([
    [0, 'erased'],
    [1024, 'erased'],
  ]);
  const both = await compare({ image, full: true, tried: { erased: new Set([flashBase, flashBase + 1024]) } });
  expect(both.found).toEqual([
    [0, 'kept'],
    [1024, 'kept'],
  ]);
});

test('a sector that cannot be read is erased unread, until it has been', async () => {
  const image = [at(0, old.subarray(0, 64)), at(1024, old.subarray(1024, 1088))];
  const unread = [flashBase + 1024];
  const first = await compare({ image, unread });
  expect(first.log).toEqual(['read 0 64']);
  expect(first.plan.findings.map(({ isUnread }) => isUnread)).toEqual([undefined, true]);
  const then = await compare({ image, unread, tried: { erased: sectorAt(1024) } });
  expect(then.found).toEqual([
    [0, 'kept'],
    [1024, 'kept'],
  ]);
});

test('blank units that did not take what was programmed are erased; those that only wait are not', async () => {
  const image = [at(0, bytes(128))];
  const target = () => new MemoryBootloader();
  const refuted = sectorAt(0);
  expect((await compare({ target: target(), image })).found).toEqual([[0, 'filled', '0,64', '64,64']]);
  expect((await compare({ target: target(), image, tried: { refuted } })).found).toEqual([[0, 'erased']]);
  const waiting = [at(0, bytes(128))];
  expect((await compare({ target: target(), image, tried: { refuted, waiting } })).found[0]![1]).toBe('filled');
  const other = sectorAt(1024);
  expect((await compare({ target: target(), image, tried: { refuted: other } })).found[0]![1]).toBe('filled');
});

test('a bootloader that ends early has no place of a difference', async () => {
  const target = new MemoryBootloader({ content: old, reads: (found) => found.subarray(0, 0) });
  const { found, plan } = await compare({ target, image: [at(0, old.subarray(0, 64))] });
  expect(found).toEqual([[0, 'erased']]);
  expect(plan.findings[0]).not.toHaveProperty('differsAt');
});

test('on the second try only the smallest piece is held back that is safe', async () => {
  const write = async (isCautious: boolean) => {
    const target = new MemoryBootloader({ behaviour: { programsAtOnce: 4 } });
    const coverage = coverageOf(imageOf(at(0, bytes(64))), target.layout, 32);
    const plan = await compareFlash(target, coverage, { tried: untried(), isCautious }, () => {}, signal);
    return places(plan.steps.at(-1)!.write);
  };
  expect([await write(false), await write(true)]).toEqual([[[0, 4]], [[0, 32]]]);
});

describe('with the bytes around the image', () => {
  test('those of a sector that is erased are read, kept and written again', async () => {
    const { plan, around } = await compare({ image: [at(96, bytes(32, 9))], keeps: true });
    const [finding] = plan.findings;
    expect(places(finding!.runs)).toEqual([[96, 32]]);
    const kept = finding!.around!.reduce((sum, { data }) => sum + data.length, 0);
    expect(kept).toBe(1024 - 32);
    expect(around!.bySector.get(flashBase)).toEqual(finding!.around);
    expect(plan.writeBytes).toBe(1024);
    expect(plan.massEraseRefused).toBeUndefined();
  });

  test('those of a sector that needs no erase stay where they are', async () => {
    const { found, around } = await compare({ image: [at(96, old.subarray(96, 128))], keeps: true });
    expect(found).toEqual([[0, 'kept']]);
    expect(around!.bySector.size).toBe(0);
  });

  test('a program unit that the image fills in part is completed by what stands there', async () => {
    const { plan, found } = await compare({ image: [at(100, old.subarray(100, 110))], keeps: true });
    expect(found).toEqual([[0, 'kept']]);
    expect(plan.findings[0]!.runs).toEqual([{ address: flashBase + 96, data: old.subarray(96, 128) }]);
  });

  test('blank bytes around it are not', async () => {
    const target = new MemoryBootloader({ content: old.subarray(0, 64) });
    const { plan } = await compare({ target, image: [at(0, bytes(32, 9))], keeps: true });
    expect(places(plan.findings[0]!.around)).toEqual([[32, 32]]);
  });

  test('in a sector that cannot be read only what lies outside the image is', async () => {
    const { plan, log } = await compare({ image: [at(0, bytes(960, 9))], keeps: true, unread: [flashBase] });
    expect(log).toEqual(['read 960 64', 'read 960 64']);
    expect(places(plan.findings[0]!.around)).toEqual([[960, 64]]);
  });

  test('all of a piece that the ROM may erase is taken along', async () => {
    const target = new MemoryBootloader({ content: old, behaviour: { mayErase: 2048 } });
    const { found, plan } = await compare({ target, image: [at(1024, bytes(1024, 9))], keeps: true });
    expect(found).toEqual([
      [0, 'erased'],
      [1024, 'erased'],
    ]);
    expect(places(plan.findings[0]!.around).reduce((sum, [, length]) => sum + length!, 0)).toBe(1024);
    const plain = new MemoryBootloader({ content: old, behaviour: { mayErase: 2048 } });
    expect((await compare({ target: plain, image: [at(1024, bytes(1024, 9))] })).found).toEqual([[1024, 'erased']]);
  });

  test('are read twice, as nothing else checks them', async () => {
    const { log } = await compare({ image: [at(96, bytes(32, 9))], keeps: true });
    expect(log.filter((line) => line === 'read 0 64')).toHaveLength(2);
  });
});

describe('with bytes that an interrupted job has saved', () => {
  const saved: Run = { address: flashBase + 512, data: old.subarray(512, 576) };
  /** The first page, where the saved bytes are as given. */
  const flashWith = (found: Uint8Array, image: Uint8Array = old.subarray(0, 64)) => {
    const content = new Uint8Array(8192).fill(0xff);
    content.set(image);
    content.set(found, 512);
    return new MemoryBootloader({ content });
  };
  const blank = new Uint8Array(64).fill(0xff);
  const image = [at(0, old.subarray(0, 64))];

  test('those that are lost are programmed, though the image is in place', async () => {
    const { plan, found } = await compare({ target: flashWith(blank), image, keeps: true, files: [saved] });
    expect(found).toEqual([[0, 'filled', '512,64']]);
    expect(plan.findings[0]!.around).toEqual([saved]);
    expect(plan.writeBytes).toBe(64);
  });

  test('together with what is missing of the image', async () => {
    const target = flashWith(blank, blank);
    const { found } = await compare({ target, image, keeps: true, files: [saved] });
    expect(found).toEqual([[0, 'filled', '0,64', '512,64']]);
  });

  test('those that were programmed in part are erased first', async () => {
    const half = saved.data.map((byte) => byte | 0x0f);
    const { found } = await compare({ target: flashWith(half), image, keeps: true, files: [saved] });
    expect(found).toEqual([[0, 'erased']]);
  });

  test('those that are in place need nothing', async () => {
    const { found, around } = await compare({ target: flashWith(saved.data), image, keeps: true, files: [saved] });
    expect(found).toEqual([[0, 'kept']]);
    expect(around!.bySector.size).toBe(0);
  });

  test('in a sector that is erased they are put back with the rest', async () => {
    const target = flashWith(blank, bytes(64, 9));
    const { plan, found } = await compare({ target, image, keeps: true, files: [saved] });
    expect(found).toEqual([[0, 'erased']]);
    expect(plan.findings[0]!.around).toEqual([saved]);
  });

  test('together with what stands there now', async () => {
    const target = flashWith(Uint8Array.from([...blank, ...new Uint8Array(64).fill(0xff), ...bytes(64, 5)]));
    const { around } = await compare({ target, image, keeps: true, files: [saved] });
    const [first, second] = around!.bySector.get(flashBase)!;
    expect(first).toEqual(saved);
    expect([second!.address, second!.data.subarray(0, 64)]).toEqual([flashBase + 640, bytes(64, 5)]);
  });

  test('a bootloader that ends early leaves nothing to keep by', async () => {
    const target = new MemoryBootloader({ content: old, reads: (found) => found.subarray(0, 0) });
    await expect(compare({ target, image: [at(100, bytes(10))], keeps: true })).rejects.toMatchObject({
      code: 'dfu-malformed',
    });
  });

  test('a sector that cannot be read gets them unseen; one that can does not, where it holds something else', async () => {
    const unread = [flashBase];
    const given = await compare({ target: flashWith(old.subarray(0, 64)), image, keeps: true, files: [saved], unread });
    expect(given.around!.bySector.get(flashBase)).toEqual([saved]);
    const other = await compare({ target: flashWith(old.subarray(0, 64)), image, keeps: true, files: [saved] });
    expect(other.around!.bySector.size).toBe(0);
  });

  test('flash that is blank and torn is not that of a new board', async () => {
    const signs = { serialNumber: '357236543131' };
    const target = () => new MemoryBootloader();
    const part = [at(0, bytes(64))];
    const fresh = await compare({ target: target(), image: part, keeps: true, files: [saved], signs });
    expect(fresh.around!.bySector.size).toBe(0);
    const unread = [flashBase + 4096];
    const torn = await compare({ target: target(), image: part, keeps: true, files: [saved], signs, unread });
    expect(torn.around!.bySector.get(flashBase)).toEqual([saved]);
  });
});

test('what may not be read outside the image speaks against a mass erase', async () => {
  const target = new MemoryBootloader({ content: old, block: 1024 });
  const image = [at(0, bytes(6 * 1024, 9))];
  const { plan } = await compare({ target, image, full: true });
  expect(plan.massEraseRefused).toBe('the flash outside the image is not read');
  const unread = [flashBase + 7 * 1024];
  const blind = new MemoryBootloader({ content: old.subarray(0, 6 * 1024), block: 1024 });
  expect((await compare({ target: blind, image, unread })).plan.massEraseRefused).toBe(
    'the sector at 0x0800_1C00 cannot be read',
  );
});
