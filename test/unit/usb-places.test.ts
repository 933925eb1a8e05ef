import { expect, test } from 'vitest';
import { isPortAt, placeOfPort } from '../../src/bench/serial-link.ts';
import { parseUsbPlace } from '../../src/bench/usb-place.ts';
import { lastingPlace } from '../../src/bench/usb-tree.ts';
import { hostPlaces, rootHubs } from '../../src/host/usb/tree.ts';
import { madeUpPlaces, placedSlots } from '../../src/jig/places.ts';
import { fakeTree } from '../helpers/fake-tree.ts';

/** A folder of sysfs with its link to the subsystem. */
const device = (folder: string, subsystem: string) => ({ [`${folder}/subsystem`]: { to: `bus/${subsystem}` } });

const rootHub = (folder: string, bus: number, version: string) => ({
  [`bus/usb/devices/usb${bus}`]: { to: `${folder}/usb${bus}` },
  [`${folder}/usb${bus}/version`]: `${version}\n`,
});

const xhci = 'devices/pci0000:00/0000:00:14.0';
const card = 'devices/pci0000:00/0000:00:1c.0/0000:03:00.0';
const board = 'devices/platform/scb/fd500000.pcie/pci0001:00/0001:00:00.0/0001:01:00.0';

/** A PC: its own xHCI with two root hubs, a card behind a bridge, and USB/IP. */
const pc = {
  ...device(xhci, 'pci'),
  ...device('devices/pci0000:00/0000:00:1c.0', 'pci'),
  ...device(card, 'pci'),
  ...device('devices/platform/vhci_hcd.0', 'platform'),
  ...rootHub(xhci, 1, ' 2.00'),
  ...rootHub(xhci, 2, ' 3.10'),
  ...rootHub(card, 3, ' 3.00'),
  ...rootHub(card, 4, ' 2.00'),
  ...rootHub('devices/platform/vhci_hcd.0', 5, ' 2.00'),
};

test.each([
  ['1-3.2', { path: '1-3.2' }],
  ['10-1', { path: '10-1' }],
  ['pci-0000:00:14.0-usb-0:3.2', { controller: 'pci-0000:00:14.0', ports: '3.2' }],
  // As udev's ID_PATH has it of a serial port, and its ID_PATH_WITH_USB_REVISION (systemd 254 and later).
  ['pci-0000:00:14.0-usb-0:3.2:1.0', { controller: 'pci-0000:00:14.0', ports: '3.2', interface: '1.0' }],
  ['pci-0000:00:14.0-usb-0:3.2:1.3', { controller: 'pci-0000:00:14.0', ports: '3.2', interface: '1.3' }],
  ['1-3.2:1.1', { path: '1-3.2', interface: '1.1' }],
  ['pci-0000:00:14.0-usbv2-0:3', { controller: 'pci-0000:00:14.0', ports: '3', revision: 2 }],
  [
    'platform-fd500000.pcie-pci-0001:01:00.0-usb-0:1.4',
    { controller: 'platform-fd500000.pcie-pci-0001:01:00.0', ports: '1.4' },
  ],
  ['platform-vhci_hcd.0-usb-0:1', { controller: 'platform-vhci_hcd.0', ports: '1' }],
])('%s is a place', (text, place) => {
  expect(parseUsbPlace(text)).toEqual(place);
});

test.each([
  '',
  '1',
  '1-',
  '1-3.',
  'usb1',
  '/dev/ttyUSB0',
  'pci-0000:00:14.0',
  'usb-0:3.2',
  'pci-0000:00:14.0-usb-1:3',
  '1-3:1',
  '1-3:1.0:1.1',
  'pci-0000:00:14.0-usb-0:3.2:1',
])('%j is none', (text) => {
  expect(parseUsbPlace(text)).toBeUndefined();
});

test('the root hubs of a PC, by the names of udev', () => {
  using tree = fakeTree(pc);
  expect(rootHubs(tree.root)).toEqual([
    { bus: 1, revision: 2, controller: 'pci-0000:00:14.0' },
    { bus: 2, revision: 3, controller: 'pci-0000:00:14.0' },
    { bus: 3, revision: 3, controller: 'pci-0000:03:00.0' },
    { bus: 4, revision: 2, controller: 'pci-0000:03:00.0' },
    { bus: 5, revision: 2, controller: 'platform-vhci_hcd.0' },
  ]);
});

test.each([
  ['pci-0000:00:14.0-usb-0:3.3', '1-3.3'],
  ['pci-0000:00:14.0-usb-0:3.3:1.0', '1-3.3:1.0'],
  ['7-1.2:1.1', '7-1.2:1.1'],
  ['pci-0000:00:14.0-usbv3-0:3', '2-3'],
  ['pci-0000:03:00.0-usb-0:2.1', '4-2.1'],
  ['platform-vhci_hcd.0-usb-0:1', '5-1'],
  ['7-1.2', '7-1.2'],
  ['pci-0000:00:1d.0-usb-0:1', undefined],
  ['platform-vhci_hcd.0-usbv3-0:1', undefined],
  ['nonsense', undefined],
])('%s is at %s', (place, path) => {
  using tree = fakeTree(pc);
  expect(hostPlaces(tree.root)(place)).toBe(path);
});

test.each([
  ['1-3.2', 'pci-0000:00:14.0-usb-0:3.2'],
  ['1-3.2:1.1', 'pci-0000:00:14.0-usb-0:3.2:1.1'],
  ['2-3', 'pci-0000:00:14.0-usbv3-0:3'],
  ['4-2', 'pci-0000:03:00.0-usb-0:2'],
  ['5-1', 'platform-vhci_hcd.0-usb-0:1'],
  ['9-1', '9-1'],
])('%s stays %s, whatever starts first', (path, place) => {
  using tree = fakeTree(pc);
  expect(lastingPlace(path, rootHubs(tree.root))).toBe(place);
  if (place !== path) expect(hostPlaces(tree.root)(place)).toBe(path);
});

test('a controller of PCI behind one of the platform has both names', () => {
  using tree = fakeTree({
    ...device('devices/platform/scb', 'platform'),
    ...device('devices/platform/scb/fd500000.pcie', 'platform'),
    ...device('devices/platform/scb/fd500000.pcie/pci0001:00/0001:00:00.0', 'pci'),
    ...device(board, 'pci'),
    ...rootHub(board, 1, ' 2.00'),
  });
  expect(hostPlaces(tree.root)('platform-fd500000.pcie-pci-0001:01:00.0-usb-0:1.4')).toBe('1-1.4');
});

test('a host without sysfs knows only paths', () => {
  using tree = fakeTree({});
  expect(rootHubs(tree.root)).toEqual([]);
  expect(hostPlaces(tree.root)('1-2')).toBe('1-2');
  expect(hostPlaces(tree.root)('pci-0000:00:14.0-usb-0:2')).toBeUndefined();
  expect(lastingPlace('1-2', [])).toBe('1-2');
});

const slot = (name: string, adapter: string, target: string) => ({
  name,
  adapter,
  target,
  power: undefined,
  profile: 'rc-cap',
});

test('slots are where the host has them', () => {
  using tree = fakeTree(pc);
  const slots = [slot('A1', 'pci-0000:00:14.0-usb-0:3.2', '1-2.1'), slot('A2', 'pci-0000:09:00.0-usb-0:1', '1-2.2')];
  slots.push(slot('A3', 'pci-0000:00:14.0-usb-0:3.4:1.1', 'pci-0000:00:14.0-usb-0:2.3:1.0'));
  expect(placedSlots({ slots }, hostPlaces(tree.root))).toEqual([
    { slot: slots[0], adapter: '1-3.2', adapterPort: '1-3.2', target: '1-2.1' },
    { slot: slots[1], adapter: undefined, adapterPort: undefined, target: '1-2.2' },
    { slot: slots[2], adapter: '1-3.4', adapterPort: '1-3.4:1.1', target: '1-2.3' },
  ]);
});

test('a made-up host has every controller of the plan, on buses that no path has', () => {
  const slots = [
    slot('A1', 'pci-0000:00:14.0-usb-0:3.2', '2-1'),
    slot('A2', 'pci-0000:03:00.0-usb-0:3.2', 'pci-0000:00:14.0-usb-0:2'),
  ];
  const resolve = madeUpPlaces(slots);
  expect(slots.flatMap(({ adapter, target }) => [adapter, target]).map(resolve)).toEqual([
    '3-3.2',
    '2-1',
    '4-3.2',
    '3-2',
  ]);
  expect([resolve('pci-0000:05:00.0-usb-0:1'), resolve('?')]).toEqual([undefined, undefined]);
});

test.each([
  ['1-3.2', { usbPath: '1-3.2', usbInterface: '1.1' }, true],
  ['1-3.2:1.1', { usbPath: '1-3.2', usbInterface: '1.1' }, true],
  ['1-3.2:1.0', { usbPath: '1-3.2', usbInterface: '1.1' }, false],
  ['1-3.2:1.0', { usbPath: '1-3.2' }, true],
  ['1-3', { usbPath: '1-3.2' }, false],
  ['1-3', {}, false],
])('%s, and a port with %j', (place, port, isThere) => {
  expect(isPortAt(place, { path: '/dev/ttyUSB0', ...port })).toBe(isThere);
});

test('a port is named by its interface where its adapter has several', () => {
  const ports = ['1.0', '1.1'].map((usbInterface) => ({ path: `/dev/${usbInterface}`, usbPath: '1-3', usbInterface }));
  const alone = { path: '/dev/ttyUSB7', usbPath: '1-4', usbInterface: '1.0' };
  expect([...ports, alone].map((port) => placeOfPort(port, [...ports, alone]))).toEqual(['1-3:1.0', '1-3:1.1', '1-4']);
});
