import { describe, expect, test } from 'vitest';
import type { CharacterFormat } from '../../src/bench/serial-link.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { RomBootloader, type RomOptions } from '../../src/sim/chip/rom.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { TargetMemory, type TargetMemoryOptions } from '../../src/sim/chip/target-memory.ts';
import { hex, show, targetBench } from '../helpers/target-context.ts';

const even = { baudRate: 57_600, parity: 'even' } as const;

interface Start extends RomOptions, TargetMemoryOptions {
  readonly personality?: RomPersonality;
}

/** A ROM that listens on its USART; `ask` sends bytes and returns what has come back after `ms`. */
async function usart({ personality = romPersonalities.F405, ...options }: Start = {}) {
  const bench = targetBench();
  const memory = new TargetMemory(personality, options);
  const rom = new RomBootloader(memory, { usb: false, ...options });
  rom.start(bench.context);
  await bench.wait(personality.startup + 1);
  const ask = async (bytes: string, format: CharacterFormat = even, ms = 5) => {
    bench.sent.length = 0;
    rom.usartReceive(hex(bytes), format);
    await bench.wait(ms);
    return show(Uint8Array.from(bench.sent.flatMap(({ bytes: sent }) => [...sent])));
  };
  return { bench, memory, rom, ask };
}

/** The same, with 0x7F already acknowledged. */
async function synchronised(options: Start = {}) {
  const target = await usart(options);
  expect(await target.ask('7f')).toBe('79');
  return target;
}

describe('synchronisation (AN3155 §2)', () => {
  test('0x7F is acknowledged at its own baud rate, 8E1, and selects the USART', async () => {
    const { bench, ask } = await usart();
    expect(await ask('7f', { baudRate: 38_400, parity: 'even' })).toBe('79');
    expect(bench.sent[0]?.format).toEqual({ baudRate: 38_400, parity: 'even' });
    expect(bench.truth.of('rom-interface')).toMatchObject([{ selected: 'usart' }]);
  });

  test('what another device of the board sends first takes the ROM: neither USART nor USB is left', async () => {
    const bench = targetBench();
    const rom = new RomBootloader(new TargetMemory(romPersonalities.F405));
    rom.start(bench.context);
    rom.otherInterfaceReceive(); // too early: not listened to yet
    await bench.wait(100);
    rom.otherInterfaceReceive();
    rom.usartReceive(hex('7f'), even);
    await bench.wait(1000);
    expect(bench.sent).toEqual([]);
    expect(bench.calls).not.toContain('attach');
    expect(bench.truth.of('rom-interface')).toMatchObject([{ selected: 'another' }]);
  });

  test('a ROM that is enumerated already hears no other device', async () => {
    const bench = targetBench();
    const rom = new RomBootloader(new TargetMemory(romPersonalities.F405));
    rom.start(bench.context);
    await bench.wait(1000);
    await bench.attached!.control({ requestType: 0, request: 9, value: 1, index: 0, length: 0 }, new Uint8Array(0));
    rom.otherInterfaceReceive();
    expect(bench.truth.of('rom-interface')).toMatchObject([{ selected: 'usb' }]);
    expect(bench.attached).toBeDefined();
  });

  test('before the ROM is ready nothing is heard', async () => {
    const bench = targetBench();
    const rom = new RomBootloader(new TargetMemory(romPersonalities.F405));
    rom.start(bench.context);
    await bench.wait(84);
    rom.usartReceive(hex('7f'), even);
    await bench.wait(1000);
    expect(bench.sent).toEqual([]);
    expect(bench.truth.of('rom-interface')).toEqual([]);
  });

  test('another byte first locks a wrong rate: 0x7F is not answered until the next reset', async () => {
    const { bench, rom, ask } = await usart();
    expect(await ask('0d 7f 7f')).toBe('');
    expect(await ask('7f')).toBe('');
    rom.stop();
    rom.start(bench.context);
    await bench.wait(100);
    expect(await ask('7f')).toBe('79');
  });

  test('once the USART has it, USB never shows up, and what is attached goes', async () => {
    const early = await usart({ usb: true });
    await early.ask('7f');
    await early.bench.wait(10_000);
    expect(early.bench.calls).toEqual([]);
    const late = await usart({ usb: true });
    await late.bench.wait(1000);
    await late.ask('7f');
    expect(late.bench.calls).toEqual(['attach', 'detach']);
  });

  test('an 8N1 sender can synchronise, for 0x7F has parity bit 1, but its commands are garbled', async () => {
    const { ask } = await usart();
    const none = { baudRate: 57_600, parity: 'none' } as const;
    expect(await ask('7f', none)).toBe('79');
    expect(await ask('00 ff', none)).toBe('1f');
  });

  test('another baud rate is garbled', async () => {
    const { ask } = await synchronised();
    expect(await ask('00 ff', { baudRate: 115_200, parity: 'even' })).toBe('1f');
    expect(await ask('00 ff')).not.toBe('1f');
  });

  test('a second 0x7F waits for its complement, and a third is refused', async () => {
    const { ask } = await synchronised();
    expect(await ask('7f')).toBe('');
    expect(await ask('7f')).toBe('1f');
  });

  test('without USART the ROM stays silent', async () => {
    const { ask } = await usart({ usart: false });
    expect(await ask('7f')).toBe('');
  });
});

describe('commands (AN3155 §3)', () => {
  test.each([
    // N = 11: version and eleven commands (§3.1), Extended Erase instead of Erase
    { name: 'Get', bytes: '00 ff', reply: '79 0b 31 00 01 02 11 21 31 44 63 73 82 92 79' },
    { name: 'Get Version', bytes: '01 fe', reply: '79 31 00 00 79' },
    { name: 'Get ID: F405', bytes: '02 fd', reply: '79 01 04 13 79' }, // AN2606 T226
    { name: 'a wrong complement', bytes: '02 fe', reply: '1f' },
    { name: 'an unknown command', bytes: 'a1 5e', reply: '1f' },
    { name: 'Erase where the ROM has Extended Erase', bytes: '43 bc', reply: '1f' },
  ])('$name', async ({ bytes, reply }) => {
    const { ask } = await synchronised();
    expect(await ask(bytes)).toBe(reply);
  });

  test('Write Memory, then Read Memory', async () => {
    const { bench, ask } = await synchronised();
    expect(await ask('31 ce')).toBe('79');
    expect(await ask('08 00 40 00 48')).toBe('79'); // XOR of the address
    expect(await ask('07 01 02 03 04 05 06 07 08 0f')).toBe('79'); // 07 ^ 01 ^ … ^ 08
    expect(bench.truth.of('programmed')).toMatchObject([{ address: 0x0800_4000, bytes: 8 }]);
    expect(await ask('11 ee')).toBe('79');
    expect(await ask('08 00 40 04 4c')).toBe('79');
    expect(await ask('03 fc')).toBe('79 05 06 07 08');
  });

  test.each([
    { what: 'a wrong address checksum', frames: ['08 00 40 00 49'], replies: ['1f'] },
    { what: 'an address without memory', frames: ['90 00 00 00 90'], replies: ['1f'] },
    { what: 'a wrong data checksum', frames: ['08 00 40 00 48', '03 01 02 03 04 00'], replies: ['79', '1f'] },
    { what: 'three bytes', frames: ['08 00 40 00 48', '02 01 02 03 02'], replies: ['79', '1f'] },
    { what: 'an unaligned address', frames: ['08 00 00 02 0a', '03 01 02 03 04 07'], replies: ['79', '1f'] },
    { what: 'system memory', frames: ['1f ff 00 00 e0', '03 01 02 03 04 07'], replies: ['79', '1f'] },
  ])('Write Memory with $what is refused and programs nothing', async ({ frames, replies }) => {
    const { bench, ask } = await synchronised();
    await ask('31 ce');
    for (const [index, frame] of frames.entries()) expect(await ask(frame)).toBe(replies[index]);
    expect(bench.truth.of('programmed')).toEqual([]);
    expect(await ask('02 fd')).toBe('79 01 04 13 79');
  });

  test('Read Memory past the end of the flash is refused', async () => {
    const { ask } = await synchronised();
    await ask('11 ee');
    expect(await ask('08 0f ff fc 04')).toBe('79');
    expect(await ask('07 f8')).toBe('1f');
  });

  test('Read Memory with a wrong complement of N is refused', async () => {
    const { ask } = await synchronised();
    await ask('11 ee');
    await ask('08 00 00 00 08');
    expect(await ask('03 fd')).toBe('1f');
  });

  test('Extended Erase of pages 1 and 4 is acknowledged when the flash is done', async () => {
    const { bench, memory, ask } = await synchronised();
    memory.flash.preload(0x0800_0000, new Uint8Array(0x2_0000));
    expect(await ask('44 bb')).toBe('79');
    // DS8626: 250 ms and 550 ms
    expect(await ask('00 01 00 01 00 04 04', even, 799)).toBe('');
    await bench.wait(2);
    expect(bench.sent.map(({ bytes }) => show(bytes))).toEqual(['79']);
    expect(bench.truth.of('erased').map(({ address }) => address)).toEqual([0x0800_4000, 0x0801_0000]);
    expect(show(memory.flash.read(0x0800_0000, 1))).toBe('00');
  });

  test.each([
    { what: 'mass erase', bytes: 'ff ff 00', reply: '79', erased: 12 },
    { what: 'mass erase with a wrong checksum', bytes: 'ff ff 01', reply: '1f', erased: 0 },
    { what: 'a reserved code', bytes: 'ff f0 0f', reply: '1f', erased: 0 },
    { what: 'a page that does not exist', bytes: '00 00 00 0c 0c', reply: '1f', erased: 0 },
    { what: 'a wrong checksum of the list', bytes: '00 00 00 01 00', reply: '1f', erased: 0 },
  ])('Extended Erase: $what', async ({ bytes, reply, erased }) => {
    const { bench, ask } = await synchronised();
    await ask('44 bb');
    expect(await ask(bytes, even, 9000)).toBe(reply);
    expect(bench.truth.of('erased')).toHaveLength(erased);
  });

  test('L072: the ROM has no mass erase on the USART (AN3155; AN2606 on L0)', async () => {
    const { bench, ask } = await synchronised({ personality: romPersonalities.L072 });
    await ask('44 bb');
    expect(await ask('ff ff 00', even, 9000)).toBe('1f');
    expect(bench.truth.of('erased')).toEqual([]);
  });

  test('Erase of an older ROM: page 2, then all', async () => {
    const { F405 } = romPersonalities;
    const { bench, ask } = await synchronised({
      personality: { ...F405, usart: { ...F405.usart, erase: 'standard' } },
    });
    expect(await ask('43 bc')).toBe('79');
    expect(await ask('00 02 02', even, 300)).toBe('79');
    expect(bench.truth.of('erased')).toMatchObject([{ address: 0x0800_8000 }]);
    await ask('43 bc');
    expect(await ask('ff 00', even, 9000)).toBe('79');
    expect(bench.truth.of('erased')).toHaveLength(13);
  });

  test('Go acknowledges, then hands over', async () => {
    const { bench, ask } = await synchronised();
    await ask('21 de');
    expect(await ask('08 00 00 00 08')).toBe('79');
    expect(bench.calls).toEqual(['jump 0x8000000']);
    expect(bench.truth.of('left')).toMatchObject([{ address: 0x0800_0000 }]);
  });
});

describe('protection (AN3155 §3.9-§3.12)', () => {
  test.each([
    { name: 'Read Memory', bytes: '11 ee', reply: '1f' },
    { name: 'Go', bytes: '21 de', reply: '1f' },
    { name: 'Write Memory', bytes: '31 ce', reply: '1f' },
    { name: 'Extended Erase', bytes: '44 bb', reply: '1f' },
    { name: 'Get ID', bytes: '02 fd', reply: '79 01 04 13 79' },
  ])('RDP level 1: $name', async ({ bytes, reply }) => {
    const { ask } = await synchronised({ readoutProtected: true });
    expect(await ask(bytes)).toBe(reply);
  });

  test('Readout Unprotect erases everything, acknowledges twice and resets', async () => {
    const { bench, memory, ask } = await synchronised({ readoutProtected: true });
    memory.flash.preload(0x0800_0000, new Uint8Array(4));
    expect(await ask('92 6d', even, 8001)).toBe('79 79');
    expect(memory.readoutProtected).toBe(false);
    expect(show(memory.flash.read(0x0800_0000, 4))).toBe('ff ff ff ff');
    expect(bench.calls).toEqual(['reset']);
  });

  test('Readout Protect resets into a protected part that keeps its flash', async () => {
    const { bench, memory, ask } = await synchronised();
    memory.flash.preload(0x0800_0000, hex('01020304'));
    expect(await ask('82 7d')).toBe('79 79');
    expect(memory.readoutProtected).toBe(true);
    expect(show(memory.flash.read(0x0800_0000, 4))).toBe('01 02 03 04');
    expect(bench.calls).toEqual(['reset']);
  });

  test('Write Protect of sector 1, and Write Unprotect', async () => {
    const { bench, rom, memory, ask } = await synchronised();
    await ask('63 9c');
    expect(await ask('00 01 01')).toBe('79');
    expect([...memory.flash.protectedSectors]).toEqual([0x0800_4000]);
    expect(bench.calls).toEqual(['reset']);
    rom.start(bench.context);
    await bench.wait(100);
    await ask('7f');
    expect(await ask('73 8c')).toBe('79 79');
    expect([...memory.flash.protectedSectors]).toEqual([]);
  });

  test('a reset leaves no answer behind', async () => {
    const { bench, rom } = await synchronised();
    bench.sent.length = 0;
    rom.usartReceive(hex('00 ff'), even);
    rom.stop();
    await bench.wait(10);
    expect(bench.sent).toEqual([]);
  });

  test('a reset in the middle of a write leaves whole words, and no ACK comes', async () => {
    const { memory, rom, ask } = await synchronised({ timeScale: 1000 }); // 16 ms a word
    await ask('31 ce');
    await ask('08 00 00 00 08');
    expect(await ask('07 01 01 01 01 02 02 02 02 07', even, 20)).toBe('');
    rom.stop();
    expect(show(memory.flash.read(0x0800_0000, 8))).toBe('01 01 01 01 ff ff ff ff');
  });
});
