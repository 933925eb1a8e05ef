import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import type { UsbFunction } from '../../src/sim/board/usb-function.ts';
import { StandardRequests } from '../../src/sim/chip/standard-requests.ts';
import { unreadable } from '../../src/sim/chip/unreadable.ts';
import { SimUsbBus } from '../../src/sim/in-process/sim-usb.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';

const standard = new StandardRequests({
  bcdUsb: 0x0200,
  deviceClass: 0xff,
  vendorId: 0x1209,
  productId: 0x0001,
  bcdDevice: 0x0100,
  manufacturer: 'pid.codes',
  product: 'Test',
  serialNumber: '1',
  selfPowered: false,
  maxPower: 100,
  interfaces: [],
});
const readable: UsbFunction = {
  name: 'readable',
  deviceDescriptor: standard.descriptors.device,
  configurationDescriptor: standard.descriptors.configuration,
  control: async (setup) => standard.handle(setup),
};

/** A bus that has been there for a second, and the host's log from then on. */
async function plugged(device: UsbFunction) {
  const clock = new SimClock();
  const bus = new SimUsbBus(clock);
  await sleep(clock, 1000);
  const { mark } = await bus.troubles();
  const socket = bus.socket('1-2', () => {});
  socket.attach(device);
  const textsAfter = async (time: number) => {
    await sleep(clock, time);
    return (await bus.troubles(mark)).troubles.map(({ text }) => text);
  };
  return { bus, socket, textsAfter };
}

// Linux 6.1 on the kernel bench: the first line at once, the errors after their time.
describe('what the host says of a device that it cannot read', () => {
  test.each([
    { fault: 'garbled', after: 500, says: 'device descriptor read/64, error -71' },
    { fault: 'nonsense', after: 500, says: 'device descriptor read/64, error -71' },
    { fault: 'mute', after: 16_000, says: 'device descriptor read/64, error -110' },
  ] as const)('$fault', async ({ fault, after, says }) => {
    const { bus, textsAfter } = await plugged(unreadable(readable, fault));
    expect((await textsAfter(after))[1]).toBe(says);
    expect(await bus.list()).toEqual([]);
  });

  test('one that never answers is under way for a long time', async () => {
    const { textsAfter } = await plugged(unreadable(readable, 'mute'));
    expect(await textsAfter(5_000)).toEqual(['new full-speed USB device number 1']);
  });

  test('one that is pulled out meanwhile says no more', async () => {
    const { socket, textsAfter } = await plugged(unreadable(readable, 'mute'));
    await textsAfter(1_000);
    socket.detach();
    expect(await textsAfter(30_000)).toEqual(['new full-speed USB device number 1']);
  });

  test('one that it can read is no trouble', async () => {
    const { bus, textsAfter } = await plugged(readable);
    expect(await textsAfter(500)).toEqual([]);
    expect(await bus.list()).toMatchObject([{ path: '1-2', vendorId: '1209', productId: '0001' }]);
  });
});
