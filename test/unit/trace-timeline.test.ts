import { describe, expect, test } from 'vitest';
import { fold } from '../../src/trace/fold.ts';
import { timelineOf } from '../../src/trace/timeline.ts';
import type { BenchEvent } from '../../src/trace/trace-event.ts';
import { vcdOf } from '../../src/trace/vcd.ts';
import { traceOf } from '../helpers/trace.ts';

const control = (setup: string, data = '', code?: string): BenchEvent => ({
  event: 'usb.control',
  t: 0,
  end: 1,
  path: '1-2',
  setup: setup.replaceAll(' ', ''),
  data: data.replaceAll(' ', ''),
  ...(code ? { error: { code, message: 'made up' } } : {}),
});
const textsOf = (...events: BenchEvent[]) => timelineOf(traceOf(...events)).map(({ text }) => text);

describe('control transfers in the words of the documents', () => {
  test.each([
    // DFU 1.1 §6.1.2: bStatus, bwPollTimeout (3), bState, iString
    ['a1 03 0000 0000 0600', '00 640000 04 00', 'DFU_GETSTATUS -> dfuDNBUSY, OK, poll 100 ms'],
    ['a1 03 0000 0000 0600', '00 000000 05 00', 'DFU_GETSTATUS -> dfuDNLOAD-IDLE, OK'],
    ['a1 03 0000 0000 0600', '0b 000000 0a 00', 'DFU_GETSTATUS -> dfuERROR, errVENDOR'],
    ['a1 03 0000 0000 0600', '00 0000', 'DFU_GETSTATUS -> 00 00 00'],
    // AN3156 §4: commands are blocks 0
    ['21 01 0000 0000 0500', '21 00000008', 'DFU_DNLOAD block 0, 5 bytes: Set Address Pointer 0x0800_0000'],
    ['21 01 0000 0000 0500', '41 00c00008', 'DFU_DNLOAD block 0, 5 bytes: Erase 0x0800_C000'],
    ['21 01 0000 0000 0100', '41', 'DFU_DNLOAD block 0, 1 byte: Erase, the whole memory'],
    ['21 01 0000 0000 0100', '92', 'DFU_DNLOAD block 0, 1 byte: Read Unprotect'],
    ['21 01 0200 0000 0400', '21000000', 'DFU_DNLOAD block 2, 4 bytes'],
    ['21 01 0200 0000 0000', '', 'DFU_DNLOAD block 2, no data'],
    ['a1 02 0300 0000 0008', '00'.repeat(2048), 'DFU_UPLOAD block 3 -> 2048 bytes'],
    ['21 04 0000 0000 0000', '', 'DFU_CLRSTATUS'],
    ['21 06 0000 0000 0000', '', 'DFU_ABORT'],
    // USB 2.0 §9.4.3
    ['80 06 0002 0000 0900', '09022400010100c032', 'GET_DESCRIPTOR configuration 0 -> 9 bytes'],
    ['80 06 0403 0904 ff00', '0403 4000', 'GET_DESCRIPTOR string 4 -> 4 bytes'],
    ['21 20 0000 0000 0700', '00c20100000008', 'setup 21 20 00 00 00 00 07 00, data 00 C2 01 00 00 00 08'],
  ])('%s %s: %s', (setup, data, text) => {
    expect(textsOf(control(setup, data))).toEqual([text]);
  });

  test('a failure has its code', () => {
    expect(textsOf(control('a1 02 0200 0000 0400', '', 'usb-stall'))).toEqual([
      'DFU_UPLOAD block 2 failed: made up [usb-stall]',
    ]);
  });
});

const port = '/dev/ttyUSB0';
let now = 0;
const format = (parity: 'none' | 'even'): BenchEvent => ({
  event: 'serial.open',
  t: now++,
  end: now,
  port,
  baudRate: 115_200,
  parity,
});
const bytes = (event: 'serial.out' | 'serial.in', data: string): BenchEvent => ({
  event,
  t: now++,
  end: now,
  port,
  data: data.replaceAll(' ', ''),
});

describe('bytes on serial', () => {
  test('have their names of AN3155 in its character format', () => {
    const texts = textsOf(
      format('even'),
      bytes('serial.out', '7f'),
      bytes('serial.in', '79'),
      bytes('serial.out', '00ff'), // §3.1
      bytes('serial.in', '79 01 31 00 79'), // one command, Get itself
      bytes('serial.out', '11ee'), // §3.4
      bytes('serial.in', '79'),
      bytes('serial.out', '08 00 01 00 09'),
      bytes('serial.in', '79'),
      bytes('serial.out', '11 ee'), // 18 bytes, although it looks like Read Memory
      bytes('serial.in', '79'),
      bytes('serial.in', '79 1f'), // data, although they look like ACK and NACK
      bytes('serial.out', '31ce'), // §3.6
      bytes('serial.in', '1f'),
      bytes('serial.out', '44bb'), // §3.8
      bytes('serial.in', '79'),
      bytes('serial.out', 'ff ff 00'),
      bytes('serial.in', ''),
    );
    expect(texts).toEqual([
      'opened with 115200 baud, 8E1',
      'sent sync (7F)',
      'received ACK',
      'sent Get (00 FF)',
      'received ACK, then version 3.1, which lists Get; ACK',
      'sent Read Memory (11 EE)',
      'received ACK',
      'sent address 0x0800_0100',
      'received ACK',
      'sent length: 18 bytes',
      'received ACK',
      'received 79 1F',
      'sent Write Memory (31 CE)',
      'received NACK',
      'sent Extended Erase (44 BB)',
      'received ACK',
      'sent what to erase: the whole flash',
      'nothing received within 1 ms',
    ]);
  });

  test('that are wrong are named, and what is right of them', () => {
    const texts = textsOf(
      format('even'),
      bytes('serial.out', '31cf'), // §3: 31 and CE
      bytes('serial.in', '1f'),
      bytes('serial.out', '31ce'),
      bytes('serial.in', '79'),
      bytes('serial.out', '08 00 01 00 08'), // XOR is 09
      bytes('serial.in', '1f'),
      bytes('serial.out', '11ee'), // a NACK has ended the command before
      bytes('serial.in', '79'),
      bytes('serial.out', '08 00 01 00 09'),
      bytes('serial.in', '79'),
      bytes('serial.out', 'ff 01'),
      bytes('serial.in', '1f'),
      bytes('serial.out', '31ce'),
      bytes('serial.in', '79'),
      bytes('serial.out', '08 00 01 00 09'),
      bytes('serial.in', '79'),
      bytes('serial.out', '03 01 02 04 08 00'), // XOR is 0C
      bytes('serial.in', '1f'),
    );
    expect(texts.filter((text) => text.startsWith('sent'))).toEqual([
      'sent Write Memory (31 CF), but its complement is CF instead of CE',
      'sent Write Memory (31 CE)',
      'sent address 0x0800_0100, but its checksum is 08 instead of 09',
      'sent Read Memory (11 EE)',
      'sent address 0x0800_0100',
      'sent length: 256 bytes, but its complement is 01 instead of 00',
      'sent Write Memory (31 CE)',
      'sent address 0x0800_0100',
      'sent 4 bytes, but its checksum is 00 instead of 0C',
    ]);
  });

  test('of an erase are page numbers, and of an identification what it says', () => {
    const erase = (command: string, pages: string) => [
      bytes('serial.out', command),
      bytes('serial.in', '79'),
      bytes('serial.out', pages),
      bytes('serial.in', '79'),
    ];
    const texts = textsOf(
      format('even'),
      ...erase('44bb', '00 01 00 01 00 04 04'), // §3.8: N - 1, pages 1 and 4, XOR
      ...erase('44bb', 'ff fd 02'),
      ...erase('44bb', 'ff f5 0a'),
      ...erase('43bc', '00 07 07'), // §3.7
      ...erase('43bc', 'ff 00'),
      bytes('serial.out', '02fd'), // §3.3
      bytes('serial.in', '79 01 04 13 79'),
      bytes('serial.out', '01fe'), // §3.2
      bytes('serial.in', '79 31 00 00 79'),
    );
    expect(texts.filter((text) => /what to erase|then/.test(text))).toEqual([
      'sent what to erase: pages 1, 4',
      'sent what to erase: bank 2',
      'sent what to erase: reserved code FFF5',
      'sent what to erase: page 7',
      'sent what to erase: the whole flash',
      'received ACK, then product id 0x413; ACK',
      'received ACK, then version 3.1; ACK',
    ]);
  });

  test('are text or hex in any other', () => {
    expect(textsOf(format('none'), bytes('serial.out', '00ff'), bytes('serial.in', '6f6b0d0a'))).toEqual([
      'opened with 115200 baud, 8N1',
      'sent 00 FF',
      'received "ok\\r\\n"',
    ]);
  });
});

test('rows are in the order in which things began, with what the wiring makes of the lines', () => {
  const rows = timelineOf(
    traceOf(
      {
        event: 'usb.appeared',
        t: 6,
        device: { path: '1-2', instance: '5', vendorId: '0483', productId: 'df11', bcdDevice: '2200' },
      },
      { event: 'lines.edge', t: 5, end: 7, port, rts: 'released', dtr: 'asserted' },
      { event: 'job', t: 7, name: 'lines.set', values: { purpose: 'charge BOOT0' } },
      { event: 'machine.state', t: 8, machine: 'bootEntry', state: 'releasing', cause: 'operator.aborted' },
    ),
  );
  expect(rows).toEqual([
    { t: 5, took: 2, who: port, text: 'RTS released  DTR asserted  NRST 1  BOOT0 1  charge BOOT0' },
    { t: 6, who: 'USB bus', text: '0483:df11 appeared at 1-2' },
    { t: 8, who: 'bootEntry', text: 'releasing on operator.aborted' },
  ]);
});

describe('folding', () => {
  const rows = (kinds: string) =>
    [...kinds].map((kind, at) => (kind === '.' ? { at } : { at, kind, follows: kind > 'm' }));
  test.each([
    { kinds: 'aaaaa', shown: [[0]], repeats: [4] },
    { kinds: 'aaa', shown: [[0], [1], [2]], repeats: [0, 0, 0] },
    { kinds: '.....', shown: [[0], [1], [2], [3], [4]], repeats: [0, 0, 0, 0, 0] },
    { kinds: 'axyaxyaxyaxyb', shown: [[0, 1, 2], [12]], repeats: [3, 0] },
    // what follows another row does not begin a pattern, though xya repeats as well as axy
    { kinds: 'bxyaxyaxyaxyaxy', shown: [[0], [1], [2], [3, 4, 5]], repeats: [0, 0, 0, 3] },
  ])('$kinds', ({ kinds, shown, repeats }) => {
    const folded = fold(rows(kinds));
    expect(folded.map((group) => group.shown.map(({ at }) => at))).toEqual(shown);
    expect(folded.map((group) => group.repeats)).toEqual(repeats);
  });

  test('keeps the pattern as it came last', () => {
    expect(fold(rows('axaxaxax')).map(({ last }) => last.map(({ at }) => at))).toEqual([[6, 7]]);
  });
});

test('in a trace with lines of the host, pins come from the job, and a waveform claims none from RTS and DTR alone', () => {
  const wiring = {
    'rts released, dtr released': { boot0: 0, nrst: 1 },
    'rts asserted, dtr released': { boot0: 1, nrst: 1 },
    'rts released, dtr asserted': { boot0: 0, nrst: 0 },
    'rts asserted, dtr asserted': { boot0: 1, nrst: 0 },
  } as const;
  const header = {
    trace: 'bootctl',
    version: 1,
    bootctl: '0',
    profile: 'p',
    argv: [],
    date: '',
    clock: 'ms',
    wiring,
    usb: { bootloader: '0483:df11' },
  } as const;
  const events = [
    { event: 'lines.edge', t: 1, end: 2, port: '/dev/ttyUSB0', rts: 'asserted', dtr: 'released' },
    { event: 'gpio.set', t: 2, end: 3, chip: 'gpiochip0', offsets: [21], levels: [0] },
    { event: 'job', t: 3, name: 'lines.set', values: { pins: { nrst: 0, boot0: 1 }, purpose: 'reset' } },
  ] as const;
  const trace = { header, events, isCut: false };
  for (const signal of ['rts', 'nrst', 'boot0']) {
    const [, code] = new RegExp(`var wire 1 (.) ${signal} `).exec(vcdOf(trace))!;
    expect(
      vcdOf(trace)
        .split('\n')
        .filter((line) => line.endsWith(code!) && /^[01].$/.test(line)),
    ).toEqual([]);
  }
  expect(timelineOf(trace).map(({ text }) => text.trimEnd())).toEqual([
    'RTS asserted  DTR released',
    'gpiochip0/21 0  NRST 0  BOOT0 1  reset',
  ]);
});
