import { expect, test } from 'vitest';
import { usbTree } from '../../src/host/usb/tree.ts';
import { fakeTree } from '../helpers/fake-tree.ts';

test('what Linux lists: hubs and their translators, endpoints, ports that can be switched', () => {
  const own = 'devices/pci0000:00/0000:00:14.0/usb1';
  const entry = (name: string, attributes: Readonly<Record<string, string>>, folder = `${own}/${name}`) => ({
    [`bus/usb/devices/${name}`]: { to: folder },
    ...Object.fromEntries(Object.entries(attributes).map(([key, value]) => [`${folder}/${key}`, `${value}\n`])),
  });
  using tree = fakeTree({
    'devices/pci0000:00/0000:00:14.0/subsystem': { to: 'bus/pci' },
    'devices/pci0000:00/0000:00:14.0/driver': { to: 'bus/pci/drivers/xhci_hcd' },
    'devices/pci0000:00/0000:00:14.0/vendor': '0x8086\n',
    ...entry('usb1', { version: ' 2.00', idVendor: '1d6b', idProduct: '0002' }, own),
    ...entry('1-0:1.0', { bNumEndpoints: '01', 'usb1-port3/disable': '0' }),
    ...entry('1-3', {
      idVendor: '05e3',
      idProduct: '0610',
      product: 'USB2.1 Hub',
      bDeviceClass: '09',
      bDeviceProtocol: '02',
      speed: '480',
      maxchild: '4',
      bMaxPower: '100mA',
      bmAttributes: 'e0',
    }),
    ...entry('1-3:1.0', { bNumEndpoints: '01', '1-3-port1/disable': '0', '1-3-port2/state': 'x' }),
    ...entry('1-4', {
      idVendor: '1a40',
      idProduct: '0101',
      bDeviceClass: '09',
      bDeviceProtocol: '00',
      speed: '12',
      maxchild: '2',
    }),
    ...entry('1-3.2', {
      idVendor: '0403',
      idProduct: '6001',
      product: 'FT232R USB UART',
      bDeviceClass: '00',
      speed: '12',
      bMaxPower: '90mA',
      bmAttributes: 'a0',
    }),
    ...entry('1-3.2:1.0', { bNumEndpoints: '02' }),
    ...entry('1-5', { idVendor: '0483', speed: '12' }),
    ...entry('1-6', { idVendor: '0483', idProduct: '5740', bDeviceClass: '02', speed: '12' }),
    ...entry('1-6:1.0', { bNumEndpoints: '01' }),
    ...entry('1-6:1.1', { bNumEndpoints: '0a' }),
  });
  expect(usbTree(tree.root)).toEqual({
    rootHubs: [{ bus: 1, revision: 2, controller: 'pci-0000:00:14.0', driver: 'xhci_hcd', vendorId: '8086' }],
    devices: [
      {
        path: '1-3',
        name: '05e3:0610 USB2.1 Hub',
        isHub: true,
        speed: 480,
        endpoints: 2,
        translators: 'multi',
        ports: 4,
        power: { milliamps: 100, isSelfPowered: true },
      },
      {
        path: '1-3.2',
        name: '0403:6001 FT232R USB UART',
        isHub: false,
        speed: 12,
        endpoints: 3,
        power: { milliamps: 90, isSelfPowered: false },
      },
      { path: '1-4', name: '1a40:0101', isHub: true, speed: 12, endpoints: 1, ports: 2 },
      { path: '1-6', name: '0483:5740', isHub: false, speed: 12, endpoints: 12 },
    ],
    switches: { '1#3': 'allowed', '1-3#1': 'allowed' },
  });
  using empty = fakeTree({});
  expect(usbTree(empty.root)).toEqual({ rootHubs: [], devices: [], switches: {} });
});
