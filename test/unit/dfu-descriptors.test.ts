import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { parseFunctionalDescriptor } from '../../src/protocol/dfu/functional-descriptor.ts';
import { parseStatus, setupOf } from '../../src/protocol/dfu/requests.ts';
import {
  parseConfiguration,
  readConfiguration,
  readDeviceDescriptor,
  readString,
} from '../../src/protocol/usb/descriptors.ts';
import { ScriptedUsb } from '../helpers/scripted-usb.ts';

// STM32F405 ROM, from the lsusb listing in dfu-util's device-logs (stm32f40*.lsusb): four alternate
// settings of interface 0, the functional descriptor behind the last; strings 4 to 7.
const interfaceDescriptor = (alternate: number) => [9, 4, 0, alternate, 0, 0xfe, 1, 2, 4 + alternate];
const functional = [0x09, 0x21, 0x0b, 0xff, 0x00, 0x00, 0x08, 0x1a, 0x01];
const f405 = Uint8Array.from([
  ...[9, 2, 54, 0, 1, 1, 0, 0xc0, 0x32],
  ...[0, 1, 2, 3].flatMap(interfaceDescriptor),
  ...functional,
]);

test("the F405 ROM's configuration: four alternate settings, the functional descriptor behind the last", () => {
  const alternates = parseConfiguration(f405);
  expect(alternates.map(({ alternateSetting, nameIndex }) => [alternateSetting, nameIndex])).toEqual([
    [0, 4],
    [1, 5],
    [2, 6],
    [3, 7],
  ]);
  expect(alternates.map(({ classDescriptors }) => classDescriptors.length)).toEqual([0, 0, 0, 1]);
  expect([...alternates[3]!.classDescriptors[0]!]).toEqual(functional);
});

test.each([
  { name: 'empty', bytes: [] },
  { name: 'a length of zero', bytes: [9, 2, 54, 0, 1, 1, 0, 0xc0, 0x32, 0, 4, 0] },
  { name: 'cut inside an interface', bytes: [9, 2, 54, 0, 1, 1, 0, 0xc0, 0x32, 9, 4, 0, 0] },
])('a broken configuration ($name) yields what could be read', ({ bytes }) => {
  expect(parseConfiguration(Uint8Array.from(bytes))).toEqual([]);
});

test('the functional descriptor of the F405 ROM', () => {
  // AN3156 and the listing: CanDnload, CanUpload, WillDetach, not manifestation tolerant; 255 ms; 2048 bytes; 1.1a
  expect(parseFunctionalDescriptor(Uint8Array.from(functional))).toEqual({
    canDownload: true,
    canUpload: true,
    manifestationTolerant: false,
    willDetach: true,
    detachTimeout: 255,
    transferSize: 2048,
    dfuVersion: 0x011a,
  });
});

test.each([
  ['canDownload', 0x01],
  ['canUpload', 0x02],
  ['manifestationTolerant', 0x04],
  ['willDetach', 0x08],
] as const)('bmAttributes: %s is bit 0x%s alone (DFU 1.1 §4.1.3)', (name, bit) => {
  const read = parseFunctionalDescriptor(Uint8Array.of(7, 0x21, bit, 0, 0, 0, 4));
  const flags = { canDownload: false, canUpload: false, manifestationTolerant: false, willDetach: false };
  expect(read).toMatchObject({ ...flags, [name]: true });
});

test('DFU 1.0 leaves out the version', () => {
  expect(parseFunctionalDescriptor(Uint8Array.of(7, 0x21, 0x03, 0, 0, 0, 4)).dfuVersion).toBe(0x0100);
});

test.each([
  { name: 'another descriptor', bytes: [9, 4, 0, 0, 0, 0xfe, 1, 2, 4], says: '09 04' },
  { name: 'nothing', bytes: [], says: 'descriptor: nothing' },
  { name: 'too short', bytes: [5, 0x21, 0x0b, 0, 0], says: '05 21' },
  { name: 'wTransferSize 0', bytes: [9, 0x21, 0x0b, 0xff, 0, 0, 0, 0x1a, 1], says: 'wTransferSize 0' },
])('a functional descriptor that is none is refused: $name', ({ bytes, says }) => {
  expect(() => parseFunctionalDescriptor(Uint8Array.from(bytes))).toThrow(BootctlError);
  expect(() => parseFunctionalDescriptor(Uint8Array.from(bytes))).toThrow(says);
});

test('the configuration is read by its head first, then whole (USB 2.0 §9.4.3)', async () => {
  const usb = new ScriptedUsb([f405.subarray(0, 9), f405]);
  expect(await readConfiguration(usb)).toEqual(f405);
  expect(usb.requests).toEqual(['80 06 0200 0000 ?9', '80 06 0200 0000 ?54']);
});

test('a configuration that the host has kept is not asked for again', async () => {
  const usb = Object.assign(new ScriptedUsb([]), { configuration: f405 });
  expect(await readConfiguration(usb)).toEqual(f405);
  expect(usb.requests).toEqual([]);
});

test.each([
  { name: 'plain', bytes: [6, 3, 0x40, 0, 0x49, 0], text: '@I' },
  { name: 'padded with NULs', bytes: [8, 3, 0x40, 0, 0x49, 0, 0, 0], text: '@I' },
  { name: 'said longer than sent', bytes: [40, 3, 0x40, 0], text: '@' },
  { name: 'an odd length', bytes: [5, 3, 0x40, 0, 0x49], text: '@' },
  { name: 'sent longer than said', bytes: [4, 3, 0x40, 0, 0x49, 0], text: '@' },
  { name: 'padded with several NULs', bytes: [10, 3, 0x40, 0, 0x49, 0, 0, 0, 0, 0], text: '@I' },
  { name: 'a NUL in its midst', bytes: [8, 3, 0x40, 0, 0, 0, 0x49, 0], text: '@\0I' },
  { name: 'empty', bytes: [], text: '' },
])('a string descriptor: $name', async ({ bytes, text }) => {
  const usb = new ScriptedUsb([bytes]);
  expect(await readString(usb, 4)).toBe(text);
  expect(usb.requests).toEqual(['80 06 0304 0409 ?255']);
});

test('a string without an index is empty, and not asked for (USB 2.0 §9.6.7)', async () => {
  const usb = new ScriptedUsb([]);
  expect(await readString(usb, 0)).toBe('');
  expect(usb.requests).toEqual([]);
});

test('the device descriptor has 18 bytes (USB 2.0 §9.6.1)', async () => {
  const usb = new ScriptedUsb([[18, 1, 0, 1]]);
  expect(await readDeviceDescriptor(usb)).toEqual(Uint8Array.of(18, 1, 0, 1));
  expect(usb.requests).toEqual(['80 06 0100 0000 ?18']);
});

test('a configuration whose head is cut is refused', async () => {
  const reading = readConfiguration(new ScriptedUsb([f405.subarray(0, 8), f405]));
  await expect(reading).rejects.toMatchObject({ code: 'dfu-malformed' });
});

test('class descriptors may be of two bytes; an interface descriptor that is too short is none', () => {
  const bytes = Uint8Array.from([...interfaceDescriptor(0), 8, 4, 0, 1, 0, 0xfe, 1, 2, 2, 0x24]);
  const [only, ...others] = parseConfiguration(bytes);
  expect(others).toEqual([]);
  expect(only!.classDescriptors.map((one) => [...one])).toEqual([
    [8, 4, 0, 1, 0, 0xfe, 1, 2],
    [2, 0x24],
  ]);
});

test.each([
  { name: 'cut', bytes: [0, 0, 0, 0, 2], says: 'DFU_GETSTATUS answered 5 of 6 bytes' },
  { name: 'an unknown state', bytes: [0, 0, 0, 0, 11, 0], says: 'bStatus 0, bState 11' },
  { name: 'an unknown status', bytes: [16, 0, 0, 0, 2, 0], says: 'bStatus 16, bState 2' },
])('a status that is none is refused: $name (DFU 1.1 §6.1.2)', ({ bytes, says }) => {
  expect(() => parseStatus(Uint8Array.from(bytes))).toThrow(says);
});

test('DFU_UPLOAD, DFU_GETSTATUS and DFU_GETSTATE read, the other requests write (DFU 1.1 §3)', () => {
  const typeOf = (name: Parameters<typeof setupOf>[0]) => setupOf(name, 0).requestType;
  expect((['UPLOAD', 'GETSTATUS', 'GETSTATE'] as const).map(typeOf)).toEqual([0xa1, 0xa1, 0xa1]);
  expect((['DETACH', 'DNLOAD', 'CLRSTATUS', 'ABORT'] as const).map(typeOf)).toEqual([0x21, 0x21, 0x21, 0x21]);
});
