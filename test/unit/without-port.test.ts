import { expect, test } from 'vitest';
import { interfaceDrivers } from '../../src/host/usb/interface-drivers.ts';
import { findAdapter } from '../../src/ops/job/adapter/open-adapter.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { referenceBoard } from '../helpers/circuits.ts';
import { fakeTree } from '../helpers/fake-tree.ts';

/** An adapter that is on the USB bus without a serial port is not said to be unplugged. */
const cp210x = { path: '1-7', instance: '1-7#2', vendorId: '10c4', productId: 'ea60', bcdDevice: '0100' };

function find(list: () => Promise<readonly (typeof cp210x)[]>, drivers?: readonly string[]) {
  const profile = referenceBoard();
  const bench = createSimBench({ profile, scenario: 'adapter-missing' });
  const { usb } = bench;
  const request = { profile, port: undefined, report: () => {}, trace: undefined, inspect: undefined };
  const withList = {
    list,
    onChange: usb.onChange.bind(usb),
    open: usb.open.bind(usb),
    ...(drivers ? { drivers: async () => drivers } : {}),
  };
  return findAdapter({
    ...request,
    bench: { ...bench, serial: bench.serial, clock: bench.clock, usb: withList } as never,
  });
}

test('its chip, its place and who may have it are named', async () => {
  await expect(find(async () => [cp210x])).rejects.toMatchObject({
    code: 'adapter-missing',
    message: expect.stringMatching(/CP210x is plugged in \(10c4:ea60 at USB path 1-7\), but without a serial port/),
    hint: expect.stringMatching(/brltty.*modprobe cp210x/),
  });
});

test('a bus without any, or that cannot be listed, changes nothing of the advice', async () => {
  for (const list of [async () => [], () => Promise.reject(new Error('no USB'))]) {
    await expect(find(list)).rejects.toMatchObject({
      code: 'adapter-missing',
      message: expect.not.stringContaining('without a serial port'),
      hint: expect.stringContaining('Plug the adapter in'),
    });
  }
});

test.each([
  { drivers: [], says: /^No driver has it: `sudo modprobe cp210x`\.$/, not: /brltty/ },
  { drivers: ['usbfs'], says: /A program has taken it.*brltty/, not: /modprobe/ },
  { drivers: ['cp210x'], says: /Its driver cp210x has it.*container/, not: /brltty|modprobe/ },
  { drivers: ['vfio'], says: /The driver vfio has it, and not cp210x/, not: /brltty|modprobe/ },
])('where the host says who has it ($drivers), only that is advised', async ({ drivers, says, not }) => {
  const hint: string = await find(async () => [cp210x], drivers).catch((error) => error.hint);
  expect(hint).toMatch(says);
  expect(hint).not.toMatch(not);
});

test('sysfs: the drivers of the interfaces of one device, each once', async () => {
  const devices = 'bus/usb/devices';
  using tree = fakeTree({
    [`${devices}/1-7:1.0/driver`]: { to: 'bus/usb/drivers/usbfs' },
    [`${devices}/1-7:1.1/driver`]: { to: 'bus/usb/drivers/usbfs' },
    [`${devices}/1-7.2:1.0/driver`]: { to: 'bus/usb/drivers/ftdi_sio' },
    [`${devices}/1-8:1.0/bInterfaceNumber`]: '00',
  });
  expect(await interfaceDrivers('1-7', tree.root)).toEqual(['usbfs']);
  expect(await interfaceDrivers('1-7.2', tree.root)).toEqual(['ftdi_sio']);
  expect(await interfaceDrivers('1-8', tree.root)).toEqual([]);
});
