import { expect, test } from 'vitest';
import { protectedSectors, protectionBytesOf } from '../../src/chips/protected-sectors.ts';
import { parseMemoryLayout } from '../../src/protocol/dfuse/memory-layout.ts';

/** Layouts as ROMs name them (hardware/targets). */
const f405 = parseMemoryLayout('@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg').sectors;
const f427 = parseMemoryLayout(
  '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg,04*016Kg,01*064Kg,07*128Kg',
).sectors;
const f072 = parseMemoryLayout('@Internal Flash  /0x08000000/064*0002Kg').sectors;
const f303 = parseMemoryLayout('@Internal Flash  /0x08000000/0256*0002Kg').sectors;

/** 16 bytes of an F2 or F4: USER and RDP, 6 reserved, bits 15 to 0 of 0x1FFFC008 (RM0090). */
const f4 = (protection: number, rdp = 0xaa) =>
  Uint8Array.from([0xef, rdp, ...Array(6).fill(0xff), protection & 0xff, protection >> 8, ...Array(6).fill(0xff)]);
/** RDP, USER, Data0, Data1, WRP0 to WRP3, each before its complement (RM0091, table 11). */
const f0 = (...wrp: readonly number[]) =>
  Uint8Array.from([0xaa, 0xff, 0xff, 0xff, ...wrp].flatMap((byte) => [byte, byte ^ 0xff]));

const broken = f0(0xfe, 0xff, 0xff, 0xff);
broken[9] = 0xff;

test.each([
  { name: 'as delivered', family: 'F405_407', sectors: f405, bytes: f4(0xffff), found: [] },
  { name: 'the first sector', family: 'F405_407', sectors: f405, bytes: f4(0xfffe), found: [0] },
  { name: 'sectors 4 and 11', family: 'F2', sectors: f405, bytes: f4(0xf7ef), found: [0x1_0000, 0xe_0000] },
  { name: 'no RDP of level 0: no option bytes', family: 'F405_407', sectors: f405, bytes: f4(0xf000, 0xff), found: [] },
  { name: 'too few bytes', family: 'F405_407', sectors: f405, bytes: f4(0xfffe).subarray(0, 8), found: [] },
  { name: 'of two banks the first one', family: 'F42x_43x', sectors: f427, bytes: f4(0x0fff & ~0b10), found: [0x4000] },
  { name: 'SPRMOD: the bits mean something else', family: 'F42x_43x', sectors: f427, bytes: f4(0x8001), found: [] },
  { name: 'F0 as delivered', family: 'F072', sectors: f072, bytes: f0(0xff, 0xff, 0xff, 0xff), found: [] },
  {
    name: '4 KB are two pages',
    family: 'F072',
    sectors: f072,
    bytes: f0(0xfd, 0xff, 0xff, 0xff),
    found: [0x1000, 0x1800],
  },
  { name: 'a wrong complement counts as 0xFF', family: 'F072', sectors: f072, bytes: broken, found: [] },
])('$family, $name', ({ family, sectors, bytes, found }) => {
  const offsets = protectedSectors(protectionBytesOf(family)!, bytes, sectors).map(
    ({ address }) => address - 0x0800_0000,
  );
  expect(offsets).toEqual(found);
});

test('the last bit of WRP3 stands for all the rest of an F303xE', () => {
  const row = protectionBytesOf('F303xDE')!;
  const found = protectedSectors(row, f0(0xff, 0xff, 0xff, 0x7f), f303);
  expect([found[0]!.address, found.length]).toEqual([0x0801_f000, 256 - 62]);
});

test('other lines have no row', () => {
  expect([undefined, 'H74x_75x', 'G0B1_0C1', 'L07x_08x_usb', 'F72x_73x', 'F105_107'].map(protectionBytesOf)).toEqual(
    Array(6).fill(undefined),
  );
});
