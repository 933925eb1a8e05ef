import { describe, expect, test } from 'vitest';
import { Timers } from '../../src/sim/chip/timers.ts';
import { type DetachManner, DfuRunTime, DfuRunTimeFunction } from '../../src/sim/firmware/dfu-run-time.ts';
import { CdcFunction } from '../../src/sim/firmware/usb-cdc.ts';
import { targetBench, transfer } from '../helpers/target-context.ts';

const identity = { vendorId: 0x1209, productId: 1, manufacturer: 'm', product: 'p', serialNumber: 's' };
const serialPort = { opened: () => {}, closed: () => {}, received: () => {} };

function setUp(manner: Partial<DetachManner> = {}, interfaceNumber = 0) {
  const { clock, wait } = targetBench();
  const left: string[] = [];
  const whole = { willDetach: false, detachTimeout: 500, ...manner };
  const dfu = new DfuRunTime(interfaceNumber, whole, new Timers(clock), () => left.push('to DFU'));
  const device =
    interfaceNumber === 0 ? new DfuRunTimeFunction(identity, dfu) : new CdcFunction(identity, serialPort, dfu);
  return { device, left, wait, ask: (setup: string) => transfer(device, setup) };
}

/** DFU 1.1 table 3.2, to interface 0; wTimeout 1000 and 100. */
const detach = '21 00 e8 03 00 00 00 00';
const hastyDetach = '21 00 64 00 00 00 00 00';
const getState = 'a1 05 00 00 00 00 01 00';
const getStatus = 'a1 03 00 00 00 00 06 00';
const download = '21 01 00 00 00 00 00 00';
const setConfiguration = '00 09 01 00 00 00 00 00';
const [appIdle, appDetach] = ['00', '01'];

describe('descriptors', () => {
  /** Interface (DFU 1.1 §4.1.2: class FE, subclass 01, protocol 01) and functional descriptor (§4.1.3). */
  test.each([
    { willDetach: true, interfaceNumber: 0, tail: '09 04 00 00 00 fe 01 01 04 09 21 0d f4 01 00 08 10 01', total: 27 },
    { willDetach: false, interfaceNumber: 2, tail: '09 04 02 00 00 fe 01 01 04 09 21 05 f4 01 00 08 10 01', total: 85 },
  ])('bitWillDetach $willDetach as interface $interfaceNumber', ({ willDetach, interfaceNumber, tail, total }) => {
    const { device } = setUp({ willDetach }, interfaceNumber);
    const bytes = device.configurationDescriptor;
    expect(Buffer.from(bytes.slice(-18)).toString('hex')).toBe(tail.replaceAll(' ', ''));
    expect([bytes.length, bytes[2], bytes[4]]).toEqual([total, total, interfaceNumber + 1]);
    expect(device.deviceDescriptor[4]).toBe(0);
  });
});

/** DFU 1.1 §5.1 and appendix A, states 0 and 1. */
describe('DFU_DETACH', () => {
  test('a bus reset in time starts the DFU mode', async () => {
    const { device, ask, left, wait } = setUp();
    expect([await ask(getState), await ask(detach), await ask(getState)]).toEqual([appIdle, '', appDetach]);
    expect(await ask(getStatus)).toBe('00 00 00 00 01 00');
    await wait(499);
    expect(left).toEqual([]);
    device.busReset?.();
    expect(left).toEqual(['to DFU']);
  });
  test.each([
    { why: 'its own time is over', request: detach, after: 501 },
    { why: "the host's shorter time is over", request: hastyDetach, after: 101 },
  ])('a bus reset when $why is only a reset', async ({ request, after }) => {
    const { device, ask, left, wait } = setUp();
    await ask(request);
    await wait(after);
    expect(await ask(getState)).toBe(appIdle);
    device.busReset?.();
    expect(left).toEqual([]);
  });
  test('the time of an earlier request ends nothing', async () => {
    const { ask, wait } = setUp();
    await ask(detach);
    await wait(300);
    expect([await ask(download), await ask(getState)]).toEqual(['stall', appIdle]);
    await ask(detach);
    await wait(300);
    expect(await ask(getState)).toBe(appDetach);
  });
  test('without a request a bus reset is only a reset', async () => {
    const { device, left } = setUp();
    device.busReset?.();
    expect(left).toEqual([]);
  });
  test.each([0, 2])('as interface %i: to be configured again counts as a bus reset', async (interfaceNumber) => {
    const { ask, left } = setUp({}, interfaceNumber);
    await ask(setConfiguration);
    await ask(`21 00 e8 03 0${interfaceNumber} 00 00 00`);
    expect(left).toEqual([]);
    await ask(setConfiguration);
    expect(left).toEqual(['to DFU']);
  });
  test.each([
    { name: 'bitWillDetach: at once', manner: { willDetach: true }, reply: '', left: ['to DFU'] },
    { name: 'stalls', manner: { unwilling: 'stalls' as const }, reply: 'stall', left: [] },
    { name: 'ignores', manner: { unwilling: 'ignores' as const }, reply: '', left: [] },
  ])('$name', async ({ manner, reply, left: expected }) => {
    const { device, ask, left } = setUp(manner);
    expect(await ask(detach)).toBe(reply);
    device.busReset?.();
    expect(left).toEqual(expected);
  });
  test('to another interface: stalls', async () => {
    const { ask, left } = setUp({ willDetach: true }, 2);
    expect(await ask(detach)).toBe('stall');
    expect(left).toEqual([]);
  });
});
