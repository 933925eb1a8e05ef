import { describe, expect, test } from 'vitest';
import { type PersonalityId, romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import { RomBootloader, type RomOptions } from '../../src/sim/chip/rom.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { TargetMemory, type TargetMemoryOptions } from '../../src/sim/chip/target-memory.ts';
import { hex, show, targetBench, transfer } from '../helpers/target-context.ts';

/** Setup packets of DFU 1.1 table 3.2, interface 0. */
const getStatus = 'a1 03 0000 0000 0600';
const getState = 'a1 05 0000 0000 0100';
const clearStatus = '21 04 0000 0000 0000';
const abort = '21 06 0000 0000 0000';
const detach = '21 00 e803 0000 0000';
const block = (number: number, length: number) => {
  const setup = new DataView(new ArrayBuffer(6));
  setup.setUint16(0, number, true);
  setup.setUint16(4, length, true);
  return Buffer.from(setup.buffer).toString('hex');
};

interface Start extends RomOptions, TargetMemoryOptions {
  readonly personality?: RomPersonality;
}

/** A ROM that has just come up on USB. */
async function dfu({ personality = romPersonalities.F405, ...options }: Start = {}) {
  const bench = targetBench();
  const memory = new TargetMemory(personality, options);
  const rom = new RomBootloader(memory, options);
  rom.start(bench.context);
  await bench.wait(personality.usbConnection + 1);
  const device = bench.attached!;
  const download = (number: number, data: string) => transfer(device, `21 01 ${block(number, hex(data).length)}`, data);
  const upload = (number: number, length: number) => transfer(device, `a1 02 ${block(number, length)}`);
  const status = () => transfer(device, getStatus);
  /** DNLOAD, both GETSTATUS, and the wait that the first one asks for. */
  const execute = async (number: number, data: string) => {
    await download(number, data);
    const first = await status();
    await bench.wait(hex(first)[1]! + hex(first)[2]! * 256);
    return [first, await status()];
  };
  return { bench, memory, rom, device, download, upload, status, execute };
}

const idle = '00 00 00 00 02 00';
const downloadIdle = '00 00 00 00 05 00';
const downloadSync = '03';
const stalled = '0f 00 00 00 0a 00'; // errSTALLEDPKT, dfuERROR

describe('commands of AN3156 §4', () => {
  test('Get: UPLOAD of block 0 answers the command list and stays in dfuIDLE', async () => {
    const { upload, status } = await dfu();
    expect(await upload(0, 4)).toBe('00 21 41 92');
    expect(await status()).toBe(idle);
  });

  test('a DNLOAD is executed by the first GETSTATUS, which answers dfuDNBUSY', async () => {
    const { bench, memory, device, download, status } = await dfu();
    memory.flash.preload(0x0800_0000, new Uint8Array(0x4000));
    expect(await download(0, '41 00 00 00 08')).toBe('');
    expect(await transfer(device, getState)).toBe(downloadSync);
    await bench.wait(300);
    expect(show(memory.flash.read(0x0800_0000, 1))).toBe('00');
    expect(await status()).toBe('00 fa 00 00 04 00'); // 250 ms: DS8626, 16 KB sector
    await bench.wait(250);
    expect(await status()).toBe(downloadIdle);
    expect(bench.truth.of('erased')).toMatchObject([{ address: 0x0800_0000, bytes: 0x4000 }]);
  });

  test('program, then read back after ABORT', async () => {
    const { bench, execute, upload, status, device } = await dfu();
    expect(await execute(0, '21 00 40 00 08')).toEqual(['00 00 00 00 04 00', downloadIdle]);
    expect(await execute(2, '01 02 03 04 05 06 07 08')).toEqual(['00 01 00 00 04 00', downloadIdle]);
    expect(await transfer(device, abort)).toBe('');
    expect(await upload(2, 8)).toBe('01 02 03 04 05 06 07 08');
    expect(await transfer(device, getState)).toBe('09');
    expect(await status()).toBe('00 00 00 00 09 00');
    expect(bench.truth.of('programmed')).toMatchObject([{ address: 0x0800_4000, bytes: 8 }]);
  });

  test('a short last block lands at pointer + (wBlockNum - 2) * its own length (hardware/QUIRKS.md Q28)', async () => {
    const { bench, execute } = await dfu();
    await execute(0, '21 00 00 00 08');
    await execute(2, '11 11 11 11 11 11 11 11');
    await execute(3, '22 22 22 22');
    expect(bench.truth.of('programmed').map(({ address }) => address)).toEqual([0x0800_0000, 0x0800_0004]);
    expect(bench.truth.of('programmed-without-erase')).toMatchObject([{ address: 0x0800_0004 }]);
  });

  test('mass erase: the F405 announces 100 ms for 8 s, and the next GETSTATUS is held until then (hardware/QUIRKS.md Q30)', async () => {
    const { bench, download, status, memory } = await dfu();
    memory.flash.preload(0x080f_fffc, new Uint8Array(4));
    await download(0, '41');
    const started = bench.clock.now();
    expect(await status()).toBe('00 64 00 00 04 00');
    await bench.wait(100);
    expect(await status()).toBe(downloadIdle);
    expect(bench.clock.now() - started).toBeCloseTo(8000);
    expect(show(memory.flash.read(0x080f_fffc, 4))).toBe('ff ff ff ff');
  });

  test('a ROM that answers early polls says dfuDNBUSY again', async () => {
    const { bench, download, status } = await dfu({ personality: romPersonalities.G0B1 });
    await download(0, '41 00 00 00 08');
    expect(await status()).toBe('00 16 00 00 04 00'); // 22 ms: DS13560, page
    expect(await status()).toBe('00 16 00 00 04 00');
    await bench.wait(22);
    expect(await status()).toBe(downloadIdle);
  });

  test('a ROM may hold even the first GETSTATUS, or stall polls that come early', async () => {
    const { F405 } = romPersonalities;
    const held = await dfu({ personality: { ...F405, dfu: { ...F405.dfu, getStatus: 'held' } } });
    await held.download(0, '41 00 00 00 08');
    const started = held.bench.clock.now();
    expect(await held.status()).toBe('00 fa 00 00 04 00');
    expect(held.bench.clock.now() - started).toBe(250);
    expect(await held.status()).toBe(downloadIdle);

    const stalling = await dfu({ personality: { ...F405, dfu: { ...F405.dfu, earlyPoll: 'stall' } } });
    await stalling.download(0, '41 00 00 00 08');
    await stalling.status();
    expect(await stalling.status()).toBe('stall');
    await stalling.bench.wait(250);
    expect(await stalling.status()).toBe(downloadIdle);
  });

  test.each([
    { what: 'Set Address Pointer outside of all memories', data: '21 00 00 00 90', status: '01' }, // errTARGET
    { what: 'Erase outside of the flash', data: '41 00 00 10 08', status: '01' },
    { what: 'an unknown command', data: '99', status: '0f' }, // AN2662 figure 55
    { what: 'Set Address Pointer with three address bytes', data: '21 00 00 08', status: '0f' },
  ])('$what ends in dfuERROR with bStatus $status; CLRSTATUS lifts it', async ({ data, status: expected }) => {
    const { device, execute, status } = await dfu();
    expect(await execute(0, data)).toEqual(['00 00 00 00 04 00', `${expected} 00 00 00 0a 00`]);
    expect(await transfer(device, clearStatus)).toBe('');
    expect(await status()).toBe(idle);
  });

  test.each([
    { what: 'past the end of the flash', pointer: '21 fc ff 0f 08', data: '01 02 03 04 05 06 07 08' },
    { what: 'to an address that is no multiple of four', pointer: '21 02 00 00 08', data: '01 02 03 04' },
    { what: 'to system memory', pointer: '21 00 00 ff 1f', data: '01 02 03 04' },
  ])('programming $what is errTARGET and programs nothing', async ({ pointer, data }) => {
    const { bench, execute } = await dfu();
    await execute(0, pointer);
    expect((await execute(2, data))[1]).toBe('01 00 00 00 0a 00');
    expect(bench.truth.of('programmed')).toEqual([]);
  });
});

describe('states of DFU 1.1 A.2', () => {
  test.each([
    { what: 'UPLOAD in dfuDNLOAD-IDLE', before: 'dfuDNLOAD_IDLE', setup: `a1 02 ${block(2, 4)}` },
    { what: 'DNLOAD in dfuUPLOAD-IDLE', before: 'dfuUPLOAD_IDLE', setup: `21 01 ${block(0, 1)}`, data: '00' },
    { what: 'DNLOAD of the reserved block 1', before: 'dfuIDLE', setup: `21 01 ${block(1, 1)}`, data: '00' },
    { what: 'UPLOAD beyond wTransferSize', before: 'dfuIDLE', setup: `a1 02 ${block(2, 2049)}` },
    { what: 'DFU_DETACH', before: 'dfuIDLE', setup: detach },
  ] as const)('$what stalls: dfuERROR, errSTALLEDPKT', async ({ before, setup, ...rest }) => {
    const { device, status } = await dfu({ initialState: before });
    expect(await transfer(device, setup, 'data' in rest ? rest.data : '')).toBe('stall');
    expect(await status()).toBe(stalled);
  });

  test('a second DNLOAD without a GETSTATUS stalls, and neither is executed', async () => {
    const { bench, memory, download, status } = await dfu();
    memory.flash.preload(0x0800_0000, new Uint8Array(4));
    await download(0, '41 00 00 00 08');
    expect(await download(0, '41 00 00 00 08')).toBe('stall');
    expect(await status()).toBe(stalled);
    await bench.wait(1000);
    expect(bench.truth.of('erased')).toEqual([]);
  });

  test('ABORT in dfuDNLOAD-SYNC drops the command', async () => {
    const { bench, device, download, status } = await dfu();
    await download(0, '41 00 00 00 08');
    expect(await transfer(device, abort)).toBe('');
    expect(await status()).toBe(idle);
    await bench.wait(1000);
    expect(bench.truth.of('erased')).toEqual([]);
  });

  test('dfuERROR left by an earlier host: DNLOAD stalls until CLRSTATUS', async () => {
    const { device, download, status } = await dfu({ initialState: 'dfuERROR' });
    expect(await status()).toBe('0e 00 00 00 0a 00');
    expect(await download(0, '21 00 00 00 08')).toBe('stall');
    expect(await transfer(device, abort)).toBe('stall');
    expect(await status()).toBe('0e 00 00 00 0a 00');
    expect(await transfer(device, clearStatus)).toBe('');
    expect(await status()).toBe(idle);
  });

  test('CLRSTATUS outside of dfuERROR: first errUNKNOWN, then dfuIDLE; the C5 ROM stalls it (hardware/QUIRKS.md Q31, Q32)', async () => {
    const { device, status } = await dfu();
    expect(await transfer(device, clearStatus)).toBe('');
    expect(await status()).toBe('0e 00 00 00 0a 00');
    expect(await transfer(device, clearStatus)).toBe('');
    expect(await status()).toBe(idle);
    const { F405 } = romPersonalities;
    const strict = await dfu({ personality: { ...F405, dfu: { ...F405.dfu, clearStatusOutsideError: 'stall' } } });
    expect(await transfer(strict.device, clearStatus)).toBe('stall');
  });

  test('a wedged erase stays in dfuDNBUSY; CLRSTATUS twice frees it (hardware/QUIRKS.md Q31)', async () => {
    const { bench, device, download, status } = await dfu({ personality: quirkyPersonalities.H743revV });
    await download(0, '41 00 00 10 08');
    expect((await status()).slice(-5)).toBe('04 00');
    await bench.wait(60_000);
    expect((await status()).slice(-5)).toBe('04 00');
    await transfer(device, clearStatus);
    await transfer(device, clearStatus);
    expect(await status()).toBe(idle);
    expect(bench.truth.of('fault')).toHaveLength(1);
  });

  test('the end of a memory is a short frame, which ends the upload', async () => {
    const { device, execute, upload, status } = await dfu();
    await execute(0, '21 f8 ff 0f 08');
    await transfer(device, abort);
    expect(await upload(2, 16)).toBe('ff ff ff ff ff ff ff ff');
    expect(await status()).toBe(idle);
    expect(await upload(3, 16)).toBe('stall');
    expect(await status()).toBe('01 00 00 00 0a 00');
  });

  test('another interface is refused without a change of state', async () => {
    const { device, status } = await dfu();
    expect(await transfer(device, 'a1 03 0000 0100 0600')).toBe('stall');
    expect(await status()).toBe(idle);
  });
});

/** Initial SP 0x20020000, reset vector 0x08000141. */
const vectorTable = '00 00 02 20 41 01 00 08';

describe('leave (AN3156, Leave DFU)', () => {
  test('DNLOAD of length 0, GETSTATUS says dfuMANIFEST, then it is gone and the code runs', async () => {
    const { bench, memory, download, status, execute } = await dfu();
    memory.flash.preload(0x0800_0000, hex(vectorTable));
    await execute(0, '21 00 00 00 08');
    expect(await download(2, '')).toBe('');
    expect(await status()).toBe('00 00 00 00 07 00');
    await bench.wait(5);
    expect(bench.calls).toEqual(['attach', 'detach', 'jump 0x8000000']);
    expect(bench.truth.of('left')).toMatchObject([{ address: 0x0800_0000 }]);
  });

  test('no stack pointer at the address: it resets', async () => {
    const { bench, download, status, execute } = await dfu();
    await execute(0, '21 00 00 00 08');
    await download(0, '');
    await status();
    await bench.wait(5);
    expect(bench.calls).toEqual(['attach', 'detach', 'reset']);
    expect(bench.truth.of('left')).toEqual([]);
  });

  test('H743: the GETSTATUS is lost with the device, and yet it has left (hardware/QUIRKS.md Q39)', async () => {
    const { bench, memory, download, status } = await dfu({ personality: romPersonalities.H743 });
    memory.flash.preload(0x0800_0000, hex(vectorTable));
    await download(2, '');
    const answer = Promise.race([status(), bench.wait(1000).then(() => 'none')]);
    expect(await answer).toBe('none');
    expect(bench.calls).toEqual(['attach', 'detach', 'jump 0x8000000']);
  });
});

describe('readout protection and option bytes', () => {
  test.each([
    { what: 'Set Address Pointer', number: 0, data: '21 00 00 00 08' },
    { what: 'Erase', number: 0, data: '41 00 00 00 08' },
    { what: 'mass erase', number: 0, data: '41' },
    { what: 'Write', number: 2, data: '01 02 03 04' },
  ])('RDP level 1: $what ends in dfuERROR, errVENDOR', async ({ number, data }) => {
    const { bench, execute } = await dfu({ readoutProtected: true });
    expect((await execute(number, data))[1]).toBe('0b 00 00 00 0a 00');
    expect([...bench.truth.of('erased'), ...bench.truth.of('programmed')]).toEqual([]);
  });

  test('RDP level 1: an UPLOAD stalls with errVENDOR', async () => {
    const { upload, status } = await dfu({ readoutProtected: true });
    expect(await upload(2, 4)).toBe('stall');
    expect(await status()).toBe('0b 00 00 00 0a 00');
  });

  test('Read Unprotect erases everything, lifts RDP and resets', async () => {
    const { bench, memory, download, status } = await dfu({ readoutProtected: true });
    memory.flash.preload(0x0800_0000, new Uint8Array(4));
    await download(0, '92');
    expect((await status()).slice(-5)).toBe('04 00');
    await bench.wait(8001);
    expect(memory.readoutProtected).toBe(false);
    expect(show(memory.flash.read(0x0800_0000, 4))).toBe('ff ff ff ff');
    expect(bench.calls).toEqual(['attach', 'detach', 'reset']);
  });

  test('F405: writing option bytes ends in a reset (hardware/QUIRKS.md Q42)', async () => {
    const { bench, memory, download, status, execute } = await dfu();
    await execute(0, '21 00 c0 ff 1f');
    await download(2, 'ef aa 00 00');
    await status();
    await bench.wait(5);
    expect(show(memory.read(0x1fff_c000, 4))).toBe('ef aa 00 00');
    expect(bench.calls).toEqual(['attach', 'detach', 'reset']);
  });
});

test('OTP bits can be cleared, never set again (RM0090 §3.8)', async () => {
  const { memory, execute } = await dfu();
  await execute(0, '21 00 78 ff 1f');
  await execute(2, '0f ff 00 ff');
  await execute(2, 'f0 0f ff ff');
  expect(show(memory.read(0x1fff_7800, 5))).toBe('00 0f 00 ff ff');
});

describe('start, stop and selection (AN2606)', () => {
  test.each(['F405', 'H743', 'G0B1', 'L072'] as const)('%s is on the bus after its USB connection time', async (id) => {
    const bench = targetBench();
    const personality = romPersonalities[id satisfies PersonalityId];
    new RomBootloader(new TargetMemory(personality)).start(bench.context);
    await bench.wait(personality.usbConnection - 1e-3);
    expect(bench.calls).toEqual([]);
    await bench.wait(1e-2);
    expect(bench.calls).toEqual(['attach']);
  });

  test('without a crystal it never shows up', async () => {
    const bench = targetBench();
    new RomBootloader(new TargetMemory(romPersonalities.F405), { usb: false }).start(bench.context);
    await bench.wait(60_000);
    expect(bench.calls).toEqual([]);
  });

  test('a reset cuts off an erase, and its GETSTATUS never comes; the next start is a fresh ROM', async () => {
    const { bench, memory, rom, download, status } = await dfu({ initialState: 'dfuDNLOAD_IDLE' });
    memory.flash.preload(0x0800_0000, new Uint8Array(0x4000));
    await download(0, '41 00 00 00 08');
    await status();
    const late = Promise.race([status(), bench.wait(1000).then(() => 'none')]);
    await bench.wait(125);
    rom.stop();
    expect(show(memory.flash.read(0x0800_1ffe, 4))).toBe('ff ff 00 00');
    expect(await late).toBe('none');
    expect(bench.truth.of('erased')).toEqual([]);
    rom.start(bench.context);
    await bench.wait(300);
    expect(await transfer(bench.attached!, getStatus)).toBe(idle);
  });

  test('SET_CONFIGURATION gives USB the ROM: 0x7F on the USART is not answered any more', async () => {
    const { bench, rom, device } = await dfu();
    await transfer(device, '00 09 0100 0000 0000');
    rom.usartReceive(hex('7f'), { baudRate: 115_200, parity: 'even' });
    expect(bench.sent).toEqual([]);
    expect(bench.truth.of('rom-interface')).toMatchObject([{ selected: 'usb' }]);
  });
});
