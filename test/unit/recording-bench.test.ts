import { expect, test, vi } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { Bench } from '../../src/bench/bench.ts';
import { sleep } from '../../src/bench/clock.ts';
import type { SerialLink } from '../../src/bench/serial-link.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { recordBench } from '../../src/trace/recording-bench.ts';
import type { TraceEvent } from '../../src/trace/trace-event.ts';
import { device } from '../helpers/machines.ts';
import { ScriptedLink } from '../helpers/scripted-link.ts';
import { ScriptedUsb } from '../helpers/scripted-usb.ts';

/** A bench of scripted parts on which every call takes 2 ms, and what its recording tells. */
function recorded({ link = new ScriptedLink(new SimClock()), usb = new ScriptedUsb([]) } = {}) {
  const clock = new SimClock();
  const events: TraceEvent[] = [];
  let devices: readonly UsbDeviceInfo[] | BootctlError = [];
  const listeners = new Set<() => void>();
  const disposed: string[] = [];
  const slow = async <T>(value: T): Promise<T> => {
    await sleep(clock, 2);
    if (value instanceof BootctlError) throw value;
    return value;
  };
  const bench: Bench = {
    clock,
    serial: { list: async () => [{ path: link.path }], open: async () => slow(link) },
    usb: {
      list: () => slow(devices) as Promise<readonly UsbDeviceInfo[]>,
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      open: async () => slow(usb),
    },
    [Symbol.asyncDispose]: async () => void disposed.push('bench'),
  };
  const setDevices = (now: typeof devices) => {
    devices = now;
  };
  return {
    bench: recordBench(bench, (event) => events.push(event)),
    events,
    link,
    usb,
    setDevices,
    listeners,
    disposed,
  };
}

test('tells both edges of a window that one call has made, at their own times; none where nothing moved', async () => {
  const link = new ScriptedLink(new SimClock(), []);
  const moves = [
    { from: 3, to: 4 },
    { from: 14, to: 15.5 },
  ] as const;
  const [reset, idle] = [{ rts: 'asserted', dtr: 'released' } as const, { rts: 'released', dtr: 'released' } as const];
  const pulse = vi
    .fn<NonNullable<SerialLink['pulseLines']>>()
    .mockResolvedValueOnce(moves)
    .mockResolvedValueOnce(undefined);
  const { bench, events } = recorded({ link: Object.assign(link, { pulseLines: pulse }) });
  const opened = await bench.serial.open(link.path, { baudRate: 115_200, parity: 'none' });
  expect(await opened.pulseLines!(reset, 10, idle)).toEqual(moves);
  expect(await opened.pulseLines!(reset, 10, idle)).toBeUndefined();
  expect(pulse).toHaveBeenCalledWith(reset, 10, idle);
  expect(events.filter(({ event }) => event === 'lines.edge')).toEqual([
    { event: 'lines.edge', t: 3, end: 4, port: link.path, ...reset },
    { event: 'lines.edge', t: 14, end: 15.5, port: link.path, ...idle },
  ]);
});

test('tells what goes to the adapter and comes from it, and passes everything on', async () => {
  const { bench, events, link } = recorded({ link: new ScriptedLink(new SimClock(), ['79']) });
  expect(await bench.serial.list()).toEqual([{ path: link.path }]);
  const opened = await bench.serial.open(link.path, { baudRate: 115_200, parity: 'even' });
  expect(opened.path).toBe(link.path);
  await opened.setLines({ rts: 'asserted', dtr: 'released' });
  await opened.configure({ baudRate: 9600, parity: 'none' });
  await opened.write(Uint8Array.of(0x7f));
  expect(await opened.receive(100)).toEqual(Uint8Array.of(0x79));
  await opened.drainInput();
  await opened[Symbol.asyncDispose]();
  expect(link.calls).toEqual(['lines rts asserted, dtr released', '9600 none', 'write 7f', 'drain', 'close']);
  const at = { t: 2, end: 2, port: link.path };
  expect(events).toEqual([
    { ...at, t: 0, event: 'serial.open', baudRate: 115_200, parity: 'even' },
    { ...at, event: 'lines.edge', rts: 'asserted', dtr: 'released' },
    { ...at, event: 'serial.configure', baudRate: 9600, parity: 'none' },
    { ...at, event: 'serial.out', data: '7f' },
    { ...at, event: 'serial.in', data: '79' },
    { ...at, event: 'serial.drain' },
    { ...at, event: 'serial.close' },
  ]);
});

test('tells control transfers with their setup packet, and how one fails', async () => {
  const { bench, events, usb } = recorded({ usb: new ScriptedUsb([[0, 100, 0, 0, 4, 0], 'stall']) });
  const info = device('1-2', '1-2#9');
  const opened = await bench.usb.open(info);
  expect(opened.info).toBe(usb.info);
  await opened.claimInterface(0);
  await opened.selectAlternate(0, 1);
  // DFU 1.1 §3: DFU_DNLOAD, DFU_GETSTATUS, DFU_UPLOAD
  await opened.controlOut({ requestType: 0x21, request: 1, value: 0x102, index: 3 }, Uint8Array.of(0x41), 1000);
  const status = { requestType: 0xa1, request: 3, value: 0, index: 3 };
  expect(await opened.controlIn(status, 6, 1000)).toEqual(Uint8Array.of(0, 100, 0, 0, 4, 0));
  await expect(opened.controlIn({ ...status, request: 2, value: 2 }, 2048, 1000)).rejects.toMatchObject({
    code: 'usb-stall',
  });
  await opened[Symbol.asyncDispose]();
  expect(usb.requests).toHaveLength(3);
  const at = { t: 2, end: 2, path: usb.info.path };
  expect(events).toEqual([
    { ...at, t: 0, path: '1-2', event: 'usb.open' },
    { ...at, event: 'usb.claim', interface: 0 },
    { ...at, event: 'usb.alternate', interface: 0, alternate: 1 },
    { ...at, event: 'usb.control', setup: '2101020103000100', data: '41' },
    { ...at, event: 'usb.control', setup: 'a103000003000600', data: '006400000400' },
    {
      ...at,
      event: 'usb.control',
      setup: 'a102020003000008',
      data: '',
      error: { code: 'usb-stall', message: expect.stringContaining('stall') },
    },
    { ...at, event: 'usb.close' },
  ]);
});

test('a USB reset and the descriptors that the host has kept go through, where there are any', async () => {
  const usb = new ScriptedUsb([]);
  const { bench: plain } = recorded({ usb });
  const without = await plain.usb.open(device('1-2', '1-2#9'));
  expect(['reset' in without, without.configuration]).toEqual([false, undefined]);
  let resets = 0;
  const reset = async () => void resets++;
  const { bench, events } = recorded({ usb: Object.assign(usb, { reset, configuration: Uint8Array.of(9, 2) }) });
  const opened = await bench.usb.open(device('1-2', '1-2#9'));
  expect(opened.configuration).toEqual(Uint8Array.of(9, 2));
  await opened.reset?.();
  expect(resets).toBe(1);
  expect(events).toEqual([
    { t: 0, end: 2, path: '1-2', event: 'usb.open', configuration: '0902' },
    { t: 2, end: 2, path: usb.info.path, event: 'usb.reset' },
  ]);
});

test('tells what scans found new or gone, and scans that fail', async () => {
  const { bench, events, setDevices } = recorded();
  const [first, second] = [device('1-2', '1-2#9'), device('1-2', '1-2#10')];
  for (const devices of [[first], [first], [second], new BootctlError('usb-unavailable', 'no bus'), []]) {
    setDevices(devices);
    await bench.usb.list().catch(() => {});
  }
  expect(events).toEqual([
    { event: 'usb.present', t: 2, device: first },
    { event: 'usb.vanished', t: 6, device: first },
    { event: 'usb.appeared', t: 6, device: second },
    { event: 'usb.list', t: 6, end: 8, error: { code: 'usb-unavailable', message: 'no bus' } },
    { event: 'usb.vanished', t: 10, device: second },
  ]);
});

test('a failure of the adapter is told and thrown on; what is no BootctlError is internal', async () => {
  const { bench, events, link } = recorded({ link: new ScriptedLink(new SimClock(), ['lost']) });
  const opened = await bench.serial.open(link.path, { baudRate: 115_200, parity: 'none' });
  await expect(opened.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'adapter-lost' });
  link.setLines = () => Promise.reject(new TypeError('no'));
  await expect(opened.setLines({ rts: 'released', dtr: 'released' })).rejects.toThrow(TypeError);
  expect(events.map((event) => 'error' in event && event.error?.code)).toEqual([false, 'adapter-lost', 'internal']);
});

test('hints of the bus and the end of the bench go through', async () => {
  const { bench, listeners, disposed } = recorded();
  const unsubscribe = bench.usb.onChange(() => {});
  expect(listeners.size).toBe(1);
  unsubscribe();
  expect(listeners.size).toBe(0);
  await bench[Symbol.asyncDispose]();
  expect(disposed).toEqual(['bench']);
});
