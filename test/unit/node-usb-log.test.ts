import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KernelLog, parseRecord } from '../../src/host/usb/log.ts';

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

  test('only what comes after the mark counts', async () => {
    const at = folder();
    const file = join(at, 'kmsg');
    writeFileSync(file, record('usb 1-2: device descriptor read/64, error -71', 40));
    const log = new KernelLog(file);
    expect(await log.troubles()).toEqual({ mark: 40, troubles: [] });
    expect((await log.troubles(40)).troubles).toEqual([]);
    expect((await log.troubles(39)).troubles).toMatchObject([{ path: '1-2' }]);
    rmSync(at, { recursive: true });
  });

  test('later calls read on, and a device that was enumerated after all is no trouble', async () => {
    const at = folder();
    const file = join(at, 'kmsg');
    writeFileSync(file, record('usb 1-2: device descriptor read/64, error -71', 40));
    const log = new KernelLog(file);
    const { mark } = await log.troubles();
    appendFileSync(file, record('usb 1-3: device descriptor read/64, error -110', 41));
    const both = await Promise.all([log.troubles(mark), log.troubles(mark)]);
    expect(both).toEqual(
      Array(2).fill({ mark: 41, troubles: [{ path: '1-3', text: expect.stringContaining('-110') }] }),
    );
    appendFileSync(file, record('usb 1-3: New USB device found, idVendor=0483, idProduct=df11, bcdDevice=22.00', 42));
    expect(await log.troubles(mark)).toEqual({ mark: 42, troubles: [] });
    rmSync(at, { recursive: true });
  });

  test('a log that may not be read tells nothing, also later', async () => {
    const log = new KernelLog('/no/such/log');
    const { mark, troubles } = await log.troubles();
    expect([troubles, (await log.troubles(mark)).troubles]).toEqual([[], []]);
  });
});
