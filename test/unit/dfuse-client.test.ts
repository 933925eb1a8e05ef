import { describe, expect, test } from 'vitest';
import { DfuSeClient } from '../../src/protocol/dfuse/client.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { type ScriptedAnswer, ScriptedUsb } from '../helpers/scripted-usb.ts';

// Expected setup packets: DFU 1.1 §3 table 3.2 and AN3156 §4. Status answers: bStatus, bwPollTimeout (3), bState, iString.
const GETSTATUS = 'a1 03 0000 0000 ?6';
const idle = [0, 0, 0, 0, 2, 0];
const downloadIdle = [0, 0, 0, 0, 5, 0];
const busy = (poll: number) => [0, poll & 0xff, (poll >> 8) & 0xff, poll >> 16, 4, 0];
const error = (status: number) => [status, 0, 0, 0, 10, 0];

function bench(...answers: ScriptedAnswer[]) {
  const usb = new ScriptedUsb(answers);
  const clock = new SimClock();
  return { usb, clock, client: new DfuSeClient(usb, 0, clock) };
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (failure) => failure.code,
  );

test('Set Address Pointer is 0x21 and the address, little-endian, in block 0; two DFU_GETSTATUS', async () => {
  const { usb, client } = bench(busy(0), downloadIdle);
  await client.setAddressPointer(0x0800_c000);
  expect(usb.requests).toEqual(['21 01 0000 0000 2100c00008', GETSTATUS, GETSTATUS]);
});

test('Erase is 0x41 and the address; bwPollTimeout is waited for', async () => {
  const { usb, client, clock } = bench(busy(400), downloadIdle);
  await client.erase(0x0802_0000);
  expect(usb.requests[0]).toBe('21 01 0000 0000 4100000208');
  expect(clock.now()).toBeGreaterThanOrEqual(400);
});

test('data goes out as the block number it was given', async () => {
  const { usb, client } = bench(busy(1), downloadIdle);
  await client.download(2, Uint8Array.of(1, 2, 3, 4));
  expect(usb.requests[0]).toBe('21 01 0002 0000 01020304');
});

test.each([
  { name: 'dfuERROR is left by CLRSTATUS', answers: [error(0x0e), idle], sent: ['21 04 0000 0000'] },
  { name: 'dfuDNLOAD-IDLE is left by ABORT', answers: [downloadIdle, idle], sent: ['21 06 0000 0000'] },
  { name: 'dfuUPLOAD-IDLE is left by ABORT', answers: [[0, 0, 0, 0, 9, 0], idle], sent: ['21 06 0000 0000'] },
  { name: 'dfuDNBUSY is waited out', answers: [busy(50), downloadIdle, idle], sent: ['21 06 0000 0000'] },
  { name: 'dfuIDLE needs nothing: CLRSTATUS is legal in dfuERROR only', answers: [idle], sent: [] },
])('to idle: $name', async ({ answers, sent }) => {
  const { usb, client } = bench(...answers);
  await client.toIdle();
  expect(usb.requests.filter((request) => request !== GETSTATUS)).toEqual(sent);
});

test.each([
  { name: 'never idle', answers: Array(11).fill(error(0x0e)), code: 'dfu-state' },
  { name: 'status too short', answers: [[0, 0, 0]], code: 'dfu-malformed' },
  { name: 'state that DFU 1.1 does not have', answers: [[0, 0, 0, 0, 77, 0]], code: 'dfu-malformed' },
  { name: 'device gone', answers: ['gone'] as const, code: 'target-lost' },
])('to idle fails: $name -> $code', async ({ answers, code }) => {
  expect(await codeOf(bench(...answers).client.toIdle())).toBe(code);
});

test.each([
  // AN3156 §4.3: errTARGET for a wrong address, errVENDOR under readout protection
  { name: 'errTARGET', answers: [busy(0), error(0x01)], code: 'dfu-status' },
  { name: 'errVENDOR is readout protection', answers: [busy(0), error(0x0b)], code: 'readout-protected' },
  { name: 'an error at the first status', answers: [error(0x06)], code: 'dfu-status' },
  { name: 'busy for ever', answers: Array(30).fill(busy(1_000)), code: 'dfu-state' },
  { name: 'busy for 4.6 hours by bwPollTimeout', answers: Array(8).fill(busy(0xffffff)), code: 'dfu-state' },
  { name: 'an error status in the idle state', answers: [busy(0), [0x06, 0, 0, 0, 5, 0]], code: 'dfu-status' },
  { name: 'an idle state that is not the download one', answers: [busy(0), idle], code: 'dfu-status' },
  { name: 'stalled more often than an L4 does', answers: Array(5).fill('stall'), code: 'usb-stall' },
  { name: 'gone', answers: [busy(0), 'gone'] as const, code: 'target-lost' },
])('erase fails: $name -> $code', async ({ answers, code }) => {
  expect(await codeOf(bench(...answers).client.erase(0x0800_0000))).toBe(code);
});

test('an L4 that stalls DFU_GETSTATUS while busy is waited for as long again', async () => {
  const { client, clock } = bench(busy(30), 'stall', 'stall', downloadIdle);
  await client.erase(0x0800_0000);
  expect(clock.now()).toBeGreaterThanOrEqual(90);
});

test('a refused read says why: it stalls, and the status is errVENDOR', async () => {
  const { client } = bench('stall', error(0x0b));
  expect(await codeOf(client.upload(2, 2048))).toBe('readout-protected');
});

test.each([
  { name: 'dfuMANIFEST', answers: [busy(0), downloadIdle, [0, 0, 0, 0, 7, 0]], seen: 'manifest' },
  { name: 'gone before it answers', answers: [busy(0), downloadIdle, 'gone'] as const, seen: 'gone' },
  { name: 'a stall', answers: [busy(0), downloadIdle, 'stall'] as const, seen: 'gone' },
])('leave: $name is success', async ({ answers, seen }) => {
  const { usb, client } = bench(...answers);
  expect(await client.leave(0x0800_0000)).toBe(seen);
  // Set Address Pointer, then a DFU_DNLOAD without data (AN3156 §5)
  expect(usb.requests[0]).toBe('21 01 0000 0000 2100000008');
  expect(usb.requests[3]).toBe('21 01 0002 0000');
});

test('leave: vanishing on the last DFU_DNLOAD is success too; an error status is not', async () => {
  const gone = bench(busy(0), downloadIdle);
  gone.usb.outFailures.set('21 01 0002 0000', 'gone');
  expect(await gone.client.leave(0x0800_0000)).toBe('gone');
  expect(await codeOf(bench(busy(0), downloadIdle, error(0x0f)).client.leave(0x0800_0000))).toBe('dfu-status');
});

test('an aborted signal ends the wait for a busy device at once', async () => {
  const usb = new ScriptedUsb([busy(5_000), downloadIdle]);
  const clock = new SimClock();
  const controller = new AbortController();
  const client = new DfuSeClient(usb, 0, clock, controller.signal);
  clock.setTimeout(() => controller.abort(new Error('stop')), 100);
  await expect(client.erase(0x0800_0000)).rejects.toThrow('stop');
  expect(clock.now()).toBe(100);
});

const uploadIdle = [0, 0, 0, 0, 9, 0];
const getList = 'a1 02 0000 0000 ?64';
const abort = '21 06 0000 0000';
const clearStatus = '21 04 0000 0000';
const withoutStatus = (usb: ScriptedUsb) => usb.requests.filter((request) => request !== GETSTATUS);

describe('Get', () => {
  test('lists the commands of this ROM, and leaves it in dfuIDLE', async () => {
    const { usb, client } = bench([0x00, 0x21, 0x41, 0x92], uploadIdle, idle);
    expect(await client.commands()).toEqual([0x00, 0x21, 0x41, 0x92]);
    expect(withoutStatus(usb)).toEqual([getList, abort]);
  });

  test.each([
    // A clone answers block 0 with flash content: no list of commands is without Set Address Pointer.
    { name: 'flash instead of a list', answers: [[0xff, 0xff], uploadIdle, idle] },
    { name: 'a stall', answers: ['stall', error(0x0f), idle] },
  ] as const)('$name: the commands are unknown, and the ROM is ready for the next one', async ({ answers }) => {
    const { usb, client } = bench(...answers);
    expect(await client.commands()).toBeUndefined();
    expect(usb.requests.at(-1)).toBe(GETSTATUS);
    expect(withoutStatus(usb)).toHaveLength(2);
  });

  test('that runs into a timeout is a fault, also where the ROM is ready again', async () => {
    expect(await codeOf(bench('timeout', idle).client.commands())).toBe('usb-timeout');
  });

  test('of a device that is gone is no answer', async () => {
    const { client } = bench('gone', 'gone');
    expect(await codeOf(client.commands())).toBe('target-lost');
  });
});

describe('Read Unprotect', () => {
  const listed = [[0x00, 0x21, 0x41, 0x92], uploadIdle, idle] as const;
  const command = '21 01 0000 0000 92';

  test('is not sent to a ROM that does not list it', async () => {
    const { usb, client } = bench([0x00, 0x21, 0x41], uploadIdle, idle);
    expect(await codeOf(client.readUnprotect())).toBe('unprotect-refused');
    expect(usb.requests).not.toContain(command);
  });

  test('is sent to a ROM that lists nothing', async () => {
    const { usb, client } = bench('stall', error(0x0f), idle, busy(0), downloadIdle);
    expect(await client.readUnprotect()).toBe('done');
    expect(usb.requests).toContain(command);
  });

  test.each([
    { name: 'it erases, reports success and resets later', answers: [busy(100), downloadIdle], outcome: 'done' },
    { name: 'it resets before it answers', answers: [busy(100), 'gone'], outcome: 'gone' },
    { name: 'it answers no more', answers: [busy(100), 'timeout'], outcome: 'gone' },
  ] as const)('$name: $outcome', async ({ answers, outcome }) => {
    expect(await bench(...listed, ...answers).client.readUnprotect()).toBe(outcome);
  });

  test.each([
    { name: 'a refusal', answers: [error(0x0b)], code: 'unprotect-refused', cause: 'readout-protected' },
    { name: 'a status that is none', answers: [[0, 0, 0]], code: 'dfu-malformed' },
  ])('$name is not taken for success', async ({ answers, code, cause }) => {
    const failure = await bench(...listed, ...answers)
      .client.readUnprotect()
      .catch((found) => found);
    expect(failure.code).toBe(code);
    expect(failure.cause?.code).toBe(cause);
  });

  test('erases the whole flash, which may take 32 s (DS8626)', async () => {
    const { client } = bench(...listed, ...Array(33).fill(busy(1_000)), downloadIdle);
    expect(await client.readUnprotect()).toBe('done');
  });

  test('that is interrupted is neither done nor refused', async () => {
    const usb = new ScriptedUsb([...listed, busy(5_000), downloadIdle]);
    const clock = new SimClock();
    const controller = new AbortController();
    const client = new DfuSeClient(usb, 0, clock, controller.signal);
    clock.setTimeout(() => controller.abort(new Error('stop')), 100);
    await expect(client.readUnprotect()).rejects.toThrow('stop');
  });
});

describe('an H743 that stays in dfuDNBUSY', () => {
  const stuck = Array(11).fill(busy(1));

  test('is freed by two CLRSTATUS (betaflight usbdfu.js)', async () => {
    const { usb, client } = bench(...stuck, error(0x0f), idle);
    await client.toIdle();
    expect(withoutStatus(usb)).toEqual([clearStatus, clearStatus]);
  });

  test('is freed by one where that is enough', async () => {
    const { usb, client } = bench(...stuck, busy(1), idle);
    await client.toIdle();
    expect(withoutStatus(usb)).toEqual([clearStatus]);
  });

  test.each([
    { name: 'stays busy', answers: [busy(1), busy(1)] },
    { name: 'stalls', answers: ['stall'] as const },
    { name: 'answers what is no status', answers: [[0, 0, 0]], code: 'dfu-malformed' },
  ])('and $name is stuck', async ({ answers, code = 'dfu-state' }) => {
    expect(await codeOf(bench(...stuck, ...answers).client.toIdle())).toBe(code);
  });

  test('gets no CLRSTATUS from a client that sends it in dfuERROR only', async () => {
    const usb = new ScriptedUsb(stuck);
    const client = new DfuSeClient(usb, 0, new SimClock(), undefined, { clearStatus: 'in-error-only' });
    expect(await codeOf(client.toIdle())).toBe('dfu-state');
    expect(withoutStatus(usb)).toEqual([]);
  });

  test('in an erase: the erase has failed, also where CLRSTATUS frees the ROM', async () => {
    const { usb, client } = bench(...Array(11).fill(busy(1_000)), error(0x0f), idle);
    const failure = await client.erase(0x0800_0000).catch((found) => found);
    expect(failure).toMatchObject({ code: 'dfu-state', message: expect.stringContaining('two CLRSTATUS') });
    expect(withoutStatus(usb).slice(1)).toEqual([clearStatus, clearStatus]);
  });
});

test('a mass erase is 0x41 alone, and may take 32 s (DS8626)', async () => {
  const { usb, client, clock } = bench(...Array(33).fill(busy(1_000)), downloadIdle);
  await client.massErase();
  expect(usb.requests[0]).toBe('21 01 0000 0000 41');
  expect(clock.now()).toBeGreaterThanOrEqual(32_000);
});

test('a block that is sent in vain is aborted before a status could program it', async () => {
  const { usb, client } = bench();
  await client.sendInVain(Uint8Array.of(1, 2, 3, 4));
  expect(usb.requests).toEqual(['21 01 0002 0000 01020304', abort]);
});

test('a leave whose status is not to be asked ends with the last DFU_DNLOAD', async () => {
  const usb = new ScriptedUsb([busy(0), downloadIdle]);
  const client = new DfuSeClient(usb, 0, new SimClock(), undefined, { leaveStatus: 'not-asked' });
  expect(await client.leave(0x0800_0000)).toBe('manifest');
  expect(usb.requests.at(-1)).toBe('21 01 0002 0000');
});

test.each([
  { name: 'a stall whose status is no error', answers: ['stall', idle] as const, code: 'usb-stall' },
  { name: 'a device that is gone', answers: ['gone'] as const, code: 'target-lost' },
])('a read that fails with $name fails so', async ({ answers, code }) => {
  expect(await codeOf(bench(...answers).client.upload(2, 2048))).toBe(code);
});

test('dfuDNLOAD-SYNC is not the end of an operation: the status is asked again', async () => {
  const { usb, client } = bench([0, 0, 0, 0, 3, 0], busy(0), downloadIdle);
  await client.erase(0x0800_0000);
  expect(usb.requests).toHaveLength(4);
});

test('an L4 may stall three times while it is busy', async () => {
  const { usb, client } = bench(...Array(4).fill('stall'));
  expect(await codeOf(client.erase(0x0800_0000))).toBe('usb-stall');
  expect(usb.requests).toHaveLength(1 + 4);
});

test('each request has the time that its operation may take', async () => {
  const { usb, client } = bench(busy(400), downloadIdle);
  await client.erase(0x0800_0000);
  // 10 s are the limit of an erase; 2 s are for a request, and for the one queued before it.
  expect(usb.timeouts).toEqual([2_000, 14_000, 9_600]);
  const block = bench(busy(0), downloadIdle);
  await block.client.download(2, Uint8Array.of(1));
  await block.client.sendInVain(Uint8Array.of(1));
  expect(block.usb.timeouts.filter((_, index) => block.usb.requests[index]!.startsWith('21 01'))).toEqual([
    7_000, 7_000,
  ]);
});

test.each([
  { name: 'Set Address Pointer', run: (client: DfuSeClient) => client.setAddressPointer(0x0800_0000), limit: 2_000 },
  { name: 'a block', run: (client: DfuSeClient) => client.download(2, Uint8Array.of(1)), limit: 5_000 },
  { name: 'an erase', run: (client: DfuSeClient) => client.erase(0x0800_0000), limit: 10_000 },
  { name: 'a mass erase', run: (client: DfuSeClient) => client.massErase(), limit: 70_000 },
])('$name that stays busy is given up after $limit ms', async ({ run, limit }) => {
  const { client, clock } = bench(...Array(800).fill(busy(100)));
  const failure = await run(client).catch((found) => found);
  expect(failure.message).toContain(`kept the target busy for more than ${limit} ms`);
  expect(clock.now()).toBeGreaterThanOrEqual(limit);
  expect(clock.now()).toBeLessThan(limit + 200);
});

test('an erase may be given more time than is usual', async () => {
  const usb = new ScriptedUsb([...Array(20).fill(busy(1_000)), downloadIdle]);
  await new DfuSeClient(usb, 0, new SimClock(), undefined, { stuckAfter: 30_000 }).erase(0x0800_0000);
});

test.each([
  { says: /^Set Address Pointer 0x0800_C000/, run: (client: DfuSeClient) => client.setAddressPointer(0x0800_c000) },
  { says: /^Erase 0x0802_0000/, run: (client: DfuSeClient) => client.erase(0x0802_0000) },
  { says: /^Mass erase/, run: (client: DfuSeClient) => client.massErase() },
  { says: /^Write of 3 bytes/, run: (client: DfuSeClient) => client.download(2, Uint8Array.of(1, 2, 3)) },
])('a refusal says what was refused: $says', async ({ says, run }) => {
  await expect(run(bench(error(0x0f)).client)).rejects.toThrow(says);
});
