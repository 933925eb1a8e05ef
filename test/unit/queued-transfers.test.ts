import { describe, expect, test } from 'vitest';
import type { ControlRequest, UsbDevice } from '../../src/bench/usb-bus.ts';
import { DfuSeClient } from '../../src/protocol/dfuse/client.ts';
import { inOrder } from '../../src/protocol/dfuse/in-order.ts';
import { Pacing } from '../../src/protocol/dfuse/pacing.ts';
import { SimUsbDevice } from '../../src/sim/in-process/sim-usb-device.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { ScriptedUsb } from '../helpers/scripted-usb.ts';

// Control transfers that are started before an earlier one has ended run in order: src/bench/usb-bus.ts.

const GETSTATUS = 'a1 03 0000 0000 ?6';
const busy = [0, 9, 0, 0, 4, 0]; // bwPollTimeout 9 ms, dfuDNBUSY (DFU 1.1 §6.1.2)
const downloadIdle = [0, 0, 0, 0, 5, 0];

describe('what DfuSeClient queues', () => {
  /** Notes how many requests had been started when the DNLOAD ended. */
  class SlowOut extends ScriptedUsb {
    readonly startedBeforeEnd: number[] = [];
    override async controlOut(request: ControlRequest, data: Uint8Array): Promise<void> {
      const ended = super.controlOut(request, data);
      const before = this.requests.length;
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      this.startedBeforeEnd.push(this.requests.length - before);
      return ended;
    }
  }
  const write = (client: DfuSeClient, block: number) => client.download(block, Uint8Array.of(1, 2, 3, 4));

  test('the DFU_GETSTATUS that follows in any case goes with the DNLOAD', async () => {
    const usb = new SlowOut([busy, downloadIdle]);
    await write(new DfuSeClient(usb, 0, new SimClock()), 2);
    expect(usb.startedBeforeEnd).toEqual([1]);
    expect(usb.requests).toEqual(['21 01 0002 0000 01020304', GETSTATUS, GETSTATUS]);
  });

  test('the second one as well once the ROM has held it back; three requests a block', async () => {
    const usb = new SlowOut([busy, downloadIdle, busy, downloadIdle]);
    const client = new DfuSeClient(usb, 0, new SimClock(), undefined, { pacing: new Pacing('early') });
    await write(client, 2);
    await write(client, 3);
    expect(usb.startedBeforeEnd).toEqual([1, 2]);
    expect(usb.requests).toHaveLength(6);
  });

  test('a ROM that is busy for once is asked again, and then no longer taken at its word', async () => {
    const usb = new SlowOut([busy, downloadIdle, busy, busy, downloadIdle, busy, downloadIdle]);
    const client = new DfuSeClient(usb, 0, new SimClock(), undefined, { pacing: new Pacing('early') });
    for (const block of [2, 3, 4]) await write(client, block);
    expect(usb.startedBeforeEnd).toEqual([1, 2, 1]);
  });

  test('a refused DNLOAD is what is told, and the answer behind it is no unhandled rejection', async () => {
    const usb = new SlowOut(['stall']);
    usb.outFailures.set('21 01 0002 0000 01020304', 'stall');
    await expect(write(new DfuSeClient(usb, 0, new SimClock()), 2)).rejects.toMatchObject({
      code: 'usb-stall',
      message: expect.stringContaining('21 01 0002 0000'),
    });
  });
});

describe('the simulated bus', () => {
  const request: ControlRequest = { requestType: 0x21, request: 3, value: 0, index: 0 };
  const opened = (
    control: (value: number) => Promise<Uint8Array>,
    keepsOrder = true,
  ): { clock: SimClock; device: UsbDevice } => {
    const clock = new SimClock();
    const info = { path: '1-1', instance: '1-1#1', vendorId: '0483', productId: 'df11', bcdDevice: '2200' };
    const device = { control: ({ value }: { value: number }) => control(value) };
    const parts = { clock, info, device, keepsOrder, transfer: 1, gone: new AbortController().signal };
    return { clock, device: new SimUsbDevice(parts as unknown as ConstructorParameters<typeof SimUsbDevice>[0]) };
  };

  test('serves one transfer after the other', async () => {
    const started: string[] = [];
    const { clock, device } = opened(async (value) => {
      started.push(`${value} at ${clock.now()}`);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 10));
      return Uint8Array.of(value);
    });
    const answers = [1, 2, 3].map((value) => device.controlIn({ ...request, value }, 1, 1_000));
    expect(await Promise.all(answers)).toEqual([[1], [2], [3]].map((bytes) => Uint8Array.from(bytes)));
    expect(started).toEqual(['1 at 1', '2 at 12', '3 at 23']);
  });

  test('one that times out makes way for the next', async () => {
    const { device } = opened(async (value) => (value === 1 ? new Promise<never>(() => {}) : Uint8Array.of(value)));
    const [first, second] = [1, 2].map((value) => device.controlIn({ ...request, value }, 1, value * 100));
    await expect(first).rejects.toMatchObject({ code: 'usb-timeout' });
    expect(await second).toEqual(Uint8Array.of(2));
  });

  test('lets a request overtake those that wait, where the host is one that does; in order none does', async () => {
    const served: number[] = [];
    const serve = async (value: number) => {
      served.push(value);
      return Uint8Array.of(value);
    };
    const { device } = opened(serve, false);
    await Promise.all([1, 2, 3].map((value) => device.controlIn({ ...request, value }, 1, 1_000)));
    expect(served.splice(0)).toEqual([3, 2, 1]);
    const pipe = inOrder(device);
    await Promise.all([1, 2, 3].map((value) => pipe.controlIn({ ...request, value }, 1, 1_000)));
    expect(served).toEqual([1, 2, 3]);
  });

  test('in order, one that fails makes way for the next', async () => {
    const usb = Object.assign(new ScriptedUsb(['stall', [7]]), { keepsOrder: false });
    const pipe = inOrder(usb);
    const [first, second] = [1, 2].map((value) => pipe.controlIn({ ...request, value }, 1, 1_000));
    await expect(first).rejects.toMatchObject({ code: 'usb-stall' });
    expect(await second).toEqual(Uint8Array.of(7));
  });

  test('in order, what is sent waits for what was asked before', async () => {
    const usb = Object.assign(new ScriptedUsb([[1], [2]]), { keepsOrder: false });
    const pipe = inOrder(usb);
    const asked = { requestType: 0xa1, request: 3, value: 0, index: 0 };
    const sent = { requestType: 0x21, request: 1, value: 2, index: 0 };
    await Promise.all([
      pipe.controlIn(asked, 6, 1_000),
      pipe.controlOut(sent, Uint8Array.of(1, 2), 2_000),
      pipe.controlIn(asked, 6, 3_000),
    ]);
    expect(usb.requests).toEqual(['a1 03 0000 0000 ?6', '21 01 0002 0000 0102', 'a1 03 0000 0000 ?6']);
    expect(usb.timeouts).toEqual([1_000, 2_000, 3_000]);
  });

  test('a host that keeps the order is left to it', () => {
    const { device } = opened(async () => new Uint8Array(0));
    expect(inOrder(device)).toBe(device);
  });
});
