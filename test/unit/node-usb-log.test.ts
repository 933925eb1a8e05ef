import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kernelTroubles, parseRecord } from '../../src/host/usb/log.ts';

// Texts of drivers/usb/core/hub.c, framed as Documentation/ABI/testing/dev-kmsg says.
const record = (text: string, sequence = 812) => `3,${sequence},5140900123,-;${text}\n SUBSYSTEM=usb\n DEVICE=c189:7\n`;

test.each([
  ['usb 1-2: device descriptor read/64, error -71', '1-2', 'device descriptor read/64, error -71'],
  // as seen on the kernel bench, linux 6.1; `error 18` in logs of kernels before it, of a device that answered nonsense
  ['usb 1-1: new full-speed USB device number 15 using vhci_hcd', '1-1', 'new full-speed USB device number 15'],
  ['usb 1-1: device descriptor read/64, error 18', '1-1', 'device descriptor read/64, error 18'],
  ['usb 1-1: device descriptor read/8, error -71', '1-1', 'device descriptor read/8, error -71'],
  ["usb 1-2: can't read configurations, error -71", '1-2', "can't read configurations, error -71"],
  ['usb 1-2.3: device descriptor read/all, error -110', '1-2.3', 'device descriptor read/all, error -110'],
  ['usb 3-1: device not accepting address 9, error -71', '3-1', 'device not accepting address 9, error -71'],
  ['usb 1-2: Device not responding to setup address.', '1-2', 'Device not responding to setup address.'],
  ['usb usb1-port2: unable to enumerate USB device', '1-2', 'unable to enumerate USB device'],
  ['usb 1-2-port3: unable to enumerate USB device', '1-2.3', 'unable to enumerate USB device'],
  [
    'usb 1-2.4-port1: Cannot enable. Maybe the USB cable is bad?',
    '1-2.4.1',
    'Cannot enable. Maybe the USB cable is bad?',
  ],
])('%s', (text, path, what) => {
  expect(parseRecord(record(text))).toEqual({ sequence: 812, trouble: { path, text: what } });
});

test.each([
  'usb 1-2: New USB device found, idVendor=0483, idProduct=df11, bcdDevice=22.00',
  'usb 1-2: USB disconnect, device number 9',
])('settled: %s', (text) => {
  expect(parseRecord(record(text))).toEqual({ sequence: 812, settled: '1-2' });
});

test.each([
  'usb 1-2: SetAddress Request (9) to port 0',
  'usb 1-2: reset full-speed USB device number 9 using xhci_hcd',
  '',
])('no trouble: %s', (text) => {
  expect(parseRecord(record(text))).toEqual({ sequence: 812 });
});

test('what is no record is none', () => {
  expect(parseRecord('\n SUBSYSTEM=usb\n')).toBeUndefined();
});

describe.runIf(process.platform === 'linux')('the log', () => {
  // A plain file comes as one record, so one is what it may hold.
  const folder = () => mkdtempSync(join(tmpdir(), 'bootctl-kmsg-'));

  test('only what comes after the mark counts', () => {
    const at = folder();
    const file = join(at, 'kmsg');
    writeFileSync(file, record('usb 1-2: device descriptor read/64, error -71', 40));
    expect(kernelTroubles(undefined, file)).toEqual({ mark: 40, troubles: [] });
    expect(kernelTroubles(40, file).troubles).toEqual([]);
    expect(kernelTroubles(39, file).troubles).toMatchObject([{ path: '1-2' }]);
    rmSync(at, { recursive: true });
  });

  test('a log that may not be read tells nothing, also later', () => {
    const { mark, troubles } = kernelTroubles(undefined, '/no/such/log');
    expect([troubles, kernelTroubles(mark, '/no/such/log').troubles]).toEqual([[], []]);
  });
});
