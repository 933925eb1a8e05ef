import { expect, test } from 'vitest';
import type { Attempt } from '../../machines/boot-entry.policy.ts';
import { BootctlError, type ErrorCode } from '../../src/base/errors.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import { causeNames, diagnose } from '../../src/ops/entry/diagnose.ts';
import { referenceBoard } from '../helpers/circuits.ts';

const plan = { steps: [], margin: 25, clear: 290 };
const attempt = (code: ErrorCode, more: Partial<Attempt> = {}, details = {}): Attempt => ({
  rung: { method: 'rc-cap', change: 'nominal', plan },
  error: new BootctlError(code, 'made up', { details }),
  ...more,
});
const charged = attempt('dfu-not-seen', {
  rung: {
    method: 'soft-jump',
    change: 'nominal',
    softJump: { trigger: 'self-charge', via: 'adapter', send: 'boot', baudRate: 115_200, wait: 500 },
  },
});
const softJump = attempt('dfu-not-seen', { rung: { method: 'soft-jump', change: 'nominal' } });
const held = attempt('application-came-back', { rung: { method: 'lines', change: 'nominal', plan } });

interface Row {
  readonly name: string;
  readonly family?: string;
  readonly attempts: readonly Attempt[];
  readonly causes: readonly string[];
  /** Of the first cause: its evidence, its advice, and what the advice must not say. */
  readonly says: readonly [RegExp, RegExp];
  readonly saysNot?: RegExp;
}

const left = { left: 'cafe:cafe at 1-2', leftIs: 'application' } as const;

const rows = [
  {
    name: 'silence on USB alone cannot tell more',
    attempts: [attempt('dfu-not-seen')],
    causes: ['usb-silent'],
    says: [/1 attempt.*/, /crystal.*USART/],
  },
  {
    name: 'a device that the host could not enumerate is no silence',
    attempts: [attempt('dfu-not-seen', {}, { enumeration: '1-2: device descriptor read/64, error -71' })],
    causes: ['enumeration-failed'],
    says: [/1 attempt.*1-2: device descriptor read\/64, error -71/, /D\+ and D−.*crystal/],
  },
  {
    name: 'a ROM of another maker is named, with what the profile must say',
    attempts: [
      attempt('dfu-not-seen', {}, { appeared: '28e9:0189 at 1-2', clone: 'gd32', sign: 'the USB id 28e9:0189' }),
    ],
    causes: ['clone'],
    says: [/GigaDevice GD32.*28e9:0189 at 1-2/, /usb: \{ vendorId: "28e9", productId: "0189" \}/],
  },
  {
    name: 'one that speaks no DFU is not for bootctl',
    attempts: [
      attempt('dfu-not-seen', {}, { appeared: '4348:55e0 at 1-2', clone: 'ch32', sign: 'the USB id 4348:55e0' }),
    ],
    causes: ['clone'],
    says: [/WCH CH32/, /^bootctl cannot flash WCH CH32: /],
  },
  {
    name: 'Katapult after a reset: BOOT0 was low',
    attempts: [attempt('dfu-not-seen', {}, { appeared: '1d50:6177 at 1-2', flashBootloader: 'katapult' })],
    causes: ['flash-bootloader'],
    says: [/Katapult.*in the flash.*1d50:6177 at 1-2/, /BOOT0 was low.*flashtool\.py/],
  },
  {
    name: 'Katapult after a request: it took that for its own',
    attempts: [
      attempt(
        'dfu-not-seen',
        { rung: { method: 'soft-jump', change: 'nominal' } },
        { appeared: '1d50:6177 at 1-2', flashBootloader: 'katapult' },
      ),
    ],
    causes: ['flash-bootloader'],
    says: [/Katapult/, /takes the request.*`lines`.*flashtool\.py/],
  },
  {
    name: 'a DFU device that stayed through a reset is named, with both readings',
    attempts: [attempt('dfu-not-seen', {}, { stranger: '1-9' })],
    causes: ['dfu-device-stayed'],
    says: [/at 1-9.*stayed.*not opened/, /another board.*NRST.*--usb-path/],
  },
  {
    name: 'a DFU device at another place than the named one is no silence: its place is named',
    attempts: [
      attempt('dfu-not-seen', {}, { elsewhere: '1-7', awaited: '1-2' }),
      attempt('dfu-not-seen', {}, { elsewhere: '1-7', awaited: '1-2' }),
    ],
    causes: ['dfu-device-elsewhere'],
    says: [/came at 1-7 after 2 resets.*at 1-2 was awaited.*not opened/, /--usb-path 1-7/],
  },
  {
    name: 'a newcomer that is not the one is no silence either',
    attempts: [attempt('dfu-not-seen'), attempt('dfu-not-seen', {}, { appeared: '1209:0001 at 1-2' })],
    causes: ['other-device', 'usb-silent'],
    says: [/1209:0001 at 1-2/, /BOOT0 was low.*`usb`.*DfuSe/],
  },
  {
    name: 'bytes that are no ROM are no silence',
    attempts: [attempt('usart-no-sync', { usart: 'foreign' }, { heard: '72 65 61 64 79' })],
    causes: ['usart-foreign'],
    says: [/made up/, /TX and RX/],
  },
  {
    name: 'silence on both: what cannot be told apart stands together',
    attempts: [attempt('dfu-not-seen', { usart: 'silent' })],
    causes: ['rom-silent', 'usb-silent'],
    says: [/neither.*USART/, /does not run: check power, NRST, BOOT0.*PA9\/PA10 \(USART1\).*listens to another device/],
  },
  {
    name: 'an application that comes back had BOOT0 low',
    attempts: [attempt('application-came-back'), held],
    causes: ['boot0-low-at-sampling'],
    says: [/2 resets worked.*also while its line held BOOT0/, /Measure BOOT0/],
  },
  {
    name: 'where option bits can take the pin away, they come first',
    family: 'G0B1_0C1',
    attempts: [attempt('application-came-back')],
    causes: ['boot0-pin-disabled', 'boot0-low-at-sampling'],
    says: [/BOOT_SEL/, /over SWD/],
  },
  {
    name: 'an application that never left was not reset',
    attempts: [attempt('dfu-not-seen', {}, { stayed: '0483:5740 at 1-2', stayedAnswer: 'answers' })],
    causes: ['nrst-not-moving'],
    says: [
      /0483:5740 at 1-2.*stayed.*still answers/,
      /^If it is the application of this board, the reset.*wire to NRST/,
    ],
    saysNot: /D\+/,
  },
  {
    name: 'one that could not be asked may have been reset without the host noticing',
    attempts: [attempt('dfu-not-seen', {}, { stayed: '0483:5740 at 1-2', stayedAnswer: 'not-asked' })],
    causes: ['nrst-not-moving'],
    says: [/stayed on the bus through 1 reset$/, /wire to NRST.*Or the board pulls D\+ up/],
  },
  {
    name: 'one that no longer answers was reset: the wire to NRST is not the fault',
    attempts: [attempt('dfu-not-seen', {}, { stayed: '0483:5740 at 1-2', stayedAnswer: 'silent' })],
    causes: ['reset-unnoticed'],
    says: [/no longer answers/, /pulls D\+ up all the time/],
    saysNot: /NRST/,
  },
  {
    name: 'a host that misses the window is named with its figures',
    attempts: [attempt('window-missed', { held: 61 }), attempt('window-missed', { held: 75.4 })],
    causes: ['host-too-slow'],
    says: [/2 attempts.*75 ms/, /larger capacitor/],
  },
  {
    name: 'a target without DFU in its ROM is told so',
    family: 'G03x_04x',
    attempts: [attempt('dfu-not-seen', {}, { unawaited: 'no USB DFU in the ROM' })],
    causes: ['no-dfu-in-rom'],
    says: [/STM32G03.*no USB DFU/, /\(PA9\/PA10|USART.*usart: \{ connected: true \}/],
  },
  {
    name: 'the ROM of an L072 takes a jump only in one of its versions',
    family: 'L07x_08x_usb',
    attempts: [softJump],
    causes: ['soft-jump-limited', 'usb-silent'],
    says: [/L072.* only under a condition: ROM V4\.0/, /lines.*self-charge/],
  },
  {
    name: 'a charge of BOOT0 by the firmware is no jump',
    family: 'L07x_08x_usb',
    attempts: [charged],
    causes: ['usb-silent'],
    says: [/no USB device appeared/, /./],
  },
  {
    name: 'an application that left in the reset and did not come back proves cable, NRST and BOOT0; the pins are named',
    attempts: [attempt('dfu-not-seen', {}, left), attempt('dfu-not-seen')],
    causes: ['rom-not-on-usb'],
    says: [
      /^the application \(cafe:cafe at 1-2\) was on the bus, left it in the reset.*2 attempts$/,
      /^The USB cable, NRST and BOOT0 work.*PA9\/PA10 \(USART1\), PB10\/PB11 \(USART3\).*crystal.*connector.*WSL.*BOOT1/,
    ],
  },
  {
    name: 'a device that the profile does not know may be something else',
    attempts: [attempt('dfu-not-seen', {}, { ...left, leftIs: 'unknown' })],
    causes: ['rom-not-on-usb'],
    says: [/^a USB device \(cafe:cafe at 1-2\)/, /^If that was the application of this board, the USB cable/],
  },
  {
    name: 'a line that needs no crystal, and whose pins have no source, is told of neither',
    family: 'H523_533',
    attempts: [attempt('dfu-not-seen', {}, left)],
    causes: ['rom-not-on-usb'],
    says: [/cafe:cafe/, /drives USART1, USART2.*, or an I2C, SPI or CAN interface/],
    saysNot: /PA9|crystal|BOOT1/,
  },
  {
    name: 'one that comes back in another attempt had BOOT0 low: it has only been slow',
    attempts: [attempt('dfu-not-seen', {}, left), attempt('application-came-back')],
    causes: ['boot0-low-at-sampling', 'usb-silent'],
    says: [/1 reset worked/, /Measure BOOT0/],
  },
  {
    name: 'a request that made the application leave proves neither NRST nor BOOT0',
    attempts: [{ ...softJump, error: new BootctlError('dfu-not-seen', 'made up', { details: left }) }],
    causes: ['rom-not-reached'],
    says: [/left the bus when it was asked/, /jump did not reach the ROM.*PA9\/PA10/],
    saysNot: /NRST and BOOT0 work|measure BOOT0/,
  },
  {
    name: 'after it the lines are judged by what they did',
    attempts: [
      { ...softJump, error: new BootctlError('dfu-not-seen', 'made up', { details: left }) },
      attempt('dfu-not-seen'),
    ],
    causes: ['rom-not-reached', 'usb-silent'],
    says: [/left the bus when it was asked/, /jump/],
  },
  {
    name: 'a request that nothing answered measures no reset',
    attempts: [softJump],
    causes: ['usb-silent'],
    says: [/1 attempt/, /nothing shows whether it went there/],
    saysNot: /measure BOOT0 and NRST during a reset/,
  },
  {
    name: 'a person resets by hand',
    attempts: [attempt('dfu-not-seen', { rung: { method: 'manual', change: 'nominal' } })],
    causes: ['usb-silent'],
    says: [/1 attempt/, /BOOT0 is high until NRST has risen.*PA9\/PA10/],
    saysNot: /during a reset/,
  },
] satisfies readonly Row[];

test.each<Row>(rows)('$name', ({ family = 'F405_407', attempts, causes, says, saysNot }) => {
  const found = diagnose({ profile: referenceBoard({}), target: findChip(family), attempts });
  expect(found.map(({ cause }) => cause)).toEqual(causes);
  expect(found[0]?.evidence).toMatch(says[0]!);
  expect(found[0]?.advice).toMatch(says[1]!);
  if (saysNot) expect(found[0]?.advice).not.toMatch(saysNot);
});

test('without a target in the profile nothing is said of one', () => {
  const [first] = diagnose({ profile: referenceBoard({}), attempts: [attempt('dfu-not-seen')] });
  expect(first?.advice).not.toMatch(/crystal/);
});

test('every cause is produced above', () => {
  expect([...new Set(rows.flatMap(({ causes }) => causes))].sort()).toEqual([...causeNames].sort());
});
