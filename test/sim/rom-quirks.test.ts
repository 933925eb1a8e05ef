import { expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/target/personalities.ts';
import { behaviourOf, quirkRows } from '../../src/targets/rom-quirks.ts';
import { type EngineSetup, engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';

const { F405, H743, G0B1 } = romPersonalities;
const sectorsOf = (count: number, size: number, eraseTime: number) =>
  Array.from({ length: count }, (_, index) => ({ address: flashBase + index * size, size, eraseTime }));

/** An L47x: old generation, pages of 2 KB (families.json), 22 ms and 82 µs per 8 bytes (DS10198). */
const L47x = {
  ...F405,
  geometry: { sectors: sectorsOf(512, 2048, 22), unit: 8, unitTime: 0.082, massEraseTime: 22 },
  dfu: {
    ...F405.dfu,
    alternates: ['@Internal Flash  /0x08000000/512*0002Kg'],
    earlyPoll: 'stall' as const,
    garblesOddBlocks: true as const,
  },
};
const C5 = {
  ...H743,
  geometry: { sectors: sectorsOf(64, 8192, 20), unit: 16, unitTime: 0.1, massEraseTime: 20 },
  dfu: {
    ...H743.dfu,
    alternates: ['@Internal Flash /0x08000000/64*08Kg'],
    clearStatusOutsideError: 'stall' as const,
    hangsOnFunctionalDescriptor: true as const,
  },
};
const H7A3 = {
  ...H743,
  geometry: { ...H743.geometry, sectors: sectorsOf(256, 8192, 20), unit: 16 },
  dfu: { ...H743.dfu, alternates: ['@Internal Flash   /0x08000000/256*02Kg'] },
};
const GD32 = {
  ...F405,
  geometry: { sectors: sectorsOf(128, 1024, 20), unit: 4, unitTime: 0.03, massEraseTime: 20 },
  dfu: {
    ...F405.dfu,
    alternates: ['@Internal Flash  /0x08000000/512*002Kg'],
    earlyPoll: 'error' as const,
    ignoresBlockNumber: true as const,
  },
};

const image = imageOf({ address: flashBase, data: pattern(20_005) });
const old = pattern(64 * 1024, 7);

interface Row extends EngineSetup {
  readonly name: string;
  /** Rows of the table that must have been found. */
  readonly rows?: readonly string[];
}

const rows: readonly Row[] = [
  { name: 'F405: holds the second GETSTATUS', personality: F405 },
  { name: 'F405 that holds the first GETSTATUS', dfu: { getStatus: 'held' } },
  { name: 'H743: answers busy again', personality: H743 },
  {
    name: 'a ROM that announces twice its time',
    dfu: { earlyPoll: 'busy-again', announces: { program: 'twice', erase: 'twice', massErase: 100 } },
  },
  {
    name: 'a ROM that announces 4.6 hours',
    dfu: { earlyPoll: 'busy-again', announces: { program: 0xffffff, erase: 0xffffff, massErase: 0xffffff } },
  },
  {
    name: 'a ROM that announces nothing',
    dfu: { earlyPoll: 'busy-again', announces: { program: 0, erase: 0, massErase: 0 } },
  },
  {
    name: 'L47x: stalls an early GETSTATUS, garbles odd blocks',
    personality: L47x,
    family: 'L47x_48x',
    rows: ['l4-stalls-early-polls', 'l4-by-layout'],
  },
  { name: 'the same, known by its layout only', personality: L47x, rows: ['l4-by-layout'] },
  { name: 'stalls, and no row says so', dfu: { earlyPoll: 'stall' } },
  { name: 'loses what it does when it is asked, and no row says so', dfu: { earlyPoll: 'error' } },
  {
    name: 'C5: no CLRSTATUS, no separate functional descriptor',
    personality: C5,
    family: 'C55x_562',
    rows: ['c5-clear-status', 'c5-by-layout'],
  },
  {
    name: 'H743 that stays in dfuDNBUSY after an erase',
    personality: H743,
    wedgeOnErase: flashBase,
    rows: ['h74x-stuck-busy'],
  },
  {
    name: 'H7A3 V9.0: the layout says 2 KB, a sector has 8',
    personality: H7A3,
    family: 'H7A3_B3_B0',
    rows: ['h7a3-page-size'],
  },
  { name: 'a clone that ignores wBlockNum, and no row says so', dfu: { ignoresBlockNumber: true } },
  { name: 'pages of 1 KB where the layout says 2, and a poll that harms', personality: GD32 },
  { name: 'G0B1: three alternate settings with the same name', personality: G0B1 },
];

test.each(rows)('$name: the image stands, and nothing is programmed twice', async ({ rows: expected, ...setup }) => {
  const { flash, holds, target, truth } = await engine({ content: old, ...setup });
  if (expected) expect(target.quirks).toEqual(expected);
  const { error, condition } = await flash(image);
  expect(error).toBeNull();
  expect(condition).toBe('verified');
  expect(holds(image)).toBe(true);
  if (!setup.dfu?.ignoresBlockNumber && setup.personality !== GD32) {
    expect(truth.of('programmed-without-erase')).toEqual([]);
  }
});

test('an F42x that does not erase its second bank ends with what is wrong, not with a false verify', async () => {
  const F42x = {
    ...F405,
    geometry: {
      ...F405.geometry,
      sectors: [
        ...F405.geometry.sectors,
        ...F405.geometry.sectors.map((sector) => ({ ...sector, address: sector.address + 0x10_0000 })),
      ],
    },
    dfu: {
      ...F405.dfu,
      alternates: ['@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg,04*016Kg,01*064Kg,07*128Kg'],
      erasesNothingFrom: 0x0810_0000,
    },
  };
  const content = pattern(0x11_0000, 3);
  const { flash, target, truth } = await engine({ personality: F42x, content });
  expect(target.quirks).toContain('f42x-bank-2');
  const { error } = await flash(imageOf({ address: 0x0810_0000, data: pattern(4096) }));
  expect(error).toMatchObject({ code: 'erase-ineffective' });
  expect(truth.of('programmed')).toEqual([]);
});

test('every row of the table has a source and an id of its own', () => {
  expect(quirkRows.every(({ source }) => source.length > 20)).toBe(true);
  expect(new Set(quirkRows.map(({ id }) => id)).size).toBe(quirkRows.length);
});

test.each([
  {
    rom: { vendorId: '28e9', layout: '@Internal Flash  /0x08000000/512*002Kg' },
    ids: ['clone-gd32', 'gd32vf103-pages'],
  },
  { rom: { vendorId: '2e3c', layout: '@Internal Flash  /0x08000000/128*2Kg' }, ids: ['clone-at32'] },
  {
    rom: { vendorId: '0483', layout: '@Internal Flash   /0x08000000/256*02Kg', family: 'WB55' },
    ids: ['wb55-wireless-stack'],
  },
  {
    rom: { vendorId: '0483', bcdDevice: '2200', layout: '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg' },
    ids: [],
  },
])('$ids', ({ rom, ids }) => {
  expect(behaviourOf({ interface: 'dfu', ...rom }).ids).toEqual(ids);
});

test('a G07x on its USART is given 40 ms after each erase', () => {
  expect(behaviourOf({ interface: 'usart', layout: '', family: 'G07x_08x' }).behaviour.eraseSettles).toBe(40);
});
