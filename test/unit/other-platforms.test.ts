import { describe, expect, test } from 'vitest';
import type { CharacterFormat } from '../../src/bench/serial-link.ts';
import { changeFormat } from '../../src/host/serial/format.ts';
import { type ListedDevice, UsbArrivals } from '../../src/host/usb/arrivals.ts';
import { usbAddress } from '../../src/host/usb/list.ts';

// macOS and Windows by doubles: what a Linux host cannot show.

describe('an address that is given again', () => {
  const rom = (): ListedDevice =>
    ({
      busNumber: 20,
      deviceAddress: 7,
      portNumbers: [2],
      deviceDescriptor: { idVendor: 0x0483, idProduct: 0xdf11, bcdDevice: 0x2200 },
    }) as ListedDevice;
  const instanceOf = (arrivals: UsbArrivals, ...devices: ListedDevice[]) => arrivals.scanned(devices)[0]!.instance;

  test('is the same instance from scan to scan while the device stays', () => {
    const arrivals = new UsbArrivals();
    const device = rom();
    const other = { ...rom(), deviceAddress: 9 };
    expect(instanceOf(arrivals, device)).toBe(instanceOf(arrivals, device, other));
    expect(instanceOf(arrivals, device, other)).toBe(instanceOf(arrivals, device));
  });

  test.each<[string, (arrivals: UsbArrivals, device: ListedDevice) => ListedDevice]>([
    ['libusb has another object for it', () => rom()],
    [
      'a scan has shown it gone (Windows: the same object)',
      (arrivals, device) => {
        arrivals.scanned([]);
        return device;
      },
    ],
    [
      'an event has told that it left, faster than any scan',
      (arrivals, device) => {
        arrivals.left(device);
        return device;
      },
    ],
  ])('is another instance where %s', (_name, meanwhile) => {
    const arrivals = new UsbArrivals();
    const device = rom();
    const before = arrivals.scanned([device])[0]!;
    const after = arrivals.scanned([meanwhile(arrivals, device)])[0]!;
    expect(after.instance).not.toBe(before.instance);
    expect([before, after].map(usbAddress)).toEqual([
      { bus: 20, address: 7 },
      { bus: 20, address: 7 },
    ]);
  });

  test('a late event of the enumeration before it changes nothing', () => {
    const arrivals = new UsbArrivals();
    const device = rom();
    const before = instanceOf(arrivals, device);
    arrivals.left(rom());
    expect(instanceOf(arrivals, device)).toBe(before);
  });
});

describe('the format of an open port', () => {
  const changed = async (platform: NodeJS.Platform, from: CharacterFormat, to: CharacterFormat) => {
    const calls: string[] = [];
    const port = { fd: 5, update: async ({ baudRate }: { baudRate: number }) => void calls.push(`rate ${baudRate}`) };
    const setParity = async (_descriptor: number, parity: CharacterFormat['parity']) => {
      calls.push(`parity ${parity}`);
      return parity;
    };
    const taken = await changeFormat(port, from, to, platform, setParity);
    expect(taken).toBe(from.parity === to.parity ? undefined : to.parity);
    return calls;
  };
  const none: CharacterFormat = { baudRate: 250_000, parity: 'none' };
  const even: CharacterFormat = { baudRate: 250_000, parity: 'even' };

  test.each([
    ['darwin', none, even, ['parity even', 'rate 250000']],
    ['linux', none, even, ['parity even']],
    ['win32', none, even, ['parity even']],
    ['darwin', none, none, []],
    ['darwin', even, { ...even, baudRate: 57_600 }, ['rate 57600']],
    ['linux', none, { ...even, baudRate: 57_600 }, ['parity even', 'rate 57600']],
  ] as const)('%s: %o to %o', async (platform, from, to, calls) => {
    expect(await changed(platform, from, to)).toEqual(calls);
  });
});
