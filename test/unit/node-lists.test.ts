import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listSysfsPorts, normalizePort } from '../../src/host/serial/list.ts';
import { describeLibusbDevice, keptConfiguration, listSysfsDevices, usbAddress } from '../../src/host/usb/list.ts';
import { fakeTree } from '../helpers/fake-tree.ts';

// Folders and attributes as Linux 6.1 makes them, taken from /sys of the kernel bench.
const usb = 'devices/platform/vhci_hcd.0/usb1';
const attributes = (folder: string, values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${folder}/${name}`, `${value}\n`]));

const ft232r = attributes(`${usb}/1-2/1-2.3`, {
  idVendor: '0403',
  idProduct: '6001',
  bcdDevice: '0600',
  devnum: '7',
  serial: 'PROBE01',
  manufacturer: 'FTDI',
  product: 'FT232R USB UART',
});
const dfu = attributes(`${usb}/1-4`, {
  idVendor: '0483',
  idProduct: 'df11',
  bcdDevice: '2200',
  devnum: '12',
  serial: 'STM32FxSTM32',
  product: 'STM32  BOOTLOADER',
});

test('ports of sysfs: adapters first, with their USB path; no UART, no port', async () => {
  using tree = fakeTree({
    ...ft232r,
    'class/tty/ttyS0/device': { to: 'devices/platform/serial8250' },
    'class/tty/ttyS0/type': '4\n',
    'class/tty/ttyS1/device': { to: 'devices/platform/serial8250' },
    'class/tty/ttyS1/type': '0\n',
    'class/tty/tty0/dev': '4:0\n',
    'class/tty/ttyUSB0/device': { to: `${usb}/1-2/1-2.3/1-2.3:1.0/ttyUSB0` },
    'class/tty/ttyACM10/device': { to: `${usb}/1-2/1-2.3/1-2.3:1.1` },
    'class/tty/ttyACM9/device': { to: `${usb}/1-2/1-2.3/1-2.3:1.2` },
  });
  const adapter = {
    vendorId: '0403',
    productId: '6001',
    serialNumber: 'PROBE01',
    manufacturer: 'FTDI',
    usbPath: '1-2.3',
  };
  expect(await listSysfsPorts(tree.root)).toEqual([
    { path: '/dev/ttyACM9', ...adapter, usbInterface: '1.2' },
    { path: '/dev/ttyACM10', ...adapter, usbInterface: '1.1' },
    { path: '/dev/ttyUSB0', ...adapter, usbInterface: '1.0' },
    { path: '/dev/ttyS0' },
  ]);
});

test('without sysfs neither ports nor USB devices are known, which is not the same as none', async () => {
  using tree = fakeTree({});
  expect(await listSysfsPorts(tree.root)).toBeUndefined();
  expect(await listSysfsDevices(tree.root)).toBeUndefined();
});

test('USB devices of sysfs: no root hub, no interface, none that is half enumerated', async () => {
  using tree = fakeTree({
    ...ft232r,
    ...dfu,
    ...attributes(`${usb}/1-5`, { idVendor: '0483', idProduct: 'df11' }),
    ...attributes(usb, { idVendor: '1d6b', idProduct: '0002', bcdDevice: '0601', devnum: '1' }),
    'bus/usb/devices/usb1': { to: usb },
    'bus/usb/devices/1-2.3': { to: `${usb}/1-2/1-2.3` },
    'bus/usb/devices/1-2.3:1.0': { to: `${usb}/1-2/1-2.3/1-2.3:1.0` },
    'bus/usb/devices/1-4': { to: `${usb}/1-4` },
    'bus/usb/devices/1-5': { to: `${usb}/1-5` },
  });
  expect(await listSysfsDevices(tree.root)).toEqual([
    {
      path: '1-2.3',
      instance: '1-2.3#7',
      vendorId: '0403',
      productId: '6001',
      bcdDevice: '0600',
      serialNumber: 'PROBE01',
      product: 'FT232R USB UART',
    },
    {
      path: '1-4',
      instance: '1-4#12',
      vendorId: '0483',
      productId: 'df11',
      bcdDevice: '2200',
      serialNumber: 'STM32FxSTM32',
      product: 'STM32  BOOTLOADER',
    },
  ]);
});

const libusbDevice = (portNumbers: number[], busNumber = 20, deviceAddress = 5) => ({
  busNumber,
  deviceAddress,
  portNumbers,
  deviceDescriptor: { idVendor: 0x0483, idProduct: 0xdf11, bcdDevice: 0x2200 } as never,
});

test('USB devices of libusb: the same path, and an instance that names the address; root hubs have no ports', () => {
  const device = describeLibusbDevice(libusbDevice([2, 3]));
  expect(device).toEqual({
    path: '20-2.3',
    instance: '20-2.3#5/0483:df11',
    vendorId: '0483',
    productId: 'df11',
    bcdDevice: '2200',
  });
  expect(usbAddress(device!)).toEqual({ bus: 20, address: 5 });
  expect(describeLibusbDevice(libusbDevice([]))).toBeUndefined();
});

// Documentation/driver-api/usb/usb.rst: the device descriptor comes first, then all configurations as on the wire.
const configuration = [9, 2, 18, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xfe, 1, 2, 4];
const another = [9, 2, 9, 0, 0, 2, 0, 0x80, 50];
test.each([
  { name: 'the first of two', file: [18, 1, ...Array(16).fill(0), ...configuration, ...another], found: configuration },
  { name: 'cut short', file: [18, 1, ...Array(16).fill(0), ...configuration.slice(0, -1)], found: undefined },
  { name: 'a device that has none', file: [18, 1, ...Array(16).fill(0)], found: undefined },
])('the configuration in the file of the kernel: $name', ({ file, found }) => {
  using tree = fakeTree({});
  writeFileSync(join(tree.root, 'file'), Uint8Array.from(file));
  const ids = { vendorId: '0483', productId: 'df11', bcdDevice: '2200' };
  const kept = keptConfiguration({ path: '1-2', instance: '1-2#117', ...ids }, join(tree.root, 'file'));
  expect(kept && [...kept]).toEqual(found);
  expect(keptConfiguration({ path: '1-2', instance: '1-2#117', ...ids }, join(tree.root, 'none'))).toBeUndefined();
});

test('bus and address come out of a sysfs instance', () => {
  const ids = { vendorId: '0483', productId: 'df11', bcdDevice: '2200' };
  expect(usbAddress({ path: '1-2.3', instance: '1-2.3#117', ...ids })).toEqual({ bus: 1, address: 117 });
});

test.each([
  {
    from: 'Windows: upper-case ids, a location that is no path',
    port: { path: 'COM7', vendorId: '10C4', productId: 'EA60', locationId: 'Port_#0003.Hub_#0001' },
    is: { path: 'COM7', vendorId: '10c4', productId: 'ea60' },
  },
  {
    from: 'macOS: the location id, one digit a port',
    port: { path: '/dev/tty.usbserial-1', vendorId: '0403', productId: '6001', locationId: '14230000' },
    is: { path: '/dev/tty.usbserial-1', vendorId: '0403', productId: '6001', usbPath: '20-2.3' },
  },
  {
    from: 'short ids are filled up; what is unknown is left out',
    port: { path: 'COM1', vendorId: '403', productId: undefined, serialNumber: undefined, manufacturer: '' },
    is: { path: 'COM1', vendorId: '0403' },
  },
])('a port of serialport, $from', ({ port, is }) => {
  expect(normalizePort(port)).toEqual(is);
});
