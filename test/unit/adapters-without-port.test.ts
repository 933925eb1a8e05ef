import { describe, expect, test } from 'vitest';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import { adaptersWithoutPort, driversOfAdapters } from '../../src/ops/job/adapter/without-port.ts';
import { device } from '../helpers/machines.ts';

const cp210x = device('1-7', '1-7#2', '10c4:ea60');
const ch340 = device('1-8', '1-8#2', '1a86:7523');
const keyboard = device('1-9', '1-9#2', '046d:c31c');

describe('an adapter on the bus without a serial port', () => {
  test.each<[string, readonly UsbDeviceInfo[], Parameters<typeof adaptersWithoutPort>[1], string | undefined]>([
    [
      'one',
      [keyboard, cp210x],
      [],
      'a Silicon Labs CP210x is plugged in (10c4:ea60 at USB path 1-7), but without a serial port',
    ],
    [
      'two',
      [cp210x, ch340],
      [],
      '2 USB-serial adapters are plugged in (10c4:ea60 at USB path 1-7, 1a86:7523 at USB path 1-8), but without a serial port',
    ],
    ['none: it has its port at its place', [cp210x], [{ path: 'x', usbPath: '1-7' }], undefined],
    ['the one whose place no port has', [cp210x], [{ path: 'x', usbPath: '1-8' }], 'a Silicon Labs CP210x is'],
    [
      'none: a port of unknown place has its ids',
      [cp210x],
      [{ path: 'x', vendorId: '10c4', productId: 'ea60' }],
      undefined,
    ],
    [
      'the one whose product no port has',
      [cp210x],
      [{ path: 'x', vendorId: '10c4', productId: 'ea61' }],
      'a Silicon Labs',
    ],
    [
      'the one whose vendor no port has',
      [cp210x],
      [{ path: 'x', vendorId: '10c5', productId: 'ea60' }],
      'a Silicon Labs',
    ],
    ['none where nothing is an adapter', [keyboard], [], undefined],
  ])('%s', (_name, devices, ports, seen) => {
    const found = adaptersWithoutPort(devices, ports);
    if (seen === undefined) expect(found).toBeUndefined();
    else expect(found?.seen).toContain(seen);
  });

  test('that other drivers have: all are named', () => {
    const { advice } = adaptersWithoutPort([ch340], [], { '1-8': ['spcp8x5', 'usb_serial_simple'] })!;
    expect(advice).toMatch(/^The driver spcp8x5, usb_serial_simple has it, and not ch341/);
  });
});

test('the host is asked for the drivers of adapters only', async () => {
  const asked: string[] = [];
  const drivers = async ({ path }: UsbDeviceInfo) => {
    asked.push(path);
    return ['cp210x'];
  };
  expect(await driversOfAdapters({ drivers }, [keyboard, cp210x])).toEqual({ '1-7': ['cp210x'] });
  expect(asked).toEqual(['1-7']);
  expect(await driversOfAdapters({}, [cp210x])).toEqual({});
});
