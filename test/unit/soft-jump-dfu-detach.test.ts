import { describe, expect, test } from 'vitest';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { SoftJump } from '../../src/board/soft-jump.ts';
import { type ScriptedAnswer, ScriptedUsb } from '../helpers/scripted-usb.ts';
import { failure, softJumpBench } from '../helpers/soft-jump.ts';

const application: UsbDeviceInfo = {
  path: '1-2',
  instance: '1-2#7',
  vendorId: '1209',
  productId: '0001',
  bcdDevice: '0100',
};
const jump: SoftJump = { trigger: 'dfu-detach', via: 'target', vendorId: '1209', productId: '0001' };
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/**
 * Configuration (USB 2.0 §9.6.3) with a vendor interface 0 and, where wanted, a run-time DFU interface 1 (DFU 1.1
 * §4.1.2: class FE, subclass 01, protocol 01) with its functional descriptor (§4.1.3: detach timeout 0x00FF).
 */
function configuration(functional?: string): Uint8Array {
  const vendor = '09 04 00 00 00 ff 00 00 00';
  const dfu = functional === undefined ? '' : `09 04 01 00 00 fe 01 01 00 ${functional}`;
  const rest = bytes(vendor + dfu);
  return Uint8Array.of(9, 2, 9 + rest.length, 0, functional === undefined ? 1 : 2, 1, 0, 0x80, 50, ...rest);
}
const willDetach = '09 21 0d ff 00 00 04 10 01';
const needsReset = '09 21 05 ff 00 00 04 10 01';
/** bmRequestType 21, DFU_DETACH 0, wValue = wDetachTimeout, wIndex = interface 1 (DFU 1.1 table 3.2). */
const detach = '21 00 00ff 0001';

function bench(
  functional: string | undefined,
  listed: readonly (readonly UsbDeviceInfo[])[],
  refuses?: ScriptedAnswer,
) {
  const whole = configuration(functional);
  const usb = new ScriptedUsb([whole.slice(0, 9), whole]);
  if (refuses) usb.outFailures.set(detach, refuses);
  const resets: string[] = [];
  const device = Object.assign(usb, {
    reset: async () => {
      resets.push('reset');
    },
  });
  return { usb, resets, ...softJumpBench({ usb: device, listed }) };
}
const outOf = (usb: ScriptedUsb) => usb.requests.filter((request) => request.startsWith('21 '));

describe('refusals', () => {
  const romAlready: UsbDeviceInfo = { ...application, vendorId: '0483', productId: 'df11' };

  test.each([
    { name: 'nobody there', functional: willDetach, listed: [[]], code: 'application-port-missing' },
    {
      name: 'only a bootloader there',
      functional: willDetach,
      listed: [[romAlready]],
      code: 'application-port-missing',
      ask: { trigger: 'dfu-detach', via: 'target', vendorId: '0483', productId: 'df11' } as SoftJump,
    },
    {
      name: 'two of them',
      functional: willDetach,
      listed: [[application, { ...application, path: '1-3', instance: '1-3#8' }]],
      code: 'application-port-ambiguous',
    },
    { name: 'no run-time DFU interface', functional: undefined, listed: [[application]], code: 'application-silent' },
    {
      name: 'a stall',
      functional: willDetach,
      listed: [[application]],
      refuses: 'stall' as const,
      code: 'application-silent',
    },
    { name: 'it stays on the bus', functional: willDetach, listed: [[application]], code: 'application-silent' },
  ])('$name -> $code', async ({ functional, listed, refuses, code, ask = jump }) => {
    expect(await failure(bench(functional, listed, refuses).ask(ask))).toMatchObject({ code });
  });
});

test.each([
  { name: 'bitWillDetach: the host only waits', functional: willDetach, resets: [] },
  { name: 'no bitWillDetach: the host resets it (DFU 1.1 §5.1)', functional: needsReset, resets: ['reset'] },
  { name: 'gone in the middle of the request', functional: willDetach, refuses: 'gone' as const, resets: [] },
  { name: 'too late to answer', functional: needsReset, refuses: 'timeout' as const, resets: [] },
])('$name', async ({ functional, refuses, resets }) => {
  const { ask, usb, resets: seen } = bench(functional, [[application], [application], []], refuses);
  expect(await ask(jump)).toEqual({ usbPath: '1-2' });
  expect(outOf(usb)).toEqual([detach]);
  expect(seen).toEqual(resets);
});

test('without a functional descriptor: a second to detach, and a reset', async () => {
  const { ask, usb, resets } = bench('', [[application], []]);
  await ask(jump);
  expect(outOf(usb)).toEqual(['21 00 03e8 0001']);
  expect(resets).toEqual(['reset']);
});
