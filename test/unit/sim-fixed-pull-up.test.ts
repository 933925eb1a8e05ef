import { expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import { Cable } from '../../src/sim/board/cable.ts';
import { FixedPullUp } from '../../src/sim/board/fixed-pull-up.ts';
import type { UsbFunction } from '../../src/sim/board/usb-function.ts';
import { SimUsbBus } from '../../src/sim/in-process/sim-usb.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';

/** GET_DESCRIPTOR (device), USB 2.0 §9.4.3. */
const getDeviceDescriptor = { requestType: 0x80, request: 6, value: 0x0100, index: 0 };

/** A device that answers everything with its device descriptor. */
function gadget(name: string, productId: number): UsbFunction {
  const deviceDescriptor = new Uint8Array(18);
  deviceDescriptor.set([18, 1, 0, 2]);
  deviceDescriptor.set([0xfe, 0xca, productId & 0xff, productId >> 8], 8);
  return { name, deviceDescriptor, configurationDescriptor: new Uint8Array(9), control: async () => deviceDescriptor };
}

async function setUp() {
  const clock = new SimClock();
  const bus = new SimUsbBus(clock);
  const cable = new Cable(bus.socket('1-2', () => {}));
  const board = new FixedPullUp(cable);
  const application = gadget('application', 0xcafe);
  board.attach(application);
  await sleep(clock, 500);
  const ids = async () => (await bus.list()).map(({ productId, instance }) => `${productId} ${instance}`);
  const ask = async () => {
    await using device = await bus.open((await bus.list())[0]!);
    return await device.controlIn(getDeviceDescriptor, 18, 100);
  };
  const resetPort = async () => {
    await using device = await bus.open((await bus.list())[0]!);
    await device.reset?.();
  };
  return { clock, board, cable, application, ids, ask, resetPort };
}

test('the host keeps what it has enumerated, and that no longer answers after the reset', async () => {
  const { clock, board, ids, ask } = await setUp();
  const before = await ids();
  expect(Buffer.from(await ask()).subarray(10, 12)).toEqual(Buffer.from([0xfe, 0xca]));
  board.detach();
  board.attach(gadget('ROM', 0xdf11));
  await sleep(clock, 5_000);
  expect(await ids()).toEqual(before);
  await expect(ask()).rejects.toMatchObject({ code: 'target-lost' });
});

test('a reset of the port shows what is there; the same device stays what it was', async () => {
  const { clock, board, ids, ask, resetPort } = await setUp();
  board.detach();
  board.attach(gadget('ROM', 0xdf11));
  await expect(resetPort()).rejects.toMatchObject({ code: 'target-lost' });
  await sleep(clock, 500);
  expect(await ids()).toEqual(['df11 1-2#2']);
  board.detach();
  board.attach(gadget('ROM', 0xdf11));
  await expect(ask()).rejects.toMatchObject({ code: 'target-lost' });
  await resetPort();
  expect(await ids()).toEqual(['df11 1-2#2']);
  expect(await ask()).toHaveLength(18);
});

test('a cable that was out shows it as well', async () => {
  const { clock, board, cable, ids } = await setUp();
  board.detach();
  board.attach(gadget('ROM', 0xdf11));
  cable.pull();
  await sleep(clock, 100);
  expect(await ids()).toEqual([]);
  cable.plug();
  await sleep(clock, 500);
  expect(await ids()).toEqual(['df11 1-2#2']);
});
