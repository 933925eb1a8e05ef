import { describe, expect, test } from 'vitest';
import { FlashReader } from '../../src/ops/engine/flash-reader.ts';
import { KeptAround, type KeptLook } from '../../src/ops/engine/keep-around.ts';
import type { KeptFile, KeptFiles, KeptFrom } from '../../src/ops/engine/keep-files.ts';
import type { Run } from '../../src/ops/engine/runs.ts';
import { bytes, flashBase, MemoryBootloader } from '../helpers/memory-bootloader.ts';

const { signal } = new AbortController();
const run = (offset: number, data: Uint8Array): Run => ({ address: flashBase + offset, data });
const saved = bytes(64, 5);
const own: KeptFrom = { profile: 'test', place: '1-2', uniqueId: 'aa' };
const bySerial: KeptFrom = { profile: 'test', place: '1-2', serialNumber: '357236543131' };
const stranger: KeptFrom = { profile: 'test', place: '1-2', uniqueId: 'bb' };
const nobody: KeptFrom = { profile: 'test', place: '1-2' };
const file = (path: string, from: KeptFrom, ...runs: readonly Run[]): KeptFile => ({ path, from, runs });

/** A folder with files of interrupted jobs. */
class Folder implements KeptFiles {
  readonly log: string[] = [];
  readonly #files: readonly KeptFile[];
  constructor(files: readonly KeptFile[]) {
    this.#files = files;
  }
  async find(): Promise<readonly KeptFile[]> {
    return this.#files;
  }
  async save(from: KeptFrom, runs: readonly Run[]): Promise<string> {
    this.log.push(`save ${from.uniqueId} ${runs.map(({ address, data }) => [address - flashBase, data.length])}`);
    return `new-${this.log.length}.hex`;
  }
  async remove(path: string): Promise<void> {
    this.log.push(`remove ${path}`);
  }
}

interface Case {
  readonly from?: KeptFrom;
  readonly files?: readonly KeptFile[];
  readonly content?: Uint8Array;
  readonly erased?: 0x00 | 0xff;
  readonly isTorn?: boolean;
  readonly restored?: string;
  readonly reads?: (found: Uint8Array) => Uint8Array;
}

async function job({ from = own, files = [], content, erased = 0xff, isTorn = false, restored, reads }: Case = {}) {
  const target = new MemoryBootloader({
    behaviour: { erased },
    ...(content ? { content } : {}),
    ...(reads ? { reads } : {}),
  });
  const notes: string[] = [];
  const folder = new Folder(files);
  const around = new KeptAround((event) => void (event.event === 'note' && notes.push(event.message)), from, folder);
  await around.open(target.layout.sectors, restored);
  const look: KeptLook = { reader: new FlashReader(target, signal), erased, isTorn };
  const partOf = (index: number, ...runs: readonly Run[]) => ({ sector: target.layout.sectors[index]!, runs });
  /** The image has a run in the sector, behind what was saved. */
  const recall = (index = 0, ...runs: readonly Run[]) =>
    around.recall(partOf(index, ...(runs.length > 0 ? runs : [run(index * 1024 + 512, bytes(32))])), look);
  return {
    around,
    folder,
    notes,
    recall,
    partOf,
    target,
    reasons: () => around.left('erased in part').map((one) => one.reason),
  };
}
const blank = new Uint8Array(64).fill(0xff);
/** The bytes on their way: programmed so far, their other bits still 1. */
const onTheWay = saved.map((byte, index) => (index < 20 ? byte : byte | 0x0f));
const elsewhere = Uint8Array.from({ length: 8192 }, (_, index) => (index === 8191 ? 1 : 0xff));

describe('bytes that an interrupted job has saved', () => {
  test.each<[string, Case]>([
    ['lost, of the same board', { content: blank }],
    ['on their way into the flash', { content: onTheWay }],
    ['of a board with the same serial number, whose flash is used', { from: bySerial, content: elsewhere }],
    ['of one whose flash is torn: that is not a new board', { from: bySerial, isTorn: true }],
    ['in flash that is 0x00 when erased', { content: saved.map((byte) => byte & 0x0f), erased: 0x00 }],
  ])('are put back: %s', async (_name, given) => {
    const from = given.from ?? own;
    const { around, folder, notes, recall } = await job({ ...given, files: [file('old.hex', from, run(0, saved))] });
    expect(await recall()).toBe(true);
    expect(around.bySector.get(flashBase)).toEqual([run(0, saved)]);
    expect(notes).toEqual(['old.hex holds what stood around the image before a job was interrupted: it is put back']);
    expect(await recall()).toBe(false);
    await around.save();
    expect(folder.log).toEqual([]);
    await around.forget();
    expect(folder.log).toEqual(['remove old.hex']);
    expect([around.bySector.size, around.left('verified')]).toEqual([0, []]);
  });

  test('that are in the flash already need nothing, and the file is done with', async () => {
    const { around, folder, notes, recall } = await job({
      content: saved,
      files: [file('old.hex', own, run(0, saved))],
    });
    expect(await recall()).toBe(false);
    await around.forget();
    expect([folder.log, notes]).toEqual([['remove old.hex'], []]);
  });

  test.each<[string, Case, KeptFrom, string, RegExp | undefined]>([
    ['where other content is in their place', { content: bytes(64, 9) }, own, 'other-content', undefined],
    [
      'where other bits are 1',
      { content: saved.map((byte) => byte & 0xfe), erased: 0xff },
      own,
      'other-content',
      undefined,
    ],
    [
      'where other bits are 0 of flash that is 0x00 when erased',
      { content: saved.map((byte) => byte | 0x80), erased: 0x00 },
      own,
      'other-content',
      undefined,
    ],
    ['where the flash ends early', { reads: (found) => found.subarray(0, 0) }, own, 'other-content', undefined],
    [
      'of another board',
      { content: blank },
      stranger,
      'other-board',
      /^old\.hex is not put back: it was taken from another board; .* --restore old\.hex$/,
    ],
    [
      'where nothing proves the board',
      { content: blank },
      nobody,
      'not-proven',
      /: nothing proves that this is the board/,
    ],
    ['in a flash as blank as a new one', { from: bySerial }, bySerial, 'not-proven', /: nothing proves/],
    ['not proven, and in their place already', { content: saved }, nobody, 'in-place', undefined],
    ['of another board, and in their place already', { content: saved }, stranger, 'in-place', undefined],
  ])('are not put back %s', async (_name, given, from, reason, note) => {
    const { around, folder, notes, recall, reasons } = await job({
      ...given,
      files: [file('old.hex', from, run(0, saved))],
    });
    expect(await recall()).toBe(false);
    expect(await recall()).toBe(false);
    expect(reasons()).toEqual([reason]);
    expect(notes).toEqual(note ? [expect.stringMatching(note)] : []);
    await around.forget();
    expect(folder.log).toEqual([]);
    expect(notes.at(-1)).toBe(
      'old.hex stays: the flash does not hold all of its bytes, or not provably on the same board',
    );
    expect(around.left('verified')).toMatchObject([{ path: 'old.hex', bytes: 64, reason }]);
  });

  test('without those that the image brings itself', async () => {
    const { around, recall } = await job({ files: [file('old.hex', own, run(0, saved))] });
    await recall(0, run(16, bytes(16)));
    expect(around.bySector.get(flashBase)).toEqual([run(0, saved.subarray(0, 16)), run(32, saved.subarray(32))]);
  });

  test('of two files the first that is lost counts; one that is in place does not', async () => {
    const late = file('late.hex', own, run(128, saved));
    const { around, recall, folder, notes } = await job({
      content: saved,
      files: [file('done.hex', own, run(0, saved)), late, file('more.hex', own, run(256, saved))],
    });
    expect(await recall()).toBe(true);
    expect(around.bySector.get(flashBase)).toEqual([run(128, saved)]);
    expect(notes).toHaveLength(1);
    await around.forget();
    expect(folder.log).toEqual(['remove done.hex', 'remove late.hex', 'remove more.hex']);
  });

  test('of sectors that the image does not touch stay, and so does the file', async () => {
    const { around, recall, folder } = await job({ files: [file('old.hex', own, run(1000, saved))] });
    expect(await recall(2)).toBe(false);
    await recall();
    expect(around.bySector.get(flashBase)).toEqual([run(1000, saved.subarray(0, 24))]);
    expect(around.left('erased in part')).toMatchObject([{ bytes: 40, reason: 'other-content' }]);
    await recall(1, run(1600, bytes(32)));
    expect(around.left('erased in part')).toMatchObject([{ bytes: 64, reason: 'cut' }]);
    await around.forget();
    expect(folder.log).toEqual(['remove old.hex']);
  });

  test('of several reasons the most telling is told', async () => {
    const { recall, reasons } = await job({
      content: saved,
      files: [file('old.hex', nobody, run(0, saved), run(1024, saved))],
    });
    await recall(0);
    expect(reasons()).toEqual(['other-content']);
    await recall(1);
    expect(reasons()).toEqual(['not-proven']);
  });

  test('of a file that the person restores are not looked for', async () => {
    const { recall, around, folder } = await job({ files: [file('old.hex', own, run(0, saved))], restored: 'old.hex' });
    expect(await recall()).toBe(false);
    await around.forget();
    expect(folder.log).toEqual([]);
  });

  test('of no file are none', async () => {
    const around = new KeptAround(() => {}, own);
    const target = new MemoryBootloader();
    await around.open(target.layout.sectors);
    around.keep(target.layout.sectors[0]!, [run(0, saved)]);
    await around.save();
    await around.forget();
    expect(around.left('verified')).toEqual([]);
  });
});

describe('a sector that cannot be read', () => {
  test.each([
    ['the same board', own],
    ['the same serial number: flash that is torn is not new', bySerial],
  ] as const)('gets what was saved of it: %s', async (_name, from) => {
    const { around, partOf, notes, folder } = await job({ from, files: [file('old.hex', from, run(0, saved))] });
    around.giveBack(partOf(0, run(0, saved.subarray(0, 32))));
    expect(around.bySector.get(flashBase)).toEqual([run(32, saved.subarray(32))]);
    expect(notes).toEqual([
      'old.hex holds what stood around the image in a sector that cannot be read: it is put back',
    ]);
    around.giveBack(partOf(0));
    expect(around.bySector.get(flashBase)).toEqual([run(32, saved.subarray(32))]);
    await around.save();
    await around.forget();
    expect(folder.log).toEqual(['remove old.hex']);
  });

  test.each([
    [stranger, 'other-board'],
    [nobody, 'not-proven'],
  ] as const)('gets nothing from %j', async (from, reason) => {
    const { around, partOf, notes, reasons } = await job({ files: [file('old.hex', from, run(0, saved))] });
    around.giveBack(partOf(0));
    around.giveBack(partOf(1));
    expect([around.bySector.size, reasons(), notes.length]).toEqual([0, [reason], 1]);
  });
});

describe('bytes of this job', () => {
  test('are saved once before an erase, and the file goes when the flash holds them', async () => {
    const { around, folder, notes, partOf } = await job();
    await around.save();
    expect(folder.log).toEqual([]);
    around.keep(partOf(0).sector, [run(0, saved), run(100, saved)]);
    around.keep(partOf(1).sector, [run(1024, saved)]);
    await around.save();
    await around.save();
    expect(folder.log).toEqual(['save aa 0,64,100,64,1024,64']);
    expect(notes).toEqual(['the bytes around the image are saved in new-1.hex until the flash holds it again']);
    expect(around.left('erased in part')).toEqual([{ path: 'new-1.hex', bytes: 192, reason: 'cut', isProvable: true }]);
    expect(around.left('written, not verified')).toMatchObject([{ reason: 'not-read-back' }]);
    around.keep(partOf(1).sector, [run(1100, saved)]);
    await around.save();
    expect(folder.log.at(-1)).toBe('save aa 1100,64');
    await around.forget();
    expect(folder.log.slice(2)).toEqual(['remove new-1.hex', 'remove new-2.hex']);
    expect(around.left('verified')).toEqual([]);
    await around.forget();
    expect(folder.log).toHaveLength(4);
  });

  test('are no longer in a file where nothing was erased; a later erase saves them again', async () => {
    const { around, folder, partOf } = await job({ from: nobody });
    around.keep(partOf(0).sector, [run(0, saved)]);
    await around.save();
    expect(around.left('untouched')).toMatchObject([{ isProvable: false }]);
    await around.discard();
    expect(folder.log).toEqual(['save undefined 0,64', 'remove new-1.hex']);
    expect(around.left('untouched')).toEqual([]);
    await around.save();
    expect(folder.log.at(-1)).toBe('save undefined 0,64');
  });

  test('are not taken from the file of an earlier one', async () => {
    const { around, partOf, recall } = await job({ files: [file('old.hex', own, run(0, saved))] });
    around.keep(partOf(0).sector, [run(128, saved)]);
    around.giveBack(partOf(0));
    expect(await recall()).toBe(false);
    expect(around.bySector.get(flashBase)).toEqual([run(128, saved)]);
  });
});
