import { describe, expect, test } from 'vitest';
import type { Finding } from '../../src/ops/engine/finding.ts';
import { FlashReader } from '../../src/ops/engine/flash-reader.ts';
import { eraseTimeOf, judgeMassErase, massEraseRefusal, massEraseTime } from '../../src/ops/engine/mass-erase.ts';
import { parseMemoryLayout } from '../../src/protocol/dfuse/memory-layout.ts';
import { bytes, flashBase, MemoryBootloader } from '../helpers/memory-bootloader.ts';

const { signal } = new AbortController();

// Typical times: a page 22 ms, all pages as long (DS13560, G0B1); F405: 16 KiB 250 ms, 128 KiB 1 s, 1 MiB 8 s (DS8626).
test('the time of the erases, one by one and at once', () => {
  const pages = parseMemoryLayout('@Internal Flash /0x08000000/08*002Kg');
  const f405 = parseMemoryLayout('@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg');
  const all = ({ sectors }: typeof pages): Finding[] =>
    sectors.map((sector) => ({ sector, runs: [], fate: 'erased', missing: [] }));
  expect([eraseTimeOf(all(pages)), massEraseTime(pages)]).toEqual([8 * 22, 22]);
  // Its largest sector tells what kind of flash it is: 68 KiB of 1 MiB.
  const mixed = parseMemoryLayout('@Internal Flash  /0x08000000/04*001Kg,01*064Kg');
  expect(massEraseTime(mixed)).toBeCloseTo((8000 * 68) / 1024, 6);
  expect([eraseTimeOf(all(f405)), massEraseTime(f405)]).toEqual([4 * 250 + 550 + 7 * 1000, 8000]);
});

interface Case {
  readonly target?: MemoryBootloader;
  /** The pages of the plan that are erased; those after them are not in the plan. */
  readonly erased: number;
  readonly kept?: number;
  readonly around?: 'all' | 'first';
  readonly unread?: readonly number[];
  readonly full?: boolean;
}

async function judge({ erased, kept = 0, around, unread = [], full = false, ...more }: Case) {
  const { target = new MemoryBootloader() } = more;
  const findings = target.layout.sectors.slice(0, erased + kept).map(
    (sector, index): Finding => ({
      sector,
      runs: [],
      missing: [],
      fate: index < erased ? 'erased' : 'kept',
      ...(around === 'all' || (around && index === 0) ? { around: [] } : {}),
    }),
  );
  const verdict = await judgeMassErase(target, new FlashReader(target, signal), findings, { unread, full });
  return { ...verdict, reads: target.log.length };
}

// Eight pages: the erase at once takes 22 ms, and 1.5 ms for each block of 64 bytes that has to be read first.
const pages = (content?: Uint8Array, layout = '@Internal Flash /0x08000000/08*001Kg') =>
  new MemoryBootloader({ layout, block: 1024, ...(content ? { content } : {}) });

describe('a mass erase', () => {
  test('is taken where it is faster and nothing else lives in the flash', async () => {
    expect(await judge({ target: pages(), erased: 6 })).toEqual({ isMassErase: true, reads: 2 });
    const two = pages(undefined, '@Internal Flash /0x08000000/02*001Kg');
    expect(await judge({ target: two, erased: 2 })).toEqual({ isMassErase: true, reads: 0 });
    expect(await judge({ target: pages(bytes(8192)), erased: 8 })).toEqual({ isMassErase: true, reads: 0 });
  });

  test.each<[string, Case]>([
    ['is not worth it for one page', { target: pages(), erased: 1 }],
    ['is not worth it where the rest takes longer to read', { erased: 4 }],
    // 150 ms beside 154: 85 blocks of 12 bytes are read first.
    ['is not worth it for less than a tenth of the time', { target: new MemoryBootloader({ block: 12 }), erased: 7 }],
    ['is none where a page of the plan is to stay', { target: pages(), erased: 5, kept: 1 }],
  ])('%s, without a word', async (_name, given) => {
    expect(await judge(given)).toEqual({ isMassErase: false, reads: 0 });
  });

  test.each<[string, Case, string, number]>([
    [
      'the bytes around the image are kept',
      { target: pages(), erased: 6, around: 'all' },
      'the bytes around the image are kept',
      0,
    ],
    [
      'those of one page are',
      { target: pages(), erased: 6, around: 'first' },
      'the bytes around the image are kept',
      0,
    ],
    [
      'a page cannot be written',
      { target: pages(undefined, '@X /0x08000000/07*001Kg,01*001Ka'), erased: 6 },
      'some of it cannot be written',
      0,
    ],
    [
      'a page cannot be erased',
      { target: pages(undefined, '@X /0x08000000/07*001Kg,01*001Ke'), erased: 6 },
      'some of it cannot be written',
      0,
    ],
    [
      'the ROM is known for it',
      { target: new MemoryBootloader({ block: 1024, behaviour: { massErase: 'never' } }), erased: 6 },
      'the mass erase of this ROM is not to be used',
      0,
    ],
    [
      'nothing outside the image is read',
      { target: pages(), erased: 6, full: true },
      'the flash outside the image is not read',
      0,
    ],
    [
      'a page outside the image cannot be read',
      { target: pages(), erased: 6, unread: [flashBase, flashBase + 7 * 1024] },
      'the sector at 0x0800_1C00 cannot be read',
      0,
    ],
    [
      'something else lives there',
      {
        target: pages(Uint8Array.from([...new Uint8Array(7 * 1024 + 1000).fill(0xff), 5])),
        erased: 6,
      },
      'something else lives at 0x0800_1C00',
      2,
    ],
    [
      'the flash outside the image cannot be read',
      { target: new MemoryBootloader({ block: 1024, reads: (found) => found.subarray(0, 0) }), erased: 6 },
      'something else lives at 0x0800_1800',
      1,
    ],
  ])('is refused where %s', async (_name, given, massEraseRefused, reads) => {
    expect(await judge(given)).toEqual({ isMassErase: false, massEraseRefused, reads });
  });

  test('is taken in a full job where the image is all of the flash, and where only its own pages cannot be read', async () => {
    expect(await judge({ target: pages(), erased: 8, full: true })).toMatchObject({ isMassErase: true });
    expect(await judge({ target: pages(), erased: 6, unread: [flashBase] })).toMatchObject({ isMassErase: true });
  });
});

describe('where the profile names no target', () => {
  const refusalOf = (layout: string) =>
    massEraseRefusal(new MemoryBootloader({ layout, behaviour: { massErase: 'if-told-apart' } }));

  test('sectors as only an F2, F4 or F7 has them allow it', () => {
    expect(refusalOf('@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg')).toBeUndefined();
  });

  // A WB's mass erase also erases the firmware of its radio (AN2606, WB55).
  test('pages of 4 KiB may be a WB, whose lines are named: two, and that there are more', () => {
    expect(refusalOf('@Internal Flash   /0x08000000/256*04Kg')).toMatch(
      /^the profile names no target, and for STM32WB\S+, STM32\S+ or another line that is not safe$/,
    );
  });
});
