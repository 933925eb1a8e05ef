import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { type FlashOptions, flashTarget } from '../../src/ops/engine/flash.ts';
import { KeptAround } from '../../src/ops/engine/keep-around.ts';
import { Effects } from '../../src/ops/job/effects.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import type { Job } from '../../src/ops/job/job.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { bytes, flashBase, MemoryBootloader } from '../helpers/memory-bootloader.ts';
import { imageOf } from '../helpers/plain-image.ts';

const old = bytes(8192, 3);
const at = (offset: number, data: Uint8Array) => ({ address: flashBase + offset, data });
const image = imageOf(at(0, bytes(128)));
const twoPages = imageOf(at(0, bytes(64)), at(1024, bytes(64)));

async function flash(target: MemoryBootloader, wanted = image, options: Partial<FlashOptions> = {}) {
  const events: ProgressEvent[] = [];
  const conditions: string[] = [];
  const job = {
    bench: { clock: new SimClock() },
    profile: {},
    report: (event: ProgressEvent) => void events.push(event),
    effects: new Effects(),
  } as unknown as Job;
  const onCondition = (condition: string) => {
    if (conditions.at(-1) !== condition) conditions.push(condition);
  };
  const output = await flashTarget(job, target, wanted, { verify: true, onCondition, ...options });
  const told = (name: ProgressEvent['event']) => events.filter(({ event }) => event === name);
  return { ...output, conditions, told, log: target.log };
}
const writes = ({ log }: { log: readonly string[] }) => log.filter((line) => line.startsWith('write'));
const erases = ({ log }: { log: readonly string[] }) => log.filter((line) => line.includes('erase'));

test('other content: compared, erased, written with its first unit last, and read back before and after that', async () => {
  const target = new MemoryBootloader({ content: old });
  const { condition, error, conditions, log } = await flash(target);
  expect([condition, error]).toEqual(['verified', null]);
  expect(log).toEqual([
    'probe',
    'read 0 64',
    'erase 0',
    'write 64 64',
    'write 32 32',
    'read 0 64',
    'read 64 64',
    'write 0 32',
    'read 0 64',
  ]);
  expect(target.at(0, 128)).toEqual(image.segments[0]!.data);
  expect(target.at(128, 1)).toEqual(Uint8Array.of(0xff));
  expect(conditions).toEqual(['untouched', 'erased in part', 'written in part', 'written, not verified', 'verified']);
});

test('what is planned and done is told', async () => {
  const third = imageOf(at(0, bytes(64)), at(1024, bytes(64)), at(2048, old.subarray(2048, 2112)));
  const content = old.slice();
  content.fill(0xff, 1024, 2048);
  const { told } = await flash(new MemoryBootloader({ content }), third);
  // 22 ms a page, 85 µs for 8 bytes: DS13560 (G0B1).
  expect(told('flash.planned')).toStrictEqual([
    {
      event: 'flash.planned',
      kept: 1,
      filled: 1,
      erased: 1,
      massErase: false,
      bytes: 128,
      estimate: Math.round(22 + (128 * 0.085) / 8),
    },
  ]);
  expect(told('phase.started')).toMatchObject([
    { phase: 'compare', total: 192, unit: 'bytes' },
    { phase: 'erase', total: 1, unit: 'sectors' },
    { phase: 'program', total: 96, unit: 'bytes' },
    { phase: 'verify', total: 32 + 64, unit: 'bytes' },
    { phase: 'program', total: 32 },
    { phase: 'verify', total: 64 },
  ]);
  expect(told('phase.finished')).toHaveLength(6);
  expect(told('phase.progress').length).toBeGreaterThan(0);
});

test('the same image again is read, and nothing else', async () => {
  const { conditions, log } = await flash(new MemoryBootloader({ content: image.segments[0]!.data }));
  expect([conditions, log]).toEqual([
    ['untouched', 'verified'],
    ['probe', 'read 0 64', 'read 64 64'],
  ]);
});

test('blocks that are all alike are no proof: one unit is read by its own pointer', async () => {
  const alike = new Uint8Array(128).fill(0x55);
  const { log } = await flash(new MemoryBootloader({ content: alike }), imageOf(at(0, alike)));
  expect(log).toEqual(['probe', 'read 0 64', 'read 64 64', 'read 96 32']);
});

test('blank flash is written without an erase', async () => {
  const run = await flash(new MemoryBootloader());
  expect([run.conditions, erases(run), writes(run)]).toEqual([
    ['untouched', 'written in part', 'written, not verified', 'verified'],
    [],
    ['write 64 64', 'write 32 32', 'write 0 32'],
  ]);
});

test('without a verification everything is written in one step, and nothing read back', async () => {
  const run = await flash(new MemoryBootloader({ content: old }), image, { verify: false });
  expect(run.condition).toBe('written, not verified');
  expect(run.log.slice(3)).toEqual(['write 64 64', 'write 32 32', 'write 0 32']);
});

test('an image out of the flash is refused before anything is asked', async () => {
  const target = new MemoryBootloader();
  await expect(flash(target, imageOf(at(8192, bytes(4))))).rejects.toMatchObject({ code: 'image-out-of-range' });
  expect(target.log).toEqual([]);
});

test('the vectors are erased first, and seen to be, before the next sector is', async () => {
  const run = await flash(new MemoryBootloader({ content: old }), twoPages);
  expect(run.log.slice(1, 7)).toEqual([
    'read 0 64',
    'read 1024 64',
    'erase 0',
    'read 0 32',
    'erase 1024',
    'write 1024 64',
  ]);
  expect(run.told('phase.progress')).toContainEqual(
    expect.objectContaining({ phase: 'erase', done: 2, total: 2, unit: 'sectors' }),
  );
});

test('a mass erase is one command; nothing is erased beside it', async () => {
  const whole = imageOf(at(0, bytes(8192)));
  const target = new MemoryBootloader({ content: old, block: 1024 });
  const run = await flash(target, whole);
  expect([run.condition, erases(run)]).toEqual(['verified', ['mass erase']]);
  expect(run.told('flash.planned')).toMatchObject([{ massErase: true, erased: 8 }]);
  const never = new MemoryBootloader({ content: old, block: 1024, behaviour: { massErase: 'never' } });
  const without = await flash(never, whole);
  expect(without.told('flash.planned')).toMatchObject([
    { massErase: false, massEraseRefused: 'the mass erase of this ROM is not to be used' },
  ]);
  expect(erases(without)).toHaveLength(8);
});

describe('what fails once is tried again with care', () => {
  test('a mismatch: the bootloader is calmed, and what is missing is done', async () => {
    // The first read after the first write is garbled.
    const target: MemoryBootloader = new MemoryBootloader({
      reads: (found) => {
        const isFirst = target.log.some((line) => line.startsWith('write')) && !target.log.includes('cautious');
        return isFirst ? found.map((byte) => byte ^ 1) : found;
      },
    });
    const run = await flash(target);
    expect([run.condition, run.error]).toEqual(['verified', null]);
    expect(run.log).toContain('cautious');
    expect(run.told('note')).toEqual([{ event: 'note', message: 'retrying with conservative timing' }]);
  });

  test('blank flash that did not take what was programmed is erased, and each erase is looked at', async () => {
    let writes = 0;
    class Weak extends MemoryBootloader {
      override async write(...given: Parameters<MemoryBootloader['write']>): Promise<void> {
        if (++writes > 2) return super.write(...given);
        this.log.push('write in vain');
      }
    }
    const run = await flash(new Weak());
    expect([run.condition, run.error]).toEqual(['verified', null]);
    expect(erases(run)).toEqual(['erase 0']);
    const after = run.log.slice(run.log.indexOf('erase 0'));
    expect(after[1]).toMatch(/^read \d+ 32$/);
  });

  test('a sector that was erased and took nothing is not erased again', async () => {
    let writes = 0;
    class Weak extends MemoryBootloader {
      override async write(...given: Parameters<MemoryBootloader['write']>): Promise<void> {
        if (++writes > 2) await super.write(...given);
      }
    }
    const run = await flash(new Weak({ content: old }));
    expect([run.condition, erases(run)]).toEqual(['verified', ['erase 0']]);
  });

  test('a target that is lost while it is written is lost', async () => {
    const lost = new BootctlError('target-lost', 'gone');
    class Leaving extends MemoryBootloader {
      override write(): Promise<void> {
        return Promise.reject(lost);
      }
    }
    expect(await flash(new Leaving())).toMatchObject({ error: lost, condition: 'written in part' });
  });

  test('flash that stays blank whatever is written is write-protected', async () => {
    class Protected extends MemoryBootloader {
      override async write(): Promise<void> {
        this.log.push('write in vain');
      }
    }
    const { error, condition } = await flash(new Protected());
    expect([error?.code, condition]).toEqual(['write-protected', 'written in part']);
  });
});

describe('an erase that is refused', () => {
  const refusing = (from: number) =>
    new MemoryBootloader({
      content: old,
      erases: (sector) => {
        if (sector.address >= flashBase + from) throw new BootctlError('erase-ineffective', 'no');
      },
    });

  test('as the first of the job has changed nothing', async () => {
    const { error, condition } = await flash(refusing(0));
    expect([error?.code, error?.details.changed, condition]).toEqual(['erase-ineffective', 'nothing', 'untouched']);
    expect((await flash(refusing(0), image, { condition: 'verified' })).condition).toBe('verified');
  });

  test('later has: the first sector is erased already', async () => {
    let erased = false;
    const target: MemoryBootloader = new MemoryBootloader({
      content: old,
      reads: (found) => (erased ? found.map(() => 0xff) : found),
      erases: (sector) => {
        if (sector.address !== flashBase) throw new BootctlError('erase-ineffective', 'no');
        erased = true;
      },
    });
    const { error, condition } = await flash(target, twoPages);
    expect([error?.code, error?.details.changed, condition]).toEqual([
      'erase-ineffective',
      undefined,
      'erased in part',
    ]);
  });

  test('by a ROM that acknowledges it all the same is seen where the content differed', async () => {
    const doubtErase = { from: flashBase, lasts: 1_000, idAt: flashBase, ids: [], otherIds: [], what: 'it does not' };
    const rom = () => new MemoryBootloader({ content: old, behaviour: { doubtErase }, erases: () => {} });
    const { error, condition, log } = await flash(rom());
    expect([error?.code, condition]).toEqual(['erase-ineffective', 'untouched']);
    expect(log.slice(3, 5)).toEqual(['erase 0', 'read 0 32']);
  });

  test('by a ROM that is known for it is never sent', async () => {
    const doubtErase = {
      from: flashBase,
      lasts: 'for-good',
      idAt: flashBase + 4096,
      ids: [old[4096]!],
      otherIds: [],
      what: 'it does not',
    } as const;
    const run = await flash(new MemoryBootloader({ content: old, behaviour: { doubtErase } }));
    expect([run.error?.code, erases(run), run.condition]).toEqual(['erase-ineffective', [], 'untouched']);
  });
});

describe('blocks that were read by their numbers alone', () => {
  class Guessing extends MemoryBootloader {
    isGuessing = true;
    /** A place of which a read proves that the ROM heeds block numbers. */
    proof: number | undefined;
    stopGuessing(): void {
      this.log.push('stop guessing');
      this.isGuessing = false;
    }
    async provePlaces(near: number): Promise<void> {
      this.log.push(`prove at ${near - flashBase}`);
      if (near - flashBase === this.proof) this.isGuessing = false;
    }
    readonly prepared: number[] = [];
    async prepareFor(length: number): Promise<void> {
      this.prepared.push(length);
    }
  }
  const guessing = (content: Uint8Array | undefined, proof?: number) => {
    const target = new Guessing(content ? { content } : {});
    target.proof = proof;
    return target;
  };
  const proofs = ({ log }: { log: readonly string[] }) => log.filter((line) => /prove|guessing/.test(line));

  test('decide no erase before a proof; without one everything is compared again', async () => {
    const proven = await flash(guessing(old, 1024), imageOf(at(1024, bytes(64))));
    expect(proofs(proven)).toEqual(['prove at 1024']);
    // Compared once, and read back in two steps.
    expect(proven.log.filter((line) => line === 'read 1024 64')).toHaveLength(3);
    const elsewhere = await flash(guessing(old, 0), imageOf(at(1024, bytes(64))));
    expect(proofs(elsewhere)).toEqual(['prove at 1024', 'prove at 0']);
    const never = await flash(guessing(old), imageOf(at(1024, bytes(64))));
    expect(proofs(never)).toEqual(['prove at 1024', 'prove at 0', 'stop guessing']);
    expect(never.log.filter((line) => line === 'read 1024 64')).toHaveLength(4);
  });

  test('are no proof that the flash holds the image', async () => {
    const run = await flash(guessing(image.segments[0]!.data));
    expect(proofs(run)).toEqual(['prove at 0', 'prove at 0', 'stop guessing']);
    expect(run.log.filter((line) => line === 'read 0 64')).toHaveLength(2);
  });

  test('may find blank flash: its first block proves them', async () => {
    expect(proofs(await flash(guessing(undefined)))).toEqual([]);
  });

  test('are proven first where bytes are put back, and not by a read of flash that cannot be read', async () => {
    const around = () => new KeptAround(() => {}, { profile: 'test', place: '1-2' });
    const kept = await flash(guessing(old, 0), image, { around: around() });
    expect(proofs(kept)).toEqual(['prove at 0']);
    expect(kept.log.indexOf('prove at 0')).toBe(1);
    const unread = await flash(guessing(old, 0), image, { around: around(), unread: [flashBase + 2048] });
    expect(proofs(unread)).toEqual(['stop guessing']);
  });

  test('the bootloader is told how much will cross the wire, unless nothing can check it', async () => {
    const usual = guessing(old, 0);
    await flash(usual);
    expect(usual.prepared).toEqual([128, 128 + 128]);
    const unverified = guessing(old, 0);
    await flash(unverified, image, { verify: false });
    const keeps = guessing(old, 0);
    await flash(keeps, image, { around: new KeptAround(() => {}, { profile: 'test', place: '1-2' }) });
    expect([unverified.prepared, keeps.prepared]).toEqual([[], []]);
  });
});

test('the bytes around the image are saved before anything is erased', async () => {
  const target = new MemoryBootloader({ content: old });
  const files = {
    find: async () => [],
    save: async () => {
      target.log.push('save');
      return 'kept.hex';
    },
    remove: async () => {},
  };
  const around = new KeptAround(() => {}, { profile: 'test', place: '1-2' }, files);
  const { condition, log } = await flash(target, imageOf(at(256, bytes(64))), { around });
  expect(condition).toBe('verified');
  expect(log.indexOf('save')).toBeGreaterThan(0);
  expect(log.indexOf('save')).toBeLessThan(log.indexOf('erase 0'));
  const expected = old.slice(0, 1024);
  expected.set(bytes(64), 256);
  expect(target.at(0, 1024)).toEqual(expected);
});

test('an abort ends the work, and says what the flash has become', async () => {
  const controller = new AbortController();
  const target = new MemoryBootloader({ content: old, erases: () => controller.abort() });
  const job = {
    bench: { clock: new SimClock() },
    profile: {},
    report: () => {},
    effects: new Effects(),
  } as unknown as Job;
  const output = await flashTarget(job, target, image, { verify: true }, controller.signal);
  expect([output.error?.code, output.condition]).toEqual(['aborted', 'erased in part']);
});
