import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import { planEntry } from '../../src/board/circuit/planner.ts';
import { An3155Client } from '../../src/protocol/an3155/client.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { referenceBoard } from '../helpers/circuits.ts';
import { type LinkAnswer, ScriptedLink } from '../helpers/scripted-link.ts';

// Bytes: AN3155 §2 (0x7F), §3 (ACK 0x79, NACK 0x1F) and the byte lists of §3.1-§3.12.
function bench(...answers: LinkAnswer[]) {
  const clock = new SimClock();
  const link = new ScriptedLink(clock, answers);
  return { clock, link, rom: new An3155Client(link, clock) };
}
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );
/** Get and its answer on an F4, and on an F1, which knows Erase instead of Extended Erase. */
const get = ['79 0b 31 00 01 02 11 21 31 44 63 73 82 92 79'] as const;
const getStandard = ['79 0b 22 00 01 02 11 21 31 43 63 73 82 92 79'] as const;

describe('no synchronisation', () => {
  const at115200 = { baudRate: 115_200, patience: 500 };

  test.each([
    { name: 'silence', answers: [], heard: /No answer to 0x7F at 115200 baud within 500 ms/ },
    { name: 'glitches only', answers: ['00', '00 ff'], heard: /No answer/ },
    { name: 'another rate', answers: ['e0 83'], heard: /answered by E0 83/ },
    { name: 'a banner with a y, which is 0x79', answers: [{ text: 'ready\r\n' }], heard: /answered by 72 65 61 64 79/ },
    { name: 'our own echo', answers: ['7f'], heard: /answered by 7F/ },
    { name: 'a ROM that answers once and dies', answers: [undefined, '79'], heard: /answered 79 .* then nothing/ },
  ])('$name', async ({ answers, heard }) => {
    const error = await failure(bench(...answers).rom.sync(at115200));
    expect(error).toMatchObject({ code: 'usart-no-sync', message: expect.stringMatching(heard) });
  });

  test('an abort ends it with its own reason', async () => {
    const clock = new SimClock();
    const controller = new AbortController();
    const rom = new An3155Client(new ScriptedLink(clock), clock, controller.signal);
    clock.setTimeout(() => controller.abort(new Error('Ctrl-C')), 250);
    expect(await failure(rom.sync({ baudRate: 9600, patience: 60_000 }))).toMatchObject({ message: 'Ctrl-C' });
    expect(clock.now()).toBe(250);
  });

  test('a lost adapter is no missing bootloader', async () => {
    expect(await failure(bench('lost').rom.sync(at115200))).toMatchObject({ code: 'adapter-lost' });
  });
});

describe('synchronisation', () => {
  test.each([
    { name: 'ACK at once', answers: ['79'], written: ['7f'] },
    { name: 'NACK at once: it had been synchronised before', answers: ['1f'], written: ['7f'] },
    { name: 'a glitch before the ACK (stm32flash issue 3)', answers: ['00 79'], written: ['7f'] },
    { name: 'a glitch, and later the ACK', answers: ['00 | +30 79'], written: ['7f'] },
    {
      name: 'not up at first: the ACK answers the last 0x7F, whose successors make one refused command',
      answers: [undefined, undefined, '79', undefined, '1f'],
      written: ['7f', '7f', '7f', '7f', '7f'],
    },
    {
      name: 'a late ACK: the last 0x7F is half a command, which the next completes',
      answers: ['+130 79', undefined, '1f'],
      written: ['7f', '7f', '7f'],
    },
    {
      name: 'half a command pending (stm32flash: second 0x7F)',
      answers: [undefined, '1f', undefined, '1f'],
      written: ['7f', '7f', '7f', '7f'],
    },
  ])('$name', async ({ answers, written }) => {
    const { rom, link } = bench(...answers);
    await rom.sync({ baudRate: 57_600, patience: 1_000 });
    expect(link.written).toEqual(written);
    expect(link.calls.slice(0, 2)).toEqual(['57600 even', 'drain']);
  });
});

describe('refusals', () => {
  test.each([
    { name: 'Read Memory, one NACK', answers: ['1f'], ask: (rom: An3155Client) => rom.read(0x0800_0000, 4) },
    { name: 'Write Memory', answers: ['1f'], ask: (rom: An3155Client) => rom.write(0x0800_0000, new Uint8Array(4)) },
    { name: 'Go', answers: ['1f'], ask: (rom: An3155Client) => rom.go(0x0800_0000) },
    { name: 'Extended Erase', answers: [...get, '1f'], ask: (rom: An3155Client) => rom.erasePages([0]) },
    {
      name: 'no answer, twice, of a ROM that is alive (AN2606 T30, T74, T155)',
      answers: [undefined, undefined, '1f', undefined, undefined, '1f'],
      ask: (rom: An3155Client) => rom.read(0x0800_0000, 4),
    },
  ])('of a command are readout protection: $name', async ({ answers, ask }) => {
    expect(await failure(ask(bench(...answers).rom))).toMatchObject({ code: 'readout-protected', exitStatus: 6 });
  });

  test('a command that was lost once is sent again', async () => {
    const { rom, link } = bench(undefined, undefined, '1f', '79', '79', '79 01');
    expect(hex(await rom.read(0x0800_0000, 1))).toBe('01');
    expect(link.written).toEqual(['11ee', '7f', '7f', '11ee', '0800000008', '00ff']);
  });

  test('the second NACK of an old ROM is not taken for the answer to the next command', async () => {
    const { rom } = bench('1f | +3 1f', '79 01 04 13 79');
    expect(await failure(rom.read(0x0800_0000, 4))).toMatchObject({ code: 'readout-protected' });
    expect(await rom.getId()).toBe(0x413);
  });

  test('a byte after a NACK that is no second NACK is kept', async () => {
    const { rom } = bench('79', '1f | +3 79', '01 04 13 79');
    expect(await failure(rom.read(0x0800_0000, 4))).toMatchObject({ code: 'usart-nack' });
    expect(await rom.getId()).toBe(0x413);
  });

  test.each([
    { name: 'an address without memory', answers: ['79', '1f'], what: /Read Memory at 0x2000_0000/ },
    { name: 'a length that leaves the memory', answers: ['79', '79', '1f'], what: /Read Memory at 0x2000_0000/ },
  ])('of a frame are not: $name', async ({ answers, what }) => {
    const error = await failure(bench(...answers).rom.read(0x2000_0000, 4));
    expect(error).toMatchObject({ code: 'usart-nack', message: expect.stringMatching(what) });
  });

  test('a NACK to what the ROM has done before is no readout protection, which would cost the flash', async () => {
    const { rom } = bench('79', '79', '79 01', '1f');
    await rom.read(0x0800_0000, 1);
    expect(await failure(rom.read(0x0800_0000, 1))).toMatchObject({ code: 'usart-nack' });
  });

  test.each([
    { name: 'in the midst of a command', answers: ['1f'], written: ['7f'] },
    { name: 'at its start', answers: [undefined, '1f'], written: ['7f', '7f'] },
  ])('a ROM that was synchronised is found again $name', async ({ answers, written }) => {
    const { rom, link } = bench(...answers);
    await rom.recall();
    expect(link.written).toEqual(written);
  });

  test('a ROM that is gone is not', async () => {
    expect(await failure(bench().rom.recall())).toMatchObject({ code: 'usart-no-sync' });
  });

  test('a command that Get does not list is not sent', async () => {
    const { rom, link } = bench('79 05 31 00 01 02 44 92 79');
    await rom.get();
    expect(await failure(rom.read(0x0800_0000, 4))).toMatchObject({ code: 'usart-nack' });
    expect(await failure(bench('79 03 31 00 01 02 79').rom.erasePages([1]))).toMatchObject({ code: 'usart-nack' });
    expect(link.written).toEqual(['00ff']);
  });

  test('a bank cannot be erased with Erase', async () => {
    expect(await failure(bench(...getStandard).rom.massErase('bank1'))).toMatchObject({ code: 'usart-nack' });
  });
});

describe('answers that are none', () => {
  test.each([
    { name: 'silence to Get', answers: [], ask: (rom: An3155Client) => rom.get(), code: 'usart-timeout' },
    { name: 'silence, 0x7F too', answers: [], ask: (rom: An3155Client) => rom.go(0), code: 'usart-timeout' },
    { name: 'half the data', answers: ['79', '79', '79 01'], code: 'usart-timeout' },
    { name: 'a byte that AN3155 does not have', answers: ['aa bb'], code: 'usart-malformed' },
    { name: 'data where an ACK belongs', answers: ['79', '55'], code: 'usart-malformed' },
    {
      name: 'no ACK behind Get ID',
      answers: ['79 01 04 13 00'],
      ask: (rom: An3155Client) => rom.getId(),
      code: 'usart-malformed',
    },
    { name: 'port gone', answers: ['79', 'lost'] as LinkAnswer[], code: 'adapter-lost' },
  ])('$name -> $code', async ({ answers, ask = (rom: An3155Client) => rom.read(0x0800_0000, 4), code }) => {
    expect(await failure(ask(bench(...answers).rom))).toMatchObject({ code });
  });

  test('what the ROM did answer is in the message', async () => {
    const short = await failure(bench('79', '79', '79 01 02').rom.read(0x0800_0000, 4));
    expect(short).toMatchObject({ message: expect.stringContaining('2 of 4 bytes') });
    expect(await failure(bench('aa bb').rom.get())).toMatchObject({ message: expect.stringContaining('AA BB') });
  });
});

describe('commands', () => {
  test('an impossible argument is noticed before a byte is sent', async () => {
    const { rom, link } = bench();
    expect(await failure(rom.read(0x0800_0000, 257))).toBeInstanceOf(RangeError);
    expect(await failure(rom.write(0x0800_0002, new Uint8Array(4)))).toBeInstanceOf(RangeError);
    expect(link.calls).toEqual([]);
  });

  test('one write for each frame, answers in any pieces (§3.4)', async () => {
    const { rom, link } = bench('+16 79', '+16 79', '+16 79 | 01 02 | +16 03 04');
    expect(hex(await rom.read(0x0800_0000, 4))).toBe('01020304');
    expect(link.written).toEqual(['11ee', '0800000008', '03fc']);
  });

  test('Write Memory (§3.6)', async () => {
    const { rom, link } = bench('79', '79', '+900 79');
    await rom.write(0x0800_0100, Uint8Array.of(1, 2, 3, 4, 5));
    expect(link.written).toEqual(['31ce', '0800010009', '070102030405fffffff9']);
  });

  test('Get Version (§3.2), Go (§3.5), Readout Unprotect (§3.12), whose erase takes its time', async () => {
    const { rom, link } = bench('79 31 00 00 79', '79', '79', '79 | +30000 79');
    expect(await rom.getVersion()).toEqual({ version: 0x31, optionBytes: [0, 0] });
    await rom.go(0x0800_0000);
    await rom.readoutUnprotect();
    expect(link.written).toEqual(['01fe', '21de', '0800000008', '926d']);
  });

  test('Write Unprotect (§3.10): the second ACK comes when the option bytes are written', async () => {
    const { rom, link } = bench('79 | +40 79');
    await rom.writeUnprotect();
    expect(link.written).toEqual(['738c']);
    expect(await failure(bench('1f').rom.writeUnprotect())).toMatchObject({ code: 'readout-protected' });
  });

  test('Extended Erase where it is listed: 512 pages a command, 5 s a page (§3.8)', async () => {
    const { rom, link } = bench(...get, '79', '+2000000 79', '79', '+4000 79');
    await rom.erasePages(Array.from({ length: 513 }, (_, page) => page));
    expect(link.written.map((frame) => frame.slice(0, 8))).toEqual(['00ff', '44bb', '01ff0000', '44bb', '00000200']);
    expect(link.written[2]).toHaveLength(2 * (2 + 1024 + 1));
  });

  test('Erase elsewhere, and mass erases (§3.7, §3.8)', async () => {
    const standard = bench(...getStandard, '79', '79', '79', '+30000 79');
    await standard.rom.erasePages([2, 5]);
    await standard.rom.massErase();
    expect(standard.link.written).toEqual(['00ff', '43bc', '01020506', '43bc', 'ff00']);
    const extended = bench(...get, '79', '+30000 79', '79', '79');
    await extended.rom.massErase();
    await extended.rom.massErase('bank2');
    expect(extended.link.written).toEqual(['00ff', '44bb', 'ffff00', '44bb', 'fffd02']);
  });

  test('a slow line has the time that its bytes take: 256 at 1200 baud are 2.3 s', async () => {
    const { rom } = bench('79', '79', '79', `79 | +2300 ${'5a'.repeat(256)}`);
    await rom.sync({ baudRate: 1_200, patience: 0 });
    expect(await rom.read(0x0800_0000, 256)).toHaveLength(256);
  });
});

describe('with the simulated ROM', () => {
  /** A target whose ROM never enumerates, brought in by the lines; and a client on the same adapter. */
  async function entered(scenario: 'no-usb' | 'readout-protected') {
    const profile = referenceBoard({ usart: { connected: true, baudRate: 115_200 } });
    const sim = createSimBench({ profile, scenario });
    const [port] = await sim.serial.list();
    const link = await sim.serial.open(port!.path, { baudRate: 115_200, parity: 'none' });
    for (const { lines, hold } of planEntry('lines', profile.wiring, profile).steps) {
      await link.setLines(lines);
      await sleep(sim.clock, hold);
    }
    const rom = new An3155Client(link, sim.clock);
    await rom.sync({ baudRate: 115_200, patience: 1_000 });
    return { sim, rom };
  }

  test('identify, erase, write, read back and go', async () => {
    const { sim, rom } = await entered('no-usb');
    expect(await rom.get()).toMatchObject({ version: 0x31 });
    expect(await rom.getId()).toBe(0x413);
    await rom.erasePages([0, 1]);
    const vectors = Uint8Array.from(Buffer.from('0000022001020008', 'hex'));
    await rom.write(0x0800_0000, vectors);
    expect(hex(await rom.read(0x0800_0000, 12))).toBe('0000022001020008ffffffff');
    expect(sim.boards[0].memory.flash.read(0x0800_0000, 8)).toEqual(vectors);
    await rom.go(0x0800_0000);
    await sleep(sim.clock, 10);
    expect(sim.truth.of('left')).toMatchObject([{ address: 0x0800_0000 }]);
  });

  test('readout protection is seen, and lifting it erases and resets', async () => {
    const { sim, rom } = await entered('readout-protected');
    expect(await rom.getId()).toBe(0x413);
    expect(await failure(rom.read(0x0800_0000, 4))).toMatchObject({ code: 'readout-protected' });
    expect(await failure(rom.erasePages([0]))).toMatchObject({ code: 'readout-protected' });
    await rom.readoutUnprotect();
    expect(sim.boards[0].memory).toMatchObject({ readoutProtected: false });
    expect(sim.boards[0].memory.flash.word(0x0800_0000)).toBe(0xffff_ffff);
  });
});

describe('what has not come in time is counted', () => {
  test.each([
    { name: 'nothing of an ACK', answers: ['79', '79', '79', '', ''], heard: 'the ROM answered 0 of 4 bytes' },
    { name: 'two of four bytes', answers: ['79', '79', '79 01 02', ''], heard: 'the ROM answered 2 of 4 bytes' },
    { name: 'no ACK of the address', answers: ['79', ''], heard: 'the ROM answered nothing within' },
  ])('$name', async ({ answers, heard }) => {
    const error = await failure(bench(...answers).rom.read(0x0800_0000, 4));
    expect(error).toMatchObject({ code: 'usart-timeout', message: expect.stringContaining(heard) });
  });
});
