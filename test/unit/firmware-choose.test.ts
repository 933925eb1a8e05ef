import { describe, expect, test } from 'vitest';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { cString } from '../../src/firmware/c-string.ts';
import { chooseWay, type FirmwarePlan } from '../../src/firmware/choose.ts';
import { configText } from '../../src/firmware/config.ts';
import type { JumpWish } from '../../src/firmware/jump.ts';

const wiring = 'wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }';
const usual = '{ trigger: serial-command, send: "bootloader\\r\\n", via: adapter }';
const charging = (more = ', pin: PB12') => `{ trigger: self-charge, send: "boot\\r\\n", via: adapter${more} }`;
/** 1 kΩ into 4.7 µF, held by 47 kΩ. */
const boot0 =
  'boot0: { chargeResistor: 1k, capacitor: 4.7uF, bleedResistor: 47k, tolerance: 20%, vih: 2.31V, vil: 0.99V }';

interface Board {
  readonly family?: string;
  readonly softJump?: readonly string[];
  readonly more?: readonly string[];
  readonly wish?: JumpWish;
}

function plan({ family, softJump = [usual], more = [], wish }: Board): FirmwarePlan {
  const jumps = softJump.length === 0 ? [] : [`softJump: [${softJump.join(', ')}]`];
  const target = family === undefined ? [] : [`target: { family: ${family} }`];
  const methods = softJump.length === 0 ? 'methods: [lines]' : 'methods: [soft-jump, manual]';
  const profile = parseProfile(
    ['id: board', wiring, methods, ...target, ...jumps, ...more, ''].join('\n'),
    'board.yaml',
  );
  return chooseWay(profile, family === undefined ? undefined : findChip(family), wish);
}

/** The macros of a configuration by their names. */
const macros = (board: Board): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...configText(plan(board)).matchAll(/^#define BOOTCTL_(\w+) (.*)$/gm)].map(([, name, value]) => [name!, value!]),
  );

describe('the way by line', () => {
  test('an F405 jumps, four times at most, by a request in its backup register', () => {
    expect(plan({ family: 'F405_407' })).toMatchObject({
      way: { method: 'jump', tries: 4, vtor: false, nvicWords: 8, token: { in: 'backup' } },
      answers: { touch: false, delay: 1000 },
    });
  });

  test('an F103 has no remap: VTOR points at the table, and its backup registers have 16 bits', () => {
    const { VTOR, ROM, BACKUP_16BIT, REMAP_REG, PWR_EN_MASK } = macros({ family: 'F103_md' });
    expect([VTOR, ROM, BACKUP_16BIT, REMAP_REG]).toEqual(['0x1FFFF000u', '0x1FFFF000u', '1', undefined]);
    // PWREN and BKPEN: without the second these registers read 0 (RM0008, RCC_APB1ENR).
    expect(PWR_EN_MASK).toBe('0x18000000u');
  });

  test('an L072 jumps into ROM V4.0 only, whose id the firmware reads', () => {
    const { ROM_ID_ADDRESS, ROM_ID_VALUE, TRIES } = macros({ family: 'L07x_08x_usb' });
    expect([ROM_ID_ADDRESS, ROM_ID_VALUE, TRIES]).toEqual(['0x1FF01FFEu', '0x00000040u', '1u']);
  });

  test('an F042 jumps where BOOT0 reads 1, at the pin that it is in this package', () => {
    const found = macros({ family: 'F04x', wish: { boot0Pin: 'PF11' } });
    // Port F is the sixth of ports 0x400 apart; its clock is bit 22 (RM0091, RCC_AHBENR).
    expect([found.BOOT0_PIN_GPIO, found.BOOT0_PIN_PORT_EN_MASK, found.BOOT0_PIN_NUMBER]).toEqual([
      '0x48001400u',
      '0x00400000u',
      '11u',
    ]);
    expect(() => plan({ family: 'F04x' })).toThrow(
      expect.objectContaining({ code: 'firmware-pin-unusable', message: expect.stringContaining('PB8 or PF11') }),
    );
    expect(() => plan({ family: 'F04x', wish: { boot0Pin: 'PA0' } })).toThrow(/PA0 is not BOOT0/);
  });

  test('a WB55 has no clock for its remap, a C071 none for its backup register in PWR', () => {
    expect(macros({ family: 'WB55' })).toMatchObject({ REMAP_REG: '0x40010000u' });
    expect(macros({ family: 'WB55' }).SYSCFG_EN_REG).toBeUndefined();
    const { DBP_REG, RTCAPB_EN_REG, BACKUP_REG } = macros({ family: 'C071' });
    expect([DBP_REG, RTCAPB_EN_REG, BACKUP_REG]).toEqual([undefined, undefined, '0x40007070u']);
  });

  test.each([
    [{}, 'firmware-target-unnamed', 'names no target'],
    [{ family: 'H5E_5F' }, 'firmware-refused', 'system memory begins at 0x0BFAC000'],
    [{ family: 'H523_533' }, 'firmware-refused', 'stuck inside the ROM'],
    [{ family: 'U375_385' }, 'firmware-refused', 'not proven'],
    [{ family: 'L01x_02x' }, 'firmware-refused', 'takes no jump'],
    [{ family: 'F405_407', softJump: [] }, 'firmware-request-missing', 'has no softJump'],
  ] as const)('%o is refused: %s', (board, code, message) => {
    expect(() => plan(board)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  test('a line without a block is refused', () => {
    const { firmware: _, ...unknown } = findChip('F405_407')!;
    const profile = parseProfile(`id: board\n${wiring}\nmethods: [lines]\n`, 'board.yaml');
    expect(() => chooseWay(profile, unknown)).toThrow(
      expect.objectContaining({
        code: 'firmware-target-unknown',
        message: expect.stringContaining('Nobody has written down'),
        hint: expect.stringContaining('BOOT0'),
      }),
    );
  });

  test('the entry that is advised makes a profile that is taken', () => {
    for (const family of ['F405_407', 'L01x_02x', 'F103_md']) {
      const hint = hintOf(() => plan({ family, softJump: [] }));
      const [, entry = ''] = /`softJump: \[(.*)\]`/.exec(hint) ?? [];
      expect(plan({ family, softJump: [entry], more: [boot0] }).way.method).toBe(
        family === 'L01x_02x' ? 'self-charge' : 'jump',
      );
    }
  });
});

function hintOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as { hint: string }).hint;
  }
  return '';
}

test.each(chipKeys())('%s has a way or a refusal that says what to do, and nothing between them', (family) => {
  const wish = { boot0Pin: 'PB8', ...(findChip(family)!.firmware?.jump?.backup ? {} : { ramToken: 0x2000_0c00 }) };
  const { verdict } = findChip(family)!.firmware!;
  const work = () => macros({ family, wish });
  if (verdict === 'jump' || verdict === 'conditional') {
    const found = work();
    expect(found.TARGET).toBe(`"${family}"`);
    expect([found.ROM, found.RESET_REG, found.BACKUP_REG ?? found.RAM_TOKEN]).not.toContain(undefined);
    expect(found.REMAP_REG === undefined).toBe(found.VTOR === found.ROM);
    return;
  }
  expect(work).toThrow(expect.objectContaining({ code: 'firmware-refused', hint: expect.stringMatching(/BOOT0/) }));
});

describe('the request in RAM', () => {
  const ram = (family: string, ramToken: number) => () => plan({ family, wish: { ramToken } });
  test('is taken behind what the ROM uses, with the data cache of an M7 in mind', () => {
    expect(macros({ family: 'F405_407', wish: { ramToken: 0x2001_bc00 } })).toMatchObject({ RAM_TOKEN: '0x2001BC00u' });
    expect(macros({ family: 'F405_407', wish: { ramToken: 0x2001_bc00 } }).BACKUP_REG).toBeUndefined();
    expect(macros({ family: 'H74x_75x', wish: { ramToken: 0x2400_8000 } })).toMatchObject({ DCACHE: '1', TRIES: '1u' });
    expect(macros({ family: 'F03x', wish: { ramToken: 0x2000_0c00 } }).DCACHE).toBeUndefined();
  });

  test.each([
    ['F405_407', 0x2000_2ff8, 'in the RAM that the ROM uses'],
    ['F405_407', 0x2001_0004, 'not aligned'],
    ['F405_407', 0x2002_0000, 'no RAM of'],
    ['F03x', 0x2000_1000, 'no RAM of'],
    ['F411', 0x2001_0000, 'is not known'],
  ])('%s at %i is refused: %s', (family, address, message) => {
    expect(ram(family, address)).toThrow(
      expect.objectContaining({ code: 'firmware-ram-unusable', message: expect.stringContaining(message) }),
    );
  });

  test('is needed where a line has no backup register', () => {
    expect(() => plan({ family: 'F03x' })).toThrow(
      expect.objectContaining({ code: 'firmware-ram-unusable', hint: expect.stringContaining('--ram-token') }),
    );
  });

  test('a ROM that may use that RAM is entered once, although it needs its crystal', () => {
    const { way, notes } = plan({ family: 'F070xB', wish: { ramToken: 0x2000_3f00 } });
    expect(way).toMatchObject({ tries: 1, token: { in: 'ram' } });
    expect(notes).toContainEqual(expect.stringContaining('missed its crystal is not entered again'));
  });

  test('what the ROM of a line uses is said to be unknown where it is, and only there', () => {
    const unknown = /which RAM the ROM of this line uses is not known/;
    const notesOf = (family: string, ramToken: number) => plan({ family, wish: { ramToken } }).notes.join('\n');
    expect(notesOf('G07x_08x', 0x2000_8000)).toMatch(unknown);
    expect(notesOf('F405_407', 0x2001_bc00)).not.toMatch(unknown);
  });
});

describe('self-charge', () => {
  const board = (more: Partial<Board> = {}): Board => ({
    family: 'L07x_08x_usb',
    softJump: [charging()],
    more: [boot0],
    ...more,
  });

  test('charges for five time constants of the largest capacitor, at least 50 ms, by the registers of its port', () => {
    // 979 Ω into 5.64 µF: five time constants are 28 ms.
    expect(macros(board())).toMatchObject({
      SELF_CHARGE_GPIO: '0x50000400u',
      SELF_CHARGE_PORT_EN_REG: '0x4002102Cu',
      SELF_CHARGE_PORT_EN_MASK: '0x00000002u',
      SELF_CHARGE_PIN: '12u',
      SELF_CHARGE_LEVEL: '1u',
      SELF_CHARGE_MS: '50u',
      DELAY_MS: '250u',
    });
    expect(macros(board()).ROM).toBeUndefined();
    const slow = boot0.replace('4.7uF', '47uF').replace('1k', '2k');
    // 1918 Ω into 56.4 µF: 541 ms.
    expect(macros(board({ more: [slow] })).SELF_CHARGE_MS).toBe('541u');
  });

  test('an F1 has the older ports; a level of 0 turns a PNP on', () => {
    const found = macros(board({ family: 'F103_md', softJump: [charging(', pin: PA3, level: 0')] }));
    expect(found).toMatchObject({
      SELF_CHARGE_F1: '1',
      SELF_CHARGE_GPIO: '0x40010800u',
      SELF_CHARGE_PORT_EN_MASK: '0x00000004u',
      SELF_CHARGE_LEVEL: '0u',
    });
  });

  test.each([
    ['firmware-pin-unusable', 'does not say which pin', { softJump: [charging('')] }],
    ['firmware-pin-unusable', 'the pin of BOOT0 itself', { family: 'G43x_44x', softJump: [charging(', pin: PB8')] }],
    ['firmware-pin-unusable', 'not written down', { softJump: [charging(', pin: PE0')] }],
    ['firmware-circuit-unusable', 'no capacitor on BOOT0', { more: [] }],
    [
      'firmware-circuit-unusable',
      'the host waits 300.0 ms',
      { softJump: [charging(', pin: PB12, wait: 300ms')], more: [boot0.replace('4.7uF', '47uF').replace('1k', '2k')] },
    ],
    ['firmware-circuit-unusable', 'cannot charge BOOT0', { more: [boot0.replace('1k', '18k').replace('47k', '22k')] }],
    ['firmware-circuit-unusable', 'but the reset takes up to', { more: [boot0.replace('4.7uF', '100nF')] }],
    ['firmware-circuit-unusable', 'never surely low', { more: [boot0.replace('47k', '2M')] }],
  ] as const)('%s: %s', (code, message, more) => {
    expect(() => plan(board(more))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe('what it answers to', () => {
  const touch = '{ trigger: touch-1200, via: target, vendorId: "0483", productId: "5740" }';
  test('1200 baud alone has no command, and a short delay', () => {
    const found = macros({ family: 'F405_407', softJump: [touch] });
    expect([found.COMMAND, found.TOUCH, found.DELAY_MS]).toEqual([undefined, '1', '250u']);
  });

  const overUsb = usual.replace('via: adapter', 'via: target, vendorId: "0483", productId: "5740"');
  const second = '{ trigger: serial-command, send: "R1", via: adapter }';

  test('the first command decides the way, and all of them go it; the entries without an answer are named', () => {
    const other = '{ trigger: micropython, via: adapter }';
    const softJump = [other, usual, charging()];
    const { answers, way, notes } = plan({ family: 'F405_407', softJump });
    expect([answers.commands, way.method]).toEqual([['bootloader\r\n', 'boot\r\n'], 'jump']);
    expect(notes).toContainEqual('the kit has no answer to these entries of softJump: micropython');
    const charged = plan({ family: 'F405_407', softJump: [charging(', pin: PB12, wait: 2s'), usual], more: [boot0] });
    expect([charged.answers.commands, charged.way.method]).toEqual([['boot\r\n', 'bootloader\r\n'], 'self-charge']);
  });

  test('several commands lie behind each other with a 0 between them; masks say where each begins and ends', () => {
    // 12 bytes, a 0, and 2 bytes: bits 0 and 13 begin a command, bits 11 and 14 end one.
    expect(macros({ family: 'F405_407', softJump: [usual, second, overUsb] })).toMatchObject({
      COMMAND: String.raw`"bootloader\015\012\000R1"`,
      COMMANDS: '"2"',
      COMMAND_STARTS: '0x00002001u',
      COMMAND_ENDS: '0x00004800u',
      DELAY_MS: '1000u',
    });
    const alone = macros({ family: 'F405_407', softJump: [usual, overUsb] });
    expect([alone.COMMAND, alone.COMMANDS, alone.COMMAND_ENDS]).toEqual([
      String.raw`"bootloader\015\012"`,
      undefined,
      undefined,
    ]);
  });

  test('commands of 32 bytes in all are taken, the last of them at bit 31; more are refused', () => {
    const of = (letter: string, bytes: number) => second.replace('R1', letter.repeat(bytes));
    const { COMMAND_STARTS, COMMAND_ENDS } = macros({ family: 'F405_407', softJump: [of('a', 15), of('b', 16)] });
    expect([COMMAND_STARTS, COMMAND_ENDS]).toEqual(['0x00010001u', '0x80004000u']);
    expect(() => plan({ family: 'F405_407', softJump: [of('a', 16), of('b', 16)] })).toThrow(
      expect.objectContaining({
        code: 'firmware-command-unusable',
        message: expect.stringContaining('The 2 commands of softJump have 33 bytes'),
      }),
    );
  });

  test('self-charges have one pin, and each waits long enough', () => {
    const charges = (...more: readonly string[]) =>
      plan({ family: 'F405_407', softJump: more.map(charging), more: [boot0] });
    expect(charges(', pin: PB12', ', pin: PB12').way.method).toBe('self-charge');
    for (const other of [', pin: PB13', ', pin: PB12, level: 0'])
      expect(() => charges(', pin: PB12', other)).toThrow(
        expect.objectContaining({
          code: 'firmware-pin-unusable',
          message: expect.stringContaining('different pins or levels'),
        }),
      );
    expect(() => charges(', pin: PB12', ', pin: PB12, wait: 100ms')).toThrow(/the host waits 100.0 ms/);
  });

  test.each([
    ['"123456789012345678901234567890123"', '33 bytes'],
    ['"a\\0b"', 'a zero'],
  ])('the command %s is refused: %s', (send, why) => {
    expect(() => plan({ family: 'F405_407', softJump: [usual.replace('"bootloader\\r\\n"', send)] })).toThrow(
      expect.objectContaining({ code: 'firmware-command-unusable', message: expect.stringContaining(why) }),
    );
  });

  test('any bytes are a literal of C, with no trigraph and no digit that belongs to an escape', () => {
    expect(cString('~\x1c1 "Q?\\\xff')).toBe(String.raw`"~\0341 \042Q\077\134\377"`);
  });
});
