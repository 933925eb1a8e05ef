import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { DoubtfulErase } from '../../src/chips/rom-behaviour.ts';
import { doubtsOf, eraseSector, inVain } from '../../src/ops/engine/erase-sector.ts';
import { explainMismatch, seeErased, seeVectorsErased } from '../../src/ops/engine/write-protection.ts';
import type { Job } from '../../src/ops/job/job.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { bytes, flashBase, MemoryBootloader } from '../helpers/memory-bootloader.ts';

const { signal } = new AbortController();
const old = bytes(8192, 3);
const idAt = 0x1fff_76fe;
/** From the second bank on this ROM acknowledges erases that it does not do, or does later. */
const doubtful = (lasts: DoubtfulErase['lasts']): DoubtfulErase => ({
  from: flashBase + 4096,
  lasts,
  idAt,
  ids: [0x91],
  otherIds: [0x93],
  what: 'this ROM does not erase it',
});
const sectorOf = (target: MemoryBootloader, index: number) => target.layout.sectors[index]!;
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );

describe('whether an erase is to be believed', () => {
  /** A ROM with this id; its id lies outside the flash. */
  const target = (id: number | undefined | Error, lasts: DoubtfulErase['lasts'] = 'for-good') =>
    new MemoryBootloader({
      content: old,
      behaviour: { doubtErase: doubtful(lasts) },
      reads: (found, address) => {
        if (address !== idAt - 2) return found;
        if (id instanceof Error) throw id;
        return Uint8Array.of(1, 2, id ?? 0, 4);
      },
    });
  const ask = async (rom: MemoryBootloader, ...indexes: readonly number[]) => {
    const sectors = indexes.map((index) => sectorOf(rom, index));
    return (await doubtsOf(rom, sectors, signal)) === undefined ? 'believed' : 'doubted';
  };
  const refusal = (rom: MemoryBootloader, ...indexes: readonly number[]) => failure(ask(rom, ...indexes));

  test('below the doubtful part nothing is asked; its first sector is part of it', async () => {
    const rom = target(0x91);
    expect(await ask(rom, 0, 3)).toBe('believed');
    expect(rom.log).toEqual([]);
    expect(await refusal(rom, 0, 4)).toMatchObject({ code: 'erase-ineffective' });
  });

  test('a usual ROM is believed', async () => {
    expect(await ask(new MemoryBootloader(), 0, 7)).toBe('believed');
  });

  test('the id of the ROM decides: the word that holds it is read', async () => {
    const good = target(0x93);
    expect(await ask(good, 7)).toBe('believed');
    expect(good.log).toEqual([`read ${idAt - 2 - flashBase} 4`]);
    expect(await refusal(target(0x91), 6)).toMatchObject({
      code: 'erase-ineffective',
      message: '0x0800_1800 would have to be erased, but this ROM does not erase it',
      hint: expect.stringMatching(/^Nothing was changed\. Place the image/),
    });
    expect(await ask(target(0x55), 7)).toBe('doubted');
  });

  test('one that only erases later is looked at afterwards', async () => {
    expect(await ask(target(0x91, 1000), 7)).toBe('doubted');
    expect(await ask(target(0x93, 1000), 7)).toBe('believed');
  });

  test('a ROM that does not show its id is looked at as well, and is ready again', async () => {
    const rom = target(new BootctlError('usb-stall', 'no'));
    expect(await ask(rom, 7)).toBe('doubted');
    expect(rom.log.at(-1)).toBe('settle');
    const gone = target(new BootctlError('target-lost', 'gone'));
    expect(await refusal(gone, 7)).toMatchObject({ code: 'target-lost' });
    expect(gone.log).not.toContain('settle');
    expect(await refusal(target(new TypeError('a bug')), 7)).toBeInstanceOf(TypeError);
  });
});

describe('an erase in doubt', () => {
  const erase = async (
    target: MemoryBootloader,
    lasts: DoubtfulErase['lasts'] | undefined,
    { index = 4, isUnread = false } = {},
  ) => {
    const clock = new SimClock();
    const doubts = lasts === undefined ? undefined : doubtful(lasts);
    const sector = sectorOf(target, index);
    const telling = sector.address + 70;
    const error = await failure(eraseSector(target, sector, { doubts, telling, isUnread, clock }, signal));
    return { error, took: clock.now(), log: target.log };
  };
  /** An erase that is over so many looks after it was acknowledged. */
  const late = (looks: number) =>
    new MemoryBootloader({
      content: old,
      erases: () => {},
      reads: (found, _, count) => (count > looks ? found.map(() => 0xff) : found),
    });

  test('is not looked at where nothing is in doubt, or below the doubtful part', async () => {
    expect(await erase(late(9), undefined)).toEqual({ error: 'resolved', took: 0, log: ['erase 4096'] });
    expect(await erase(late(9), 1000, { index: 3 })).toEqual({ error: 'resolved', took: 0, log: ['erase 3072'] });
  });

  test('is over when the place that told is blank: one program unit is read there', async () => {
    expect(await erase(late(0), 1000)).toEqual({ error: 'resolved', took: 0, log: ['erase 4096', 'read 4166 32'] });
    expect(await erase(late(3), 1000)).toMatchObject({ error: 'resolved', took: 150 });
  });

  test('has failed when its time is over; every 50 ms it is looked at', async () => {
    const { error, took, log } = await erase(late(99), 1000);
    expect(error).toMatchObject({
      code: 'erase-ineffective',
      message: expect.stringContaining('it has erased 0x0800_1000, but it has not: this ROM does not erase it'),
      hint: expect.stringMatching(/^Place the image/),
    });
    expect([took, log.length]).toEqual([1000, 1 + 21]);
  });

  test('of a ROM that never does it has failed at the first look', async () => {
    expect(await erase(late(99), 'for-good')).toMatchObject({ error: { code: 'erase-ineffective' }, took: 0 });
  });

  test('is looked at unless the caller says that it cannot be read', async () => {
    const target = late(0);
    const sector = sectorOf(target, 4);
    const check = { doubts: doubtful(1000), telling: sector.address, clock: new SimClock() };
    await eraseSector(target, sector, check, signal);
    expect(target.log).toEqual(['erase 4096', 'read 4096 32']);
  });

  test('of what cannot be read is waited for: a look would end the ROM', async () => {
    expect(await erase(late(99), 1000, { isUnread: true })).toEqual({
      error: 'resolved',
      took: 1000,
      log: ['erase 4096'],
    });
    expect(await erase(late(0), 'for-good', { isUnread: true })).toMatchObject({ took: 0, log: { length: 2 } });
  });
});

test('a first erase that fails in vain has changed nothing; other failures are what they are', () => {
  const refused = inVain(new BootctlError('erase-ineffective', 'no', { details: { address: 1 } }));
  expect(refused).toMatchObject({ code: 'erase-ineffective', details: { changed: 'nothing', address: 1 } });
  const lost = new BootctlError('target-lost', 'gone');
  expect(inVain(lost)).toBe(lost);
  const bug = new TypeError('x');
  expect(inVain(bug)).toBe(bug);
});

describe('a sector that stays as it was', () => {
  const look = (target: MemoryBootloader) => {
    const clock = new SimClock();
    return { clock, request: [{ bench: { clock } } as unknown as Job, target, signal] as const };
  };
  const found = (target: MemoryBootloader, more = {}) => ({
    sector: sectorOf(target, 1),
    runs: [{ address: flashBase + 1024, data: bytes(64) }],
    fate: 'erased' as const,
    missing: [],
    ...more,
  });

  test('is write-protected: the place that differed is looked at twice, a second apart', async () => {
    const target = new MemoryBootloader({ content: old });
    const { clock, request } = look(target);
    expect(await failure(seeErased(found(target, { differsAt: flashBase + 1100 }), ...request))).toMatchObject({
      code: 'write-protected',
      message:
        'The ROM acknowledges the erase of 0x0800_0400, and twice nothing has changed: the sector is write-protected',
      details: { address: flashBase + 1024, removable: 'no' },
    });
    expect([target.log, clock.now()]).toEqual([['read 1100 32', 'read 1100 32'], 1000]);
  });

  test('is not where it is blank at the first look, or at the second', async () => {
    const blank = new MemoryBootloader();
    const once = look(blank);
    await seeErased(found(blank), ...once.request);
    expect([blank.log, once.clock.now()]).toEqual([['read 1024 32'], 0]);
    const late = new MemoryBootloader({
      content: old,
      reads: (data, _, count) => data.map((byte) => (count > 1 ? 0xff : byte)),
    });
    const twice = look(late);
    await seeErased(found(late), ...twice.request);
    expect(twice.clock.now()).toBe(1000);
  });

  test('may be lifted by `--unprotect` where the bootloader can', async () => {
    const target = new MemoryBootloader({ content: old, unprotectWrite: true });
    const error = await failure(seeErased(found(target), ...look(target).request));
    expect(error).toMatchObject({
      details: { removable: 'yes' },
      hint: expect.stringContaining('which here erases nothing'),
    });
  });

  test('with the vectors is erased again; the beginnings of the image and of what is kept are looked at', async () => {
    const target = new MemoryBootloader({ content: old });
    let again = 0;
    const eraseAgain = async () => {
      again++;
      await target.erase(sectorOf(target, 1));
    };
    const around = [{ address: flashBase + 1500, data: bytes(32) }];
    await seeVectorsErased(found(target, { around }), eraseAgain, ...look(target).request);
    expect(again).toBe(1);
    expect(target.log).toEqual(['read 1024 32', 'erase 1024', 'read 1024 32', 'read 1500 32']);
    const bare = new MemoryBootloader();
    await seeVectorsErased(found(bare, { runs: [], around: [] }), eraseAgain, ...look(bare).request);
    await seeVectorsErased(found(bare, { around: found(bare).runs }), eraseAgain, ...look(bare).request);
    expect([bare.log, again]).toEqual([['read 1024 32'], 1]);
  });

  test('with the vectors that a second erase does not change is write-protected', async () => {
    const target = new MemoryBootloader({ content: old, erases: () => {} });
    const seeing = seeVectorsErased(found(target), () => target.erase(sectorOf(target, 1)), ...look(target).request);
    expect(await failure(seeing)).toMatchObject({ code: 'write-protected' });
  });
});

describe('a mismatch that repeats', () => {
  const mismatch = (offset: number) =>
    new BootctlError('verify-mismatch', 'differs', {
      details: { address: flashBase + offset },
      hint: 'the usual hint',
    });
  const explain = async (target: MemoryBootloader, error: unknown, fate: 'kept' | 'filled' | 'erased' = 'filled') => {
    const clock = new SimClock();
    const findings = [0, 1].map((index) => ({ sector: sectorOf(target, index), runs: [], missing: [], fate }));
    return failure(explainMismatch(error, findings, { bench: { clock } } as unknown as Job, target, signal));
  };

  test('is write protection where the flash has stayed blank; the program unit is looked at', async () => {
    const target = new MemoryBootloader();
    expect(await explain(target, mismatch(1024 + 70))).toMatchObject({
      code: 'write-protected',
      message: expect.stringContaining('bytes for 0x0800_0440'),
      details: { address: flashBase + 1024 },
    });
    expect(target.log).toEqual(['read 1088 32']);
    expect(await explain(new MemoryBootloader(), mismatch(1024))).toMatchObject({
      details: { address: flashBase + 1024 },
    });
    expect(await explain(new MemoryBootloader(), mismatch(1023))).toMatchObject({ details: { address: flashBase } });
  });

  test.each<[string, MemoryBootloader, unknown, 'kept' | 'filled']>([
    ['where something else is there', new MemoryBootloader({ content: old }), mismatch(100), 'filled'],
    ['in a sector that was not touched', new MemoryBootloader(), mismatch(100), 'kept'],
    ['behind the sectors of the image', new MemoryBootloader(), mismatch(2048), 'filled'],
    ['in front of them', new MemoryBootloader(), mismatch(-1), 'filled'],
    ['of another kind', new MemoryBootloader(), new BootctlError('target-lost', 'gone'), 'filled'],
  ])('stays what it is over DFU: %s', async (_name, target, error, fate) => {
    expect(await explain(target, error, fate)).toBe('resolved');
  });

  test('over USART may be due to the wires; a target that is lost is not', async () => {
    const target = new MemoryBootloader({ content: old, kind: 'usart' });
    expect(await explain(target, new BootctlError('target-lost', 'gone'))).toBe('resolved');
    expect(await explain(target, mismatch(100))).toMatchObject({
      code: 'verify-mismatch',
      hint: expect.stringContaining('--baud'),
    });
  });
});
