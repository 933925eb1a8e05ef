import { expect, test } from 'vitest';
import { behaviourOf, quirkRows } from '../../src/chips/rom-quirks.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import { type EngineSetup, engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';

const { F405, H743, G0B1 } = romPersonalities;
const { L476, C562, H743revV, H7A3, F427 } = quirkyPersonalities;
const sectorsOf = (count: number, size: number, eraseTime: number) =>
  Array.from({ length: count }, (_, index) => ({ address: flashBase + index * size, size, eraseTime }));

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
/** An AT32F437 whose first 32 KB are named read-only (betaflight-configurator usbdfu.js, parseDescriptor). */
const AT32F437 = {
  ...romPersonalities.AT32F415,
  geometry: { sectors: sectorsOf(1008, 4096, 0), unit: 4, unitTime: 0, massEraseTime: 0 },
  dfu: { ...romPersonalities.AT32F415.dfu, alternates: ['@Internal Flash   /0x08000000/08*04Ka,1000*04Kg'] },
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
    personality: L476,
    family: 'L47x_48x',
    rows: ['l4-stalls-early-polls', 'l4-by-layout'],
  },
  { name: 'the same, known by its layout only', personality: L476, rows: ['l4-by-layout'] },
  { name: 'stalls, and no row says so', dfu: { earlyPoll: 'stall' } },
  { name: 'loses what it does when it is asked, and no row says so', dfu: { earlyPoll: 'error' } },
  {
    name: 'C5: no CLRSTATUS, no separate functional descriptor',
    personality: C562,
    family: 'C55x_562',
    rows: ['c5-clear-status', 'c5-by-layout'],
  },
  {
    name: 'H743 that stays in dfuDNBUSY after an erase',
    personality: H743revV,
    dfu: { wedge: { onErase: flashBase, until: 'clear-status' } },
    rows: ['h74x-stuck-busy', 'h74x-bank-2-early'],
  },
  {
    name: 'H7A3 V9.0: the layout says 2 KB, a sector has 8',
    personality: H7A3,
    family: 'H7A3_B3_B0',
    rows: ['h7a3-page-size'],
  },
  { name: 'a clone that ignores wBlockNum, and no row says so', dfu: { ignoresBlockNumber: true } },
  { name: 'pages of 1 KB where the layout says 2, and a poll that harms', personality: GD32 },
  {
    name: 'AT32F437: the layout lets nobody write',
    personality: AT32F437,
    rows: ['clone-at32', 'at32f437-sector-types'],
  },
  {
    name: 'GD32VF103: pages of half the size, an eighth of the flash',
    personality: romPersonalities.GD32VF103,
    rows: ['clone-gd32', 'gd32vf103-pages', 'gd32vf103-128k'],
  },
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

const bankTwo = 0x0810_0000;
const intoBankTwo = imageOf({ address: bankTwo, data: pattern(4096) });

test('an F42x of V7.0 is refused before anything is erased, and told what helps', async () => {
  const { flash, truth } = await engine({ personality: F427, content: pattern(0x11_0000, 3) });
  const { error, condition } = await flash(intoBankTwo);
  expect(error).toMatchObject({
    code: 'erase-ineffective',
    message: expect.stringMatching(/0x0810_0000 .*V7\.0.*bank 2 .*Table 90/),
    hint: expect.stringMatching(/^Nothing was changed.*below this bank.*`bootctl erase --yes`/),
  });
  expect(condition).toBe('untouched');
  expect(truth.events.filter(({ what }) => what === 'erased' || what === 'programmed')).toEqual([]);
});

test('an F42x whose id is hidden is looked at: the erase that did nothing ends it', async () => {
  const hidden = { ...F427, memories: [], bootloader: { ...F427.bootloader, address: 0 } };
  const { flash, truth } = await engine({ personality: hidden, content: pattern(0x11_0000, 3) });
  expect(await flash(intoBankTwo)).toMatchObject({
    error: { code: 'erase-ineffective', message: expect.stringMatching(/has erased.*has not/) },
    condition: 'untouched',
  });
  expect(truth.of('programmed')).toEqual([]);
});

test.each([
  {
    name: 'of V9.1',
    personality: {
      ...F427,
      bootloader: { ...F427.bootloader, id: 0x91 },
      dfu: { ...F427.dfu, erasesNothingFrom: 0x0820_0000 },
    },
    content: pattern(0x11_0000, 3),
  },
  { name: 'of V7.0 whose second bank is blank', personality: F427, content: pattern(0x10_0000, 3) },
])('an F42x $name takes the image', async ({ personality, content }) => {
  const { flash, holds } = await engine({ personality, content });
  expect(await flash(intoBankTwo)).toEqual({ error: null, condition: 'verified' });
  expect(holds(intoBankTwo)).toBe(true);
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
  // Order codes of the GD32VF103 by flash size: the third character of what the ROM sends (riscv-mcu/gd32-dfu-utils#5).
  ...[
    ['3CBJ', 'gd32vf103-128k'],
    ['3C8J', 'gd32vf103-64k'],
    ['3C6J', 'gd32vf103-32k'],
    ['3C4J', 'gd32vf103-16k'],
  ].map(([serialNumber, id]) => ({
    rom: { vendorId: '28e9', layout: '@Internal Flash  /0x08000000/512*002Kg', serialNumber },
    ids: ['clone-gd32', 'gd32vf103-pages', id],
  })),
  { rom: { vendorId: '2e3c', layout: '@Internal Flash  /0x08000000/128*2Kg' }, ids: ['clone-at32'] },
  {
    rom: { vendorId: '0483', layout: '@Internal Flash   /0x08000000/256*02Kg', family: 'WB55' },
    ids: ['wb55-wireless-stack', 'wb55-unprotect-power'],
  },
  {
    rom: { vendorId: '0483', bcdDevice: '2200', layout: '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg' },
    ids: ['f2-f4-core-stands-still'],
  },
  { rom: { vendorId: '0483', bcdDevice: '2200', layout: '@Internal Flash  /0x08000000/064*0002Kg' }, ids: [] },
])('$ids', ({ rom, ids }) => {
  expect(behaviourOf({ interface: 'dfu', ...rom }).ids).toEqual(ids);
});

test('a G07x on its USART is given 40 ms after each erase', () => {
  expect(behaviourOf({ interface: 'usart', layout: '', family: 'G07x_08x' }).behaviour.eraseSettles).toBe(40);
});
