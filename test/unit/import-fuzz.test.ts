import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { importProfile } from '../../src/board/import/import-profile.ts';
import { type ToolName, toolNames } from '../../src/board/import/imported.ts';

// Whatever is typed is a profile that the check accepts, or a refusal: never a bug, and never a file that is none.

/** Pieces of what people type, whole and torn. */
const pieces: Readonly<Record<ToolName, readonly string[]>> = {
  stm32flash: [
    'stm32flash',
    '-i',
    'rts,-dtr,dtr',
    '20,-21,21:-20,21',
    '-b',
    '115200',
    '/dev/ttyUSB0',
    '-w',
    'a.bin',
    '-m',
    '8e1',
    'brk',
  ],
  stm32loader: [
    'stm32loader',
    '-p',
    '/dev/ttyUSB0',
    '-s',
    '-R',
    '-B',
    '-b',
    '57600',
    '--swap',
    '-P',
    'even',
    '-f',
    'F1',
    'a.bin',
  ],
  platformio: [
    '[env:a]\n',
    'platform = ststm32\n',
    'upload_protocol = serial\n',
    'upload_flags =\n -i\n rts,-dtr,dtr\n',
    'board = x\n',
    '[env]\n',
    'extends = env:a\n',
    `\${env:a.board}`,
    'upload_command = stm32flash -i 5,-4,4\n',
    'upload_protocol = custom\n',
    '[__proto__]\n',
    '__proto__ = 1\n',
    '[]',
  ],
  klipper: [
    'make',
    'flash',
    'serialflash',
    'FLASH_DEVICE=',
    '0483:df11',
    '/dev/ttyUSB0',
    'flash_usb.py',
    '-t',
    'stm32f446xx',
    '-s',
    '0x8008000',
    '/dev/serial/by-id/usb-Klipper_stm32f407xx_12AB-if00',
    'CONFIG_MCU="stm32f407xx"\n',
    'CONFIG_SERIAL=y\n',
    'CONFIG_FLASH_START=0x8008000\n',
    'CONFIG_SERIAL_BAUD=x\n',
    'CONFIG_USB_VENDOR_ID=zz\nCONFIG_USB_DEVICE_ID=0x1\n',
  ],
  katapult: [
    'flashtool.py',
    '-d',
    '/dev/ttyACM0',
    '/dev/serial/by-id/usb-katapult_stm32f042x6_12AB-if00',
    '-u',
    '1d85',
    '-b',
    '250000',
    '-r',
    '-q',
    'CONFIG_MCU="stm32h743xx"\n',
  ],
  esptool: [
    'esptool.py',
    '--before',
    'default_reset',
    'no-reset',
    '--port',
    'COM3',
    'D0|R1|W0.1|D1|R0',
    '[esptool]\n',
    'custom_reset_sequence = D0|R1|W0.1|D1|R0\n',
    'write_flash',
    'U1,0|W1',
    'custom_reset_sequence\n',
  ],
};
const odd = [
  '',
  '$',
  '${',
  '${x',
  '`',
  '"',
  "'",
  '\\',
  '#',
  ';',
  '&&',
  '>',
  '*',
  '\u0000',
  '\u001b[2J',
  '\n',
  ' ',
  '=',
  '--',
  '-',
  ':',
  '💥',
  '…',
];

describe.each(toolNames)('%s', (tool) => {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...pieces[tool]) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
  );
  const words = fc.array(piece, { minLength: 1, maxLength: 8 });
  const accept = (make: () => ReturnType<typeof importProfile>): void => {
    try {
      const { profile, text } = make();
      expect(profile.id).toBe('mine');
      // Nothing that was typed begins a line or a control sequence of its own.
      expect(text).toMatch(/^[\n\x20-\x7e\xa0-\u{10ffff}]*$/u);
    } catch (error) {
      if (!(error instanceof BootctlError)) throw error;
      expect(error.kind).toBe('usage');
      expect(['import-not-understood', 'import-not-possible', 'usage']).toContain(error.code);
    }
  };

  test('as a line and as words', () => {
    fc.assert(
      fc.property(words, fc.boolean(), (parts, isLine) =>
        accept(() => importProfile(tool, 'mine', { words: isLine ? [parts.join(' ')] : parts }, {})),
      ),
      { seed: 17, numRuns: 400 },
    );
  });

  test('as a file', () => {
    fc.assert(
      fc.property(words, (parts) =>
        accept(() => importProfile(tool, 'mine', { words: ['-'], file: { name: 'a file', text: parts.join('') } }, {})),
      ),
      { seed: 17, numRuns: 400 },
    );
  });
});
