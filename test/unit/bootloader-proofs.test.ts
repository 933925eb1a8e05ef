import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { BlockNumbers } from '../../src/ops/bootloader/block-numbers.ts';
import { canReadBeside, failedAgain, failedRead } from '../../src/ops/bootloader/failed-read.ts';
import { ratesLeftBehind } from '../../src/ops/bootloader/usart-rates.ts';
import { DfuSeClient } from '../../src/protocol/dfuse/client.ts';
import { parseMemoryLayout } from '../../src/protocol/dfuse/memory-layout.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { type ScriptedAnswer, ScriptedUsb } from '../helpers/scripted-usb.ts';

const flashBase = 0x0800_0000;
const layout = parseMemoryLayout('@Internal Flash /0x08000000/04*001Kg');

describe('whether a ROM heeds block numbers', () => {
  const place = (number: number, pointer = flashBase) => ({ pointer, number, isNew: false });
  const stateOf = ({ isProven, isUnused, isGuess }: BlockNumbers) => ({ isProven, isUnused, isGuess });
  const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(1, 3)];
  const nothing = { isProven: false, isUnused: false, isGuess: false };

  test('is shown by two blocks of one pointer that differ', () => {
    const numbers = new BlockNumbers();
    numbers.saw(place(2), a);
    expect(stateOf(numbers)).toEqual(nothing);
    numbers.saw(place(3), b);
    expect(stateOf(numbers)).toEqual({ ...nothing, isProven: true });
  });

  test('is a guess as long as they are alike', () => {
    const numbers = new BlockNumbers();
    numbers.saw(place(2), a);
    numbers.saw(place(3), a.slice());
    expect(stateOf(numbers)).toEqual({ ...nothing, isGuess: true });
    numbers.saw(place(4), b);
    expect(stateOf(numbers)).toEqual({ ...nothing, isProven: true });
  });

  test('is not shown by one block that has changed, nor by blocks of two pointers', () => {
    const numbers = new BlockNumbers();
    numbers.saw(place(2), a);
    numbers.saw(place(2), b);
    numbers.saw(place(2, flashBase + 2048), a);
    numbers.saw(place(2), b);
    expect(stateOf(numbers)).toEqual(nothing);
    numbers.saw(place(3), a);
    expect(numbers.isProven).toBe(true);
  });

  test('is judged by what was read then, whatever becomes of the buffer', () => {
    const buffer = a.slice();
    const numbers = new BlockNumbers();
    numbers.saw(place(2), buffer);
    buffer[1] = 3;
    numbers.saw(place(3), buffer);
    expect(numbers.isProven).toBe(true);
  });

  test('is given up without a proof, and tried again when the flash has changed', () => {
    const numbers = new BlockNumbers();
    numbers.saw(place(2), a);
    numbers.giveUp();
    expect(stateOf(numbers)).toEqual({ ...nothing, isUnused: true });
    numbers.saw(place(3), b);
    expect(numbers.isProven).toBe(false);
    numbers.tryAgain();
    expect(stateOf(numbers)).toEqual(nothing);
    numbers.saw(place(3), b);
    expect(numbers.isProven).toBe(false);
    numbers.saw(place(2), a);
    expect(numbers.isProven).toBe(true);
    numbers.giveUp();
    numbers.tryAgain();
    expect(stateOf(numbers)).toEqual({ ...nothing, isProven: true });
  });
});

describe('a read of the flash that has failed', () => {
  const stall = new BootctlError('usb-stall', 'stalled', { hint: 'the usual hint' });

  test('names its place, and the sector that holds its start', () => {
    const error = failedRead(stall, layout, { address: flashBase + 1500, length: 64 });
    expect(error).toMatchObject({
      code: 'usb-stall',
      message: 'Reading 64 bytes of the flash at 0x0800_05DC failed: stalled',
      hint: expect.stringContaining('`bootctl flash --full`'),
      details: { sector: flashBase + 1024, address: flashBase + 1500, length: 64 },
    });
  });

  test('by readout protection keeps its own hint', () => {
    const protection = new BootctlError('readout-protected', 'no', { hint: 'lift it' });
    expect(failedRead(protection, layout, { address: flashBase, length: 1 })).toMatchObject({ hint: 'lift it' });
  });

  test('elsewhere, or by a bug, is what it is', () => {
    expect(failedRead(stall, layout, { address: 0x1fff_0000, length: 4 })).toBe(stall);
    const bug = new TypeError('x');
    expect(failedRead(bug, layout, { address: flashBase, length: 4 })).toBe(bug);
  });

  test('a second time, after a new entry, is unreadable flash', () => {
    const first = failedRead(stall, layout, { address: flashBase + 1500, length: 64 }) as BootctlError;
    expect(failedAgain(first, [flashBase + 1024])).toMatchObject({
      code: 'flash-unreadable',
      message: expect.stringContaining('between 0x0800_05DC and 0x0800_061B failed'),
      details: { sector: flashBase + 1024, address: flashBase + 1500, length: 64 },
      cause: first,
    });
    expect(failedAgain(first, [flashBase])).toBe(first);
    expect(failedAgain(first)).toBe(first);
    expect(failedAgain(stall, [flashBase + 1024])).toBe(stall);
    const bug = new TypeError('x');
    expect(failedAgain(bug, [Number.NaN])).toBe(bug);
  });
});

describe('whether the rest of the flash can be read', () => {
  // Set Address Pointer, an abort, and a DFU_UPLOAD (AN3156 §4.1, §4.3).
  const pointed = [
    [0, 0, 0, 0, 4, 0],
    [0, 0, 0, 0, 5, 0],
  ];
  const ask = async (address: number, length: number, answers: readonly ScriptedAnswer[], of = layout) => {
    const usb = new ScriptedUsb(answers);
    const client = new DfuSeClient(usb, 0, new SimClock());
    const found = await canReadBeside(client, { layout: of, transferSize: 2048 }, { address, length }).catch(
      ({ code }) => code,
    );
    return { found, requests: usb.requests.filter((request) => !request.startsWith('a1 03')) };
  };

  test.each([
    ['is asked of the last sector', flashBase, 1024, '21 01 0000 0000 21000c0008'],
    ['up to its first byte', flashBase, 3 * 1024, '21 01 0000 0000 21000c0008'],
    ['and of the first one where the last was refused', flashBase + 3 * 1024, 4, '21 01 0000 0000 2100000008'],
    ['or a part of it', flashBase + 1024, 2 * 1024 + 1, '21 01 0000 0000 2100000008'],
  ])('%s', async (_name, address, length, pointer) => {
    const { found, requests } = await ask(address, length, [...pointed, [1, 2, 3, 4]]);
    expect([found, requests]).toEqual([true, [pointer, '21 06 0000 0000', 'a1 02 0002 0000 ?1024']]);
  });

  test('cannot be told where nothing is beside it', async () => {
    expect(await ask(flashBase, 4096, [])).toEqual({ found: false, requests: [] });
  });

  test.each([
    ['it is readout protection', ['stall', [0x0b, 0, 0, 0, 10, 0]] as const, false],
    ['the ROM reports another status', ['stall', [0x01, 0, 0, 0, 10, 0]] as const, false],
    ['the target is gone', ['gone'] as const, 'target-lost'],
  ])('where the read fails: %s', async (_name, answers, expected) => {
    expect((await ask(flashBase, 4, [...pointed, ...answers])).found).toBe(expected);
  });
});

test.each([
  [{ baudRate: 115_200 }, [921_600, 460_800, 230_400]],
  [{ baudRate: 230_400 }, [921_600, 460_800]],
  [{ baudRate: 115_200, fastestBaudRate: 460_800 }, [460_800, 230_400]],
  [{ baudRate: 115_200, fastestBaudRate: 115_200 }, []],
])('with %j an earlier job may have left its ROM at %j', (usart, rates) => {
  expect(ratesLeftBehind({ connected: true, ...usart })).toEqual(rates);
});
