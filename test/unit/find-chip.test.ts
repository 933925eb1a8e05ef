import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { hardwareFolder } from '../../src/base/hardware-folder.ts';
import type { Chip } from '../../src/chips/chip.ts';
import {
  chipKeys,
  chipsWithProductId,
  enumerationTimeout,
  findChip,
  layoutFor,
  syncPatience,
  usartLayoutFor,
} from '../../src/chips/find-chip.ts';
import { chipSchema, parseChip } from '../../src/chips/schema.ts';
import { parseMemoryLayout } from '../../src/protocol/dfuse/memory-layout.ts';

const KiB = 1024;
const targetOf = (key: string): Chip => findChip(key)!;
const all = chipKeys().map(targetOf);

describe('the files', () => {
  test('one for each line with a USART or DFU bootloader (AN2606 Rev 70, Table 3), 58 of them with DFU', () => {
    expect(all).toHaveLength(88);
    expect(all.filter(({ hasDfu }) => hasDfu)).toHaveLength(58);
  });

  /** Bytes that a layout string names, added up here by other means than the product's parser. */
  const bytesOf = (layout: string): number =>
    [...layout.matchAll(/(\d+)\*(\d+)([KM]?)/g)].reduce(
      (sum, [, count, size, unit]) =>
        sum + Number(count) * Number(size) * (unit === 'M' ? 2 ** 20 : unit === 'K' ? KiB : 1),
      0,
    );

  test.each(chipKeys())('%s is valid, named after its key, and its sizes fit each other', (key) => {
    const target = chipSchema.parse(parse(readFileSync(join(hardwareFolder('targets'), `${key}.yaml`), 'utf8')));
    expect(target.key).toBe(key);
    expect(target.flashBase).toBe(target.series === 'WB0' ? 0x1004_0000 : 0x0800_0000);
    expect(target.layouts.map(({ bytes }) => bytes)).toEqual(target.layouts.map(({ string }) => bytesOf(string)));
    const largest = Math.max(target.largestFlash ?? 0, ...target.layouts.map(({ bytes }) => bytes));
    expect(target.largestFlash).toBe(largest);
    expect(target.sectors === undefined).toBe(target.eraseNumbers === undefined);
    if (!target.dfu)
      expect([target.dfuClock, target.usbConnection, target.layouts]).toEqual([undefined, undefined, []]);
  });

  test.each(chipKeys())('%s is read by the program as its file says', (key) => {
    expect(findChip(key)).toEqual(parseChip(readFileSync(join(hardwareFolder('targets'), `${key}.yaml`), 'utf8')));
  });

  test('unknown keys in a file are refused', () => {
    const text = readFileSync(join(hardwareFolder('targets'), 'F405_407.yaml'), 'utf8');
    expect(() => chipSchema.parse(parse(`${text}colour: red\n`))).toThrow(/colour/);
  });

  test('a value without its source is refused', () => {
    const text = readFileSync(join(hardwareFolder('targets'), 'C011.yaml'), 'utf8');
    expect(() => chipSchema.parse(parse(text.replace(/value: 2\.1ms, source: "[^"]*"/, 'value: 2.1ms')))).toThrow(
      /source/,
    );
  });

  // AN2606 Rev 70: T75, T226, T227, T229; the largest of its ROM versions.
  test('F405/407', () => {
    expect(findChip('F405_407')).toMatchObject({
      name: 'STM32F405/407/415/417',
      pid: '0x413',
      bootloaderIds: { address: 0x1fff_77de, values: [0x31, 0x90, 0x91] },
      romStartup: 84.59,
      usbConnection: 270,
      hseTimeout: 96,
      hasDfu: true,
      dfuClock: { needs: 'hse' },
      flashSizeRegister: 0x1fff_7a22,
      usarts: [{ name: 'USART1', tx: 'PA9', rx: 'PA10' }, { name: 'USART3' }, { name: 'USART3' }],
      layouts: [{ bytes: KiB * KiB }],
    });
  });

  test.each([
    { key: 'F103_md', hasDfu: false, why: 'USART1 only (AN2606 T3)' },
    { key: 'L071_081', hasDfu: false, why: 'ROM V11.x' },
    { key: 'L07x_08x_usb', hasDfu: true, why: 'ROM V4.x, same product id' },
    { key: 'L05x_06x', hasDfu: false, why: 'has USB, not in the ROM' },
    { key: 'F2', hasDfu: true, why: 'from ROM V3.x on; its note says so' },
  ])('$key: DFU $hasDfu, $why', ({ key, hasDfu }) => {
    expect(findChip(key)).toMatchObject({ hasDfu });
  });

  test.each(['F405', '../profiles/rc-cap', ''])('there is no target %j', (key) => {
    expect(findChip(key)).toBeUndefined();
  });
});

describe('targetsWithProductId', () => {
  test.each([
    [0x413, ['F405_407']],
    [0x447, ['L071_081', 'L07x_08x_usb']],
    [0x442, ['F030xC', 'F09x']],
    [0x999, []],
  ])('0x%s', (pid, keys) => {
    expect(chipsWithProductId(pid).map(({ key }) => key)).toEqual(keys);
  });

  test('lines that share an id share everything that erasing and writing need', () => {
    const needs = ({ flashBase, sectors, eraseNumbers, usartBlock }: Chip) =>
      [flashBase, sectors, eraseNumbers, usartBlock].join();
    const differing = all
      .filter(({ pid }) => pid !== undefined)
      .filter((one) => chipsWithProductId(Number(one.pid)).some((other) => needs(other) !== needs(one)));
    expect(differing.map(({ key }) => key)).toEqual([]);
  });
});

describe('layoutFor', () => {
  test.each([
    // RM0090 table 5 (F405, and DS8626 for 512 KB), table 6 (F42x, 2 MB)
    ['F405_407', 1024, '@Internal Flash /0x08000000/4*16Kg,1*64Kg,7*128Kg'],
    ['F405_407', 512, '@Internal Flash /0x08000000/4*16Kg,1*64Kg,3*128Kg'],
    ['F410', 64, '@Internal Flash /0x08000000/4*16Kg'],
    ['F42x_43x', 2048, '@Internal Flash /0x08000000/4*16Kg,1*64Kg,7*128Kg,4*16Kg,1*64Kg,7*128Kg'],
    ['F103_md', 64, '@Internal Flash /0x08000000/64*1Kg'],
    ['L07x_08x_usb', 192, '@Internal Flash /0x08000000/1536*128Bg'],
    ['F405_407', 40, undefined],
    ['H74x_75x', 64, undefined],
    ['L4R_4S', 2048, undefined],
    ['F103_md', 0, undefined],
  ] as const)('%s with %d KiB', (key, size, layout) => {
    expect(layoutFor(targetOf(key), size * KiB)).toBe(layout);
  });

  test('is what ROMs name, sector by sector', () => {
    const listed = all.flatMap((chip) => chip.layouts.map((layout) => ({ target: chip, layout })));
    expect(listed.length).toBeGreaterThan(20);
    for (const { target: chip, layout } of listed) {
      const ours = parseMemoryLayout(layoutFor(chip, layout.bytes)!).sectors;
      expect(ours, chip.key).toEqual(parseMemoryLayout(layout.string).sectors);
    }
  });

  test('by USART the second bank is read-only, because nothing says how its pages are numbered', () => {
    const writable = (key: string, size: number) =>
      parseMemoryLayout(usartLayoutFor(targetOf(key), size * KiB)!).sectors.filter((sector) => sector.erasable).length;
    expect(writable('G0B1_0C1', 512)).toBe(128);
    expect(writable('F42x_43x', 2048)).toBe(12);
    expect(writable('F42x_43x', 1024)).toBe(8);
    expect(writable('H74x_75x', 128)).toBe(0);
    expect(writable('F405_407', 1024)).toBe(12);
    expect(usartLayoutFor(targetOf('L4R_4S'), 2048 * KiB)).toBeUndefined();
  });
});

describe('against stm32flash and stm32loader', () => {
  interface PeerRow {
    readonly peer: string;
    readonly productId: string;
    readonly sectors?: string;
    readonly flashKiB?: number;
    readonly bootloaderIds?: readonly string[];
  }
  const { rows } = JSON.parse(readFileSync(new URL('../fixtures/peer-targets.json', import.meta.url), 'utf8')) as {
    rows: readonly PeerRow[];
  };

  /** `4*16K,*128K` up to `bytes`, as sector sizes. */
  function sizes(pattern: string, bytes: number): readonly number[] {
    const list = pattern.split(',').flatMap((run) => {
      const [, count, size, unit] = /^(\d*)\*(\d+)([BK])$/.exec(run)!;
      const one = Number(size) * (unit === 'K' ? KiB : 1);
      return Array<number>(count ? Number(count) : bytes / one).fill(one);
    });
    let left = bytes;
    return list.filter((size) => {
      left -= size;
      return left >= 0;
    });
  }

  const differences = (row: PeerRow): readonly string[] => {
    const targets = chipsWithProductId(Number(row.productId));
    if (targets.length === 0) return ['no line'];
    const { bootloaderIds = [], flashKiB, sectors } = row;
    const known = targets.flatMap((chip) => chip.bootloaderIds?.values ?? []);
    const bytes = (flashKiB ?? 0) * KiB;
    return [
      ...bootloaderIds.filter((id) => !known.includes(Number(id))),
      ...(flashKiB === undefined || targets.some((chip) => chip.largestFlash === bytes) ? [] : ['flash']),
      ...(sectors === undefined ||
      targets.every((chip) => chip.sectors && String(sizes(chip.sectors, bytes)) === String(sizes(sectors, bytes)))
        ? []
        : ['sectors']),
    ];
  };

  const bank = 'peer: a bank ends after 3 or 4 sectors of 128 KB; RM0090 table 6 and the ROM’s listing have 7';
  const l4r =
    'peer: 1 MB in pages of 2 KB; stm32-data: up to 2 MB, 8 KB or 4 KB by an option bit, so we have no figure';
  const lowVoltage = 'the 1.8 V part, F358, F378, F318 or F398, whose ROM has another id: not a line of the table';
  const older = 'a part that AN2606 Rev 70 does not have';
  const expected: readonly (readonly [peer: string, productId: string, what: string, reason: string])[] = [
    ['stm32loader', '0x432', '0x50', lowVoltage],
    ['stm32loader', '0x422', '0x50', lowVoltage],
    ['stm32loader', '0x439', '0x50', lowVoltage],
    ['stm32loader', '0x446', '0x50', lowVoltage],
    ['stm32flash', '0x419', 'sectors', bank],
    ['stm32loader', '0x419', 'sectors', bank],
    ['stm32flash', '0x434', 'sectors', bank],
    ['stm32loader', '0x434', 'sectors', bank],
    ['stm32flash', '0x480', 'flash', 'peer: 1 MB; a ROM of a 2 MB part names 256 sectors of 8 KB'],
    ['stm32loader', '0x480', 'flash', 'peer: 1 MB; a ROM of a 2 MB part names 256 sectors of 8 KB'],
    ['stm32flash', '0x470', 'flash', l4r],
    ['stm32flash', '0x470', 'sectors', l4r],
    ['stm32loader', '0x470', 'flash', l4r],
    ['stm32loader', '0x470', 'sectors', l4r],
    ['stm32flash', '0x641', 'no line', older],
    ['stm32loader', '0x641', 'no line', older],
    ['stm32flash', '0x9A8', 'no line', older],
    ['stm32loader', '0x9A8', 'no line', older],
    ['stm32flash', '0x9B0', 'no line', older],
    ['stm32loader', '0x9B0', 'no line', older],
  ];

  test('product ids, sectors, flash sizes and bootloader ids are the same but for these', () => {
    expect(rows.length).toBeGreaterThan(120);
    const found = rows.flatMap((row) => differences(row).map((what) => `${row.peer} ${row.productId} ${what}`));
    expect(found.sort()).toEqual(expected.map(([peer, productId, what]) => `${peer} ${productId} ${what}`).sort());
  });
});

describe('enumerationTimeout', () => {
  test.each([
    ['an unknown target', undefined, 5000],
    ['F405/407, 450 ms in all', 'F405_407', 5000],
    ['L47x/48x, 2.56 s without a watch crystal', 'L47x_48x', 2 * (2560 + 300 + 100)],
    ['F105/107, 13.7 s with an 8 MHz crystal', 'F105_107', 2 * (524.376 + 13_700)],
  ] as const)('%s', (_name, key, timeout) => {
    expect(enumerationTimeout(key === undefined ? undefined : findChip(key))).toBeCloseTo(timeout, 6);
  });
});

test.each([
  [undefined, 3500],
  ['F405_407', 3500],
  ['L47x_48x', 5120],
] as const)('the ROM of %s has %d ms to answer 0x7F (AN2606 Rev 70, Table 227)', (key, patience) => {
  expect(syncPatience(key && findChip(key))).toBe(patience);
});
