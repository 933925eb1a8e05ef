import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import type { FirmwarePort, Listener } from '../../src/sim/firmware/firmware-port.ts';
import { FlightController } from '../../src/sim/firmware/flight-controller.ts';
import { KlipperBlocks } from '../../src/sim/firmware/klipper-blocks.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { hex } from '../helpers/target-context.ts';

/** A firmware at a port of which everything is kept: what it sent, and where it went. */
function at(make: (port: FirmwarePort) => Listener) {
  const clock = new SimClock();
  const went: string[] = [];
  let sent = Buffer.alloc(0);
  const firmware = make({
    send: (data) => {
      sent = Buffer.concat([sent, typeof data === 'string' ? Buffer.from(data, 'latin1') : data]);
    },
    toRom: () => went.push('rom'),
    toRomByReset: () => went.push('rom'),
    chargeBoot0: (time) => went.push(`charge ${time}`),
    restart: () => went.push('restart'),
    after: (delay, callback) => clock.setTimeout(callback, delay),
  });
  const say = async (data: string | Uint8Array, silence = 0) => {
    sent = Buffer.alloc(0);
    firmware.push(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    if (silence > 0) await sleep(clock, silence);
    return sent;
  };
  return { say, went };
}

/** Betaflight src/main/msp/msp_serial.c (frames, `#`, reboot character), msp.c (MSP_REBOOT), cli.c. */
describe('flight controller', () => {
  test.each([
    { what: 'into the ROM', frame: '24 4d 3c 01 44 01 44', reply: '244d3e01440144', goes: ['rom'] },
    { what: 'into the firmware', frame: '24 4d 3c 01 44 00 45', reply: '244d3e01440045', goes: ['restart'] },
    { what: 'without a mode', frame: '24 4d 3c 00 44 44', reply: '244d3e01440045', goes: ['restart'] },
    { what: 'a mode that is none', frame: '24 4d 3c 01 44 05 40', reply: '244d21004444', goes: [] },
    { what: 'a wrong checksum', frame: '24 4d 3c 01 44 01 45', reply: '', goes: [] },
    { what: 'a reply', frame: '24 4d 3e 01 44 01 44', reply: '', goes: [] },
    { what: 'half a frame, then a whole one', frame: '24 4d 24 4d 3c 01 44 01 44', reply: '', goes: [] },
    { what: 'another command', frame: '24 4d 3c 00 01 01', reply: '244d21000101', goes: [] },
  ])('MSP: $what', async ({ frame, reply, goes }) => {
    const { say, went } = at((port) => new FlightController(port));
    expect((await say(hex(frame))).toString('hex')).toBe(reply);
    expect(went).toEqual(goes);
  });

  test('MSP: after a frame that was dropped the next one counts, byte by byte', async () => {
    const { say, went } = at((port) => new FlightController(port));
    await say(hex('24 4d 3c 01 44 01 45'));
    for (const byte of hex('24 4d 3c 01 44 01')) expect(await say(Uint8Array.of(byte))).toHaveLength(0);
    expect((await say(hex('44'))).toString('hex')).toBe('244d3e01440144');
    expect(went).toEqual(['rom']);
  });

  test('INAV: MSP only restarts it, whatever mode is asked for', async () => {
    const { say, went } = at((port) => new FlightController(port, { firmware: 'inav' }));
    expect((await say(hex('24 4d 3c 01 44 01 44'))).toString('hex')).toBe('244d3e004444');
    expect(went).toEqual(['restart']);
  });

  test.each([
    { says: ['#'], silence: 101, opens: true, goes: [] },
    { says: ['#'], silence: 99, opens: false, goes: [] },
    { says: ['R'], silence: 101, opens: false, goes: ['rom'] },
    { says: ['R', 'x'], silence: 60, opens: false, goes: [] },
    { says: ['#', '\r\n'], silence: 60, opens: false, goes: [] },
  ])('$says, each followed by $silence ms of silence: CLI $opens, goes to $goes', async (row) => {
    const { say, went } = at((port) => new FlightController(port));
    const heard: string[] = [];
    for (const text of row.says) heard.push((await say(text, row.silence)).toString('latin1'));
    expect(/Entering CLI Mode.*\r\n# $/s.test(heard.join(''))).toBe(row.opens);
    expect(went).toEqual(row.goes);
  });

  test.each([
    { firmware: 'betaflight', command: 'bl', says: /restarting in ROM bootloader mode\r\nRebooting$/, goes: 'rom' },
    { firmware: 'betaflight', command: 'bl rom', says: /^bl rom\r\n.*Rebooting$/s, goes: 'rom' },
    { firmware: 'betaflight', command: 'bl flash', says: /Invalid option###\r\n\r\n# $/, goes: undefined },
    { firmware: 'betaflight', command: 'dfu', says: /UNKNOWN COMMAND.*\r\n# $/s, goes: undefined },
    { firmware: 'betaflight', command: 'exit', says: /Rebooting$/, goes: 'restart' },
    { firmware: 'betaflight', command: '# a comment', says: /^# a comment\r\n\r\n# $/, goes: undefined },
    { firmware: 'inav', command: 'bl rom', says: /UNKNOWN COMMAND/, goes: undefined },
    { firmware: 'inav', command: 'dfu', says: /Restarting in DFU mode/, goes: 'rom' },
  ] as const)('$firmware CLI: $command', async ({ firmware, command, says, goes }) => {
    const { say, went } = at((port) => new FlightController(port, { firmware, inCli: true }));
    expect((await say(`${command}\r\n`)).toString('latin1')).toMatch(says);
    expect(went).toEqual(goes ? [goes] : []);
  });

  test('an open CLI takes an MSP frame for text', async () => {
    const { say, went } = at((port) => new FlightController(port, { inCli: true }));
    expect((await say(hex('24 4d 3c 01 44 01 44'))).toString('latin1')).toBe('$M<DD');
    expect((await say('#')).toString('latin1')).toBe('#');
    expect((await say('\r\n')).toString('latin1')).toMatch(/UNKNOWN COMMAND.*\r\n# $/s);
    expect(went).toEqual([]);
  });
});

/** Klipper docs/Bootloader_Entry.md; src/command.c, command_find_block; src/generic/serial_irq.c, console_task. */
describe('klipper console', () => {
  const block = ' \x1c Request Serial Bootloader!! ~';

  test.each([
    { what: 'the block', writes: [block], enters: true },
    { what: 'after a sync', writes: [`~${block}`], enters: true },
    { what: 'in pieces', writes: ['~ \x1c Requ', 'est Serial Boot', 'loader!! ~'], enters: true },
    { what: 'after half a block, with a sync between', writes: [' \x10ab', `~${block}`], enters: true },
    { what: 'after half a block, which it completes', writes: [' \x10ab', block], enters: false },
    { what: 'after text, with a sync between', writes: ['status\r\n', `~${block}`], enters: true },
    { what: 'one letter wrong', writes: [block.replace('!!', '!?')], enters: false },
    { what: 'without its last sync', writes: [block.slice(0, -1)], enters: false },
  ])('$what: $enters', async ({ writes, enters }) => {
    const { say, went } = at((port) => new KlipperBlocks(port));
    for (const text of writes) await say(text);
    expect(went).toEqual(enters ? ['rom'] : []);
  });

  test('what it does not understand is answered once, until something is understood', async () => {
    const { say } = at((port) => new KlipperBlocks(port));
    expect((await say('hello~')).toString('hex')).toMatch(/^0510.{4}7e$/);
    expect(await say('hello~')).toHaveLength(0);
  });
});
