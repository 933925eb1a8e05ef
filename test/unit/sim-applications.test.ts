import { describe, expect, test } from 'vitest';
import type { SoftJump } from '../../src/board/soft-jump.ts';
import type { TargetProgram } from '../../src/sim/board/target-program.ts';
import type { UsbFunction } from '../../src/sim/board/usb-function.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { TargetMemory } from '../../src/sim/chip/target-memory.ts';
import { applicationFor } from '../../src/sim/firmware/applications.ts';
import type { FirmwareManner } from '../../src/sim/firmware/firmware-manner.ts';
import { profileApplication } from '../../src/sim/firmware/profile-application.ts';
import { CdcFunction } from '../../src/sim/firmware/usb-cdc.ts';
import { referenceBoard } from '../helpers/circuits.ts';
import { hex, targetBench, transfer } from '../helpers/target-context.ts';

/** SET_LINE_CODING and SET_CONTROL_LINE_STATE of USB PSTN 1.2 §6.3.10, §6.3.14. */
const lineCoding = (baudRate: string) => ['21 20 0000 0000 0700', `${baudRate} 00 00 08`] as const;
const dtr = (level: 0 | 1) => `21 22 0${level}00 0000 0000`;
const none115200 = { baudRate: 115_200, parity: 'none' } as const;

/** What a host does at the serial port of this device. */
function hostOf(bench: ReturnType<typeof targetBench>, device: UsbFunction) {
  const read = async (ms = 10) => {
    const giveUp = new AbortController();
    const timer = bench.clock.setTimeout(() => giveUp.abort(), ms);
    const bytes = await device.read!(1, 512, giveUp.signal).catch(() => new Uint8Array());
    bench.clock.clearTimeout(timer);
    return new TextDecoder().decode(bytes);
  };
  const write = async (text: string) => {
    await device.write!(1, new TextEncoder().encode(text));
    await bench.wait(10);
  };
  return { bench, device, read, write };
}

/** A serial port that greets whoever opens it. */
function greeter() {
  const cdc: CdcFunction = new CdcFunction(
    { vendorId: 0x1209, productId: 1, manufacturer: 'm', product: 'p', serialNumber: 's' },
    { opened: () => cdc.send('ready\r\n'), closed: () => {}, received: () => {} },
  );
  return hostOf(targetBench(), cdc);
}

/** A firmware that these soft jumps ask, and its way into the ROM. */
const firmwareFor = (softJump: readonly SoftJump[], toRom: () => void, manner: FirmwareManner = {}): TargetProgram =>
  profileApplication(referenceBoard({ softJump }), toRom, manner);

async function onUsb(softJump: readonly SoftJump[], manner?: FirmwareManner) {
  const bench = targetBench();
  firmwareFor(softJump, () => bench.calls.push('rom'), manner).start(bench.context);
  await bench.wait(200);
  return hostOf(bench, bench.attached!);
}

const send = 'bootloader\r\n';
const command: SoftJump = { trigger: 'serial-command', send, baudRate: 115_200, via: 'target' };
const repl: SoftJump = { trigger: 'micropython', via: 'target' };

describe('a serial port on USB', () => {
  test('is silent until a host opens it, then says that it is ready', async () => {
    const { device, read } = greeter();
    expect(await read()).toBe('');
    const pending = read(1000);
    await transfer(device, dtr(1));
    expect(await pending).toBe('ready\r\n');
  });

  test('a read of the notification endpoint waits for ever and does not disturb the data', async () => {
    const { device, read } = greeter();
    const pending = read(1000);
    const giveUp = new AbortController();
    const notification = device.read!(2, 8, giveUp.signal);
    await transfer(device, dtr(1));
    expect(await pending).toBe('ready\r\n');
    giveUp.abort(new Error('unlinked'));
    await expect(notification).rejects.toThrow('unlinked');
  });

  test('line coding is kept: 9600 baud, even parity', async () => {
    const { device } = greeter();
    expect(await transfer(device, 'a1 21 0000 0000 0700')).toBe('00 c2 01 00 00 00 08');
    await transfer(device, '21 20 0000 0000 0700', '80 25 00 00 00 02 08');
    expect(await transfer(device, 'a1 21 0000 0000 0700')).toBe('80 25 00 00 00 02 08');
    expect(await transfer(device, '21 20 0000 0000 0700', '80 25')).toBe('stall');
    expect(await transfer(device, '21 23 0000 0000 0000')).toBe('stall'); // no break capability
  });

  test.each([
    { what: '1200 baud, DTR falls', baudRate: 'b0 04 00 00', levels: [1, 0], enters: true },
    { what: '1200 baud, DTR stays', baudRate: 'b0 04 00 00', levels: [1], enters: false },
    { what: '115200 baud, DTR falls', baudRate: '00 c2 01 00', levels: [1, 0], enters: false },
  ] as const)('touch: $what', async ({ baudRate, levels, enters }) => {
    const { bench, device } = await onUsb([command]);
    await transfer(device, ...lineCoding(baudRate));
    for (const level of levels) await transfer(device, dtr(level));
    await bench.wait(10);
    expect(bench.calls).toEqual(enters ? ['attach', 'detach', 'rom'] : ['attach']);
  });

  test.each([
    { writes: ['bootloader\r\n'], enters: true },
    { writes: ['boot', 'loader\r\n'], enters: true },
    { writes: ['bootloader'], enters: false },
    { writes: ['no bootloader\r\n'], enters: false },
  ])('command $writes enters the ROM: $enters', async ({ writes, enters }) => {
    const { bench, write } = await onUsb([command]);
    for (const text of writes) await write(text);
    expect(bench.calls.includes('rom')).toBe(enters);
  });

  test('stopped before its start-up is over, it never comes on the bus', async () => {
    const bench = targetBench();
    const program = firmwareFor([command], () => {});
    program.start(bench.context);
    await bench.wait(50);
    program.stop();
    await bench.wait(1000);
    expect(bench.calls).toEqual([]);
  });
});

test('on a USART it greets at its rate, and enters the ROM on command', async () => {
  const bench = targetBench();
  const board = referenceBoard({
    application: { expect: 'serial', match: 'ready', baudRate: 115_200, timeout: 1_000 },
    softJump: [{ ...command, via: 'adapter' }],
  });
  const program = profileApplication(board, () => bench.calls.push('rom'));
  program.start(bench.context);
  await bench.wait(200);
  expect(bench.sent.map(({ bytes, format }) => [new TextDecoder().decode(bytes), format])).toEqual([
    ['ready\r\n', none115200],
  ]);
  program.usartReceive?.(new TextEncoder().encode(send), { baudRate: 9600, parity: 'none' });
  await bench.wait(10);
  expect(bench.calls).toEqual([]);
  program.usartReceive?.(new TextEncoder().encode(send), none115200);
  await bench.wait(10);
  expect(bench.calls).toEqual(['detach', 'rom']);
});

/** Control characters and answers: MicroPython documentation, "The MicroPython REPL" and "Raw mode". */
describe('micropython', () => {
  test.each(['machine.bootloader()', 'pyb.bootloader()', 'import machine; machine.bootloader(100)'])(
    '%s at the prompt enters the ROM',
    async (call) => {
      const { bench, write } = await onUsb([repl]);
      await write(`\x03${call}\r`);
      expect(bench.calls).toEqual(['attach', 'detach', 'rom']);
    },
  );

  test('friendly: Ctrl-C gives a prompt, lines are echoed, Ctrl-D resets softly', async () => {
    const { write, read } = await onUsb([repl]);
    await write('\x03');
    expect(await read()).toBe('\r\n>>> ');
    await write('x = 1\r');
    expect(await read()).toBe('x = 1\r\n>>> ');
    await write('\x04');
    expect(await read()).toMatch(/^\r\nMPY: soft reboot\r\nMicroPython .*>>> $/s);
  });

  test('raw: Ctrl-A, text, Ctrl-D answers OK; Ctrl-B leaves', async () => {
    const { bench, write, read } = await onUsb([repl]);
    await write('\x01');
    expect(await read()).toBe('raw REPL; CTRL-B to exit\r\n>');
    await write('x = 1\x04');
    expect(await read()).toBe('OK\x04\x04>');
    await write('\x02');
    expect(await read()).toMatch(/>>> $/);
    await write('\x01import machine\nmachine.bootloader()\x04');
    expect(bench.calls).toEqual(['attach', 'detach', 'rom']);
  });

  test('while a program runs, only Ctrl-C is heard', async () => {
    const { bench, write, read } = await onUsb([repl], { temper: 'noisy' });
    await write('machine.bootloader()\r');
    expect(await read()).toBe('');
    expect(bench.calls).toEqual(['attach']);
    await write('\x03');
    expect(await read()).toMatch(/KeyboardInterrupt: \r\n.*>>> $/s);
    await write('machine.bootloader()\r');
    expect(bench.calls).toContain('rom');
  });
});

describe('applicationFor', () => {
  test.each([
    { what: 'SP at the end of RAM, Thumb reset vector', table: '00 00 02 20 41 01 00 08', runs: 'application' },
    { what: 'erased flash', table: 'ff ff ff ff ff ff ff ff', runs: 'crashed' },
    { what: 'SP beyond RAM', table: '04 00 02 20 41 01 00 08', runs: 'crashed' },
    { what: 'SP at the bottom of RAM', table: '00 00 00 20 41 01 00 08', runs: 'crashed' },
    { what: 'reset vector without the Thumb bit', table: '00 00 02 20 40 01 00 08', runs: 'crashed' },
    { what: 'reset vector in RAM', table: '00 00 02 20 41 01 00 20', runs: 'crashed' },
  ])('$what: $runs', ({ table, runs }) => {
    const memory = new TargetMemory(romPersonalities.F405);
    memory.flash.preload(0x0800_0000, hex(table));
    expect(
      applicationFor(
        memory,
        0x0800_0000,
        firmwareFor([], () => {}),
      ).name,
    ).toBe(runs);
  });

  test('outside of the flash nothing runs', () => {
    const memory = new TargetMemory(romPersonalities.F405);
    expect(
      applicationFor(
        memory,
        0x0900_0000,
        firmwareFor([], () => {}),
      ).name,
    ).toBe('crashed');
  });
});
