import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { controlBuffer, LibusbDevice } from '../../src/host/usb/device.ts';
import { explainReset, explainUsb, nameRequest, usbFailure } from '../../src/host/usb/errors.ts';
import { explainClaim, explainUsbDenied } from '../../src/host/usb/explain.ts';
import { usbfsPath } from '../../src/host/usb/list.ts';

const info = { path: '1-2', instance: '1-2#5', vendorId: '0483', productId: 'df11', bcdDevice: '2200' };
const getStatus = { requestType: 0xa1, request: 3, value: 0, index: 0 };
const libusbError = (errno: number, name: string) => Object.assign(new Error(name), { errno });
const systemError = (code: string) => Object.assign(new Error(code), { code });

// Numbers: libusb.h of libusb 1.0.30; errno: error-codes.rst of Linux
test.each([
  [libusbError(1, 'LIBUSB_TRANSFER_ERROR'), 'target-lost'],
  [libusbError(2, 'LIBUSB_TRANSFER_TIMED_OUT'), 'usb-timeout'],
  [libusbError(3, 'LIBUSB_TRANSFER_CANCELLED'), 'usb-timeout'],
  [libusbError(4, 'LIBUSB_TRANSFER_STALL'), 'usb-stall'],
  [libusbError(5, 'LIBUSB_TRANSFER_NO_DEVICE'), 'target-lost'],
  [libusbError(6, 'LIBUSB_TRANSFER_OVERFLOW'), 'dfu-malformed'],
  [libusbError(-1, 'LIBUSB_ERROR_IO'), 'target-lost'],
  [libusbError(-3, 'LIBUSB_ERROR_ACCESS'), 'usb-denied'],
  [libusbError(-4, 'LIBUSB_ERROR_NO_DEVICE'), 'target-lost'],
  [libusbError(-5, 'LIBUSB_ERROR_NOT_FOUND'), 'dfu-malformed'],
  [libusbError(-6, 'LIBUSB_ERROR_BUSY'), 'usb-busy'],
  [libusbError(-7, 'LIBUSB_ERROR_TIMEOUT'), 'usb-timeout'],
  [libusbError(-9, 'LIBUSB_ERROR_PIPE'), 'usb-stall'],
  [libusbError(-12, 'LIBUSB_ERROR_NOT_SUPPORTED'), 'usb-driver-missing'],
  [systemError('EPIPE'), 'usb-stall'],
  [systemError('ETIMEDOUT'), 'usb-timeout'],
  [systemError('ENODEV'), 'target-lost'],
  [systemError('ESHUTDOWN'), 'target-lost'],
  [systemError('EPROTO'), 'target-lost'],
  [systemError('EOVERFLOW'), 'dfu-malformed'],
  [systemError('EBUSY'), 'usb-busy'],
  [systemError('EACCES'), 'usb-denied'],
])('%s is %s', (error, code) => {
  expect(usbFailure(error)?.code).toBe(code);
  expect(explainUsb('DFU request 3 to interface 0', info, error)).toMatchObject({ code, cause: error });
});

// libusb_reset_device of libusb 1.0.30: NOT_FOUND is a device that has to be enumerated again, or has gone.
test.each([
  [libusbError(-5, 'LIBUSB_ERROR_NOT_FOUND'), 'target-lost'],
  [libusbError(-4, 'LIBUSB_ERROR_NO_DEVICE'), 'target-lost'],
  [libusbError(-3, 'LIBUSB_ERROR_ACCESS'), 'usb-denied'],
])('a USB reset that ends in %s is %s', (error, code) => {
  expect(explainReset(info, error)).toMatchObject({ code, cause: error });
});

test('what the USB layer does not report stays what it is: a defect', () => {
  for (const error of [
    new TypeError('x is not a function'),
    libusbError(-11, 'NO_MEM'),
    systemError('EMFILE'),
    'text',
  ]) {
    expect(explainUsb('Opening', info, error)).toBe(error);
  }
});

test('the message names the request, the USB device, the limit and the cause', () => {
  const error = explainUsb(nameRequest(getStatus), info, libusbError(3, 'LIBUSB_TRANSFER_CANCELLED'), 300) as Error;
  expect(error.message).toBe(
    'DFU request 3 to interface 0 of USB device 1-2 (0483:df11): no answer within 300 ms (LIBUSB_TRANSFER_CANCELLED)',
  );
});

test.each([
  [getStatus, 'DFU request 3 to interface 0'],
  [{ requestType: 0x21, request: 1, value: 2, index: 3 }, 'DFU request 1 to interface 3'],
  [{ requestType: 0x80, request: 6, value: 0x0100, index: 0 }, 'standard request 6'],
  [{ requestType: 0x81, request: 6, value: 0x2100, index: 1 }, 'standard request 6 to interface 1'],
  [{ requestType: 0x40, request: 1, value: 0, index: 0 }, 'vendor request 1'],
])('%j is called %s', (request, name) => {
  expect(nameRequest(request)).toBe(name);
});

test('an interface that is not there is the fault of the target, under either library', async () => {
  // usbfs: measured on Linux 6.1; usb@2.18: dist/usb/device.js
  for (const error of [systemError('ENOENT'), new Error('Interface not found for address: 5')]) {
    expect(await explainClaim('Claiming interface 5', info, error)).toMatchObject({ code: 'dfu-malformed' });
  }
});

test('control transfers start with the setup packet, little-endian', () => {
  // DFU_GETSTATUS of DFU 1.1 §6.1.2: a1 03, wValue 0, interface, length 6; room for the answer follows
  const asked = controlBuffer({ ...getStatus, index: 1 }, 6);
  expect([...asked.subarray(0, 8)]).toEqual([0xa1, 3, 0, 0, 1, 0, 6, 0]);
  expect(asked).toHaveLength(8 + 6);
  // DFU_DNLOAD of DFU 1.1 §6.1.1: 21 01, wBlockNum, interface, length, data
  const download = { requestType: 0x21, request: 1, value: 0x0102, index: 0 };
  expect([...controlBuffer(download, 2, Uint8Array.of(0xaa, 0x55))]).toEqual([0x21, 1, 2, 1, 0, 0, 2, 0, 0xaa, 0x55]);
  expect(controlBuffer(download, 0, new Uint8Array(0))).toHaveLength(8);
});

test('the file of a USB device has three digits each', () => {
  expect(usbfsPath({ bus: 1, address: 5 })).toBe('/dev/bus/usb/001/005');
  expect(usbfsPath({ bus: 12, address: 117 })).toBe('/dev/bus/usb/012/117');
});

test('a refusal carries the rule that stands in hardware/udev', () => {
  const rules = readFileSync(new URL('../../hardware/udev/60-bootctl.rules', import.meta.url), 'utf8');
  const rule = rules.split('\n').find((line) => line.includes('"df11"'));
  const error = explainUsbDenied(info, '/dev/bus/usb/001/005');
  expect(error).toMatchObject({ code: 'usb-denied', message: expect.stringContaining('/dev/bus/usb/001/005') });
  expect(error.hint).toContain(`echo '${rule}' | sudo tee /etc/udev/rules.d/61-bootctl-0483-df11.rules`);
  expect(error.hint).not.toContain('60-bootctl.rules');
});

test('a cancel that fails because the device has just gone ends no process: the transfer tells', async () => {
  let complete: (error: Error) => void = () => {};
  let cancels = 0;
  class Transfer {
    constructor(_device: unknown, _endpoint: number, _type: number, _timeout: number, done: (error: Error) => void) {
      complete = done;
    }
    submit(): void {}
    // usb 2.18, src/transfer.cc: thrown for all but NOT_FOUND
    cancel(): void {
      cancels++;
      setTimeout(() => complete(libusbError(5, 'LIBUSB_TRANSFER_NO_DEVICE')), 1);
      throw libusbError(-4, 'LIBUSB_ERROR_NO_DEVICE');
    }
  }
  const uncaught: unknown[] = [];
  const listener = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtException', listener);
  try {
    const device = new LibusbDevice(info, { Transfer } as never, {} as never);
    await expect(device.controlIn(getStatus, 6, 5)).rejects.toMatchObject({ code: 'target-lost' });
  } finally {
    process.off('uncaughtException', listener);
  }
  expect([cancels, uncaught]).toEqual([1, []]);
});

test.each([
  ['linux', true],
  ['darwin', false],
  ['win32', false],
] as const)('on %s queued requests keep their order: %s', (platform, keepsOrder) => {
  expect(new LibusbDevice(info, {} as never, {} as never, platform).keepsOrder).toBe(keepsOrder);
});
