import { describe, expect, test } from 'vitest';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { checkImage } from '../../src/ops/engine/check-image.ts';
import { anyFlash } from '../../src/ops/engine/image-target.ts';
import { application } from '../helpers/applications.ts';
import { parse, refusalOf } from '../helpers/image-files.ts';

const usb = { vendorId: '0483', productId: 'df11' };
const board = (family?: string) => ({ usb, ...(family === undefined ? {} : { target: { family } }) });
const data = Uint8Array.of(0x12, 0x34, 0x56, 0x78);
/** The first instructions of avr-gcc's vectors: `jmp`, as on an ATmega; `rjmp`, as on an ATtiny. */
const jmp = Buffer.from('0c945c000c946e00', 'hex');
const rjmp = Buffer.from('0ec015c014c013c0', 'hex');
const arm = (link: number) => application({ link, stack: 0x2000_4000, bytes: 512 });
/** 256 bytes of boot code in front of the vectors (RP2040 data sheet §2.8.1). */
const rp2040 = Buffer.concat([
  Buffer.alloc(256, 0x4b),
  application({ link: 0x1000_0100, stack: 0x2004_2000, bytes: 512 }),
]);

test('every line has its flash where an image may lie, and no line has more', () => {
  for (const key of chipKeys()) {
    const { flashBase, largestFlash = 4, layouts } = findChip(key)!;
    const end = flashBase + Math.max(largestFlash, ...layouts.map(({ bytes }) => bytes));
    expect(anyFlash.some((one) => one.start === flashBase && end <= one.end)).toBe(true);
  }
});

describe('refused before anything moves, with what it is', () => {
  test.each<[string, string | undefined, Uint8Array, number, RegExp]>([
    ['AVR, jmp', undefined, jmp, 0, /a program for an AVR/],
    ['AVR, rjmp', undefined, rjmp, 0, /a program for an AVR/],
    ['AVR, with a line named', 'F405_407', jmp, 0, /a program for an AVR/],
    ['nRF52 SoftDevice', undefined, arm(0), 0, /another maker's chip whose flash begins at 0, such as nRF5x/],
    ['nRF52 behind a SoftDevice', undefined, arm(0x2_6000), 0x2_6000, /another maker's chip/],
    ['SAMD51 behind its bootloader', undefined, arm(0x4000), 0x4000, /another maker's chip/],
    ['linked for 0, a line that maps it', 'F103_md', arm(0), 0, /the flash that BOOT0 = 0 maps to 0/],
    ['RP2040', undefined, rp2040, 0x1000_0000, /RP2040/],
    ['RP2040, a line with RAM there', 'F405_407', rp2040, 0x1000_0000, /firmware for an RP2040/],
    ['external flash', undefined, arm(0x9000_0000), 0x9000_0000, /external flash \(QUADSPI, OCTOSPI\)/],
    ['external flash of an H7', 'H74x_75x', data, 0x9000_0000, /external flash/],
    ['external flash of an U5', 'U575_585', data, 0x7000_0000, /external flash \(OCTOSPI/],
    ['FMC', 'F42x_43x', data, 0xd000_0000, /SDRAM/],
    ['RAM, no line', undefined, data, 0x2000_8000, /RAM/],
    ['RAM of an F405', 'F405_407', data, 0x2001_c000, /RAM \(SRAM2\)/],
    ['CCM of an F405', 'F405_407', data, 0x1000_0000, /RAM \(CCM\)/],
    ['a program for RAM', 'F103_md', arm(0x2000_1400), 0x2000_1400, /RAM \(SRAM\)/],
    ['secure alias, no line', undefined, arm(0x0c00_0000), 0x0c00_0000, /secure alias of the flash/],
    ['secure alias of an L5', 'L552_562', arm(0x0c00_0000), 0x0c00_0000, /secure alias of the flash/],
    ['ITCM alias of an F7', 'F74x_75x', arm(0x0020_0000), 0x0020_0000, /flash on the ITCM bus/],
    ['option bytes of an F4', 'F405_407', data, 0x1fff_c000, /option bytes/],
    ['option bytes of an F1', 'F103_md', data, 0x1fff_f800, /option bytes/],
    ['option bytes of an H7', 'H74x_75x', data, 0x5200_201c, /option bytes/],
    ['OTP of an F4', 'F405_407', data, 0x1fff_7800, /OTP/],
    ['EEPROM of an L0', 'L05x_06x', data, 0x0808_0000, /data EEPROM/],
    ['EEPROM of an L1', 'L1_cat3', data, 0x0808_0000, /data EEPROM/],
    ['registers', undefined, data, 0x4002_3c00, /registers/],
    ['above the largest flash', undefined, data, 0x0840_0000, /is outside flash/],
  ])('%s', (_what, family, bytes, address, message) => {
    const image = parse(bytes, { address });
    const error = refusalOf(() => checkImage(image, board(family), {}));
    expect(['image-out-of-range', 'image-wrong-base']).toContain(error.code);
    expect([error.kind, error.message]).toEqual(['usage', expect.stringMatching(message)]);
    expect(refusalOf(() => checkImage(image, board(family), { force: true })).code).toBe(error.code);
  });
});

test('firmware that also fills RAM or external flash is refused for that part, and it is named', () => {
  const flash = application({ link: 0x0800_0000, stack: 0x2000_5000 });
  const also = (address: number) => ({
    ...parse(flash, { address: 0x0800_0000 }),
    segments: [
      { address: 0x0800_0000, data: flash, origin: 'line 2' },
      { address, data, origin: 'line 90' },
    ],
  });
  for (const family of [undefined, 'F405_407']) {
    expect(refusalOf(() => checkImage(also(0x2000_8000), board(family), {})).message).toMatch(
      /\(from line 90\).*it is RAM/,
    );
    expect(refusalOf(() => checkImage(also(0x9000_0000), board(family), {})).message).toMatch(/it is external flash/);
  }
});

describe('hints that can be followed', () => {
  const hint = (family: string | undefined, bytes: Uint8Array, address: number, format = 'intel-hex') =>
    refusalOf(() => checkImage({ ...parse(bytes, { address }), format: format as 'binary' }, board(family), {})).hint;

  test('`--address` is for raw binaries only', () => {
    for (const address of [0x9000_0000, 0x2000_1400, 0x0c00_0000, 0x0840_0000]) {
      expect(hint('H503', arm(address), address)).not.toContain('--address');
    }
    expect(hint('F405_407', arm(0x0840_0000), 0x0840_0000, 'binary')).toContain('--address');
  });

  test('an alias is moved by way of a raw binary, to the flash it shows', () => {
    expect(hint('F74x_75x', arm(0x0020_8000), 0x0020_8000)).toContain('`@0x08008000` instead of 0x00208000');
    expect(hint('U575_585', arm(0x0c00_0000), 0x0c00_0000)).toContain('`@0x08000000` instead of 0x0C000000');
  });

  test('what another command writes is named', () => {
    for (const [family, address] of [
      ['F405_407', 0x1fff_c000],
      ['L05x_06x', 0x0808_0000],
      ['F405_407', 0x1fff_7800],
    ] as const) {
      expect(hint(family, data, address)).toContain('write-memory');
    }
  });

  test('the flash of a line is named once', () => {
    const { message } = refusalOf(() => checkImage(parse(data, { address: 0x9000_0000 }), board('F405_407'), {}));
    expect(message.match(/flash of STM32F405/g)).toHaveLength(1);
    expect(message).toContain('0x0800_0000 to 0x080F_FFFF');
  });
});
