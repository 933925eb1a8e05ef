import { describe, expect, test } from 'vitest';
import { An3155Client } from '../../src/protocol/an3155/client.ts';
import { commandTitles } from '../../src/protocol/an3155/commands.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { type LinkAnswer, ScriptedLink } from '../helpers/scripted-link.ts';

// Get of an F4, and of an F1, which has Erase instead of Extended Erase (AN3155 §3.1).
const get = '79 0b 31 00 01 02 11 21 31 44 63 73 82 92 79';
const getStandard = '79 0b 22 00 01 02 11 21 31 43 63 73 82 92 79';
const ACK = '79';
const NACK = '1f';
const flash = 0x0800_0000;

type Ask = (rom: An3155Client) => Promise<unknown>;

function bench(...answers: LinkAnswer[]) {
  const clock = new SimClock();
  const link = new ScriptedLink(clock, answers);
  return { clock, link, rom: new An3155Client(link, clock) };
}
const refusal = (ask: Ask, ...answers: LinkAnswer[]) => ask(bench(...answers).rom).catch((error) => error);

test('commands have the titles of AN3155 §3.1 to §3.12', () => {
  expect(Object.values(commandTitles)).toEqual([
    'Get',
    'Get Version',
    'Get ID',
    'Read Memory',
    'Go',
    'Write Memory',
    'Erase',
    'Extended Erase',
    'Write Protect',
    'Write Unprotect',
    'Readout Protect',
    'Readout Unprotect',
  ]);
});

test.each<[string, Ask, readonly LinkAnswer[], string]>([
  ['Get', (rom) => rom.get(), [NACK], 'usart-nack'],
  ['Get Version', (rom) => rom.getVersion(), [NACK], 'usart-nack'],
  ['Get ID', (rom) => rom.getId(), [NACK], 'usart-nack'],
  ['Read Memory at 0x0800_0000', (rom) => rom.read(flash, 4), [ACK, NACK], 'usart-nack'],
  ['Write Memory at 0x0800_0100', (rom) => rom.write(flash + 256, new Uint8Array(4)), [ACK, ACK, NACK], 'usart-nack'],
  ['Go to 0x0800_0000', (rom) => rom.go(flash), [ACK, NACK], 'usart-nack'],
  ['Erase of 1 page', (rom) => rom.erasePages([3]), [get, ACK, NACK], 'usart-nack'],
  ['Erase of 2 pages', (rom) => rom.erasePages([3, 4]), [getStandard, ACK, NACK], 'usart-nack'],
  ['Mass erase (bank1)', (rom) => rom.massErase('bank1'), [get, ACK, NACK], 'usart-nack'],
  ['Write Unprotect', (rom) => rom.writeUnprotect(), [`${ACK} | +1 ${NACK}`], 'usart-nack'],
  ['Readout Unprotect', (rom) => rom.readoutUnprotect(), [`${ACK} | +1 ${NACK}`], 'usart-nack'],
])('what is refused is told: %s', async (title, ask, answers, code) => {
  const error = await refusal(ask, ...answers);
  expect(error).toMatchObject({ code, message: `${title}: the ROM answered NACK` });
});

describe('readout protection', () => {
  test.each<[string, Ask, readonly LinkAnswer[]]>([
    ['The ROM refuses Read Memory', (rom) => rom.read(flash, 4), [NACK]],
    ['The ROM refuses Erase', (rom) => rom.erasePages([1]), [getStandard, NACK]],
    ['The ROM does not answer Go', (rom) => rom.go(flash), [undefined, undefined, NACK, undefined, undefined, NACK]],
  ])('%s', async (says, ask, answers) => {
    const error = await refusal(ask, ...answers);
    expect(error).toMatchObject({
      code: 'readout-protected',
      message: `${says}: the flash is readout-protected`,
      cause: { code: says.includes('refuses') ? 'usart-nack' : 'usart-timeout' },
    });
  });

  test('that the ROM refuses to lift is said as such; silence to it is not', async () => {
    expect(await refusal((rom) => rom.readoutUnprotect(), NACK)).toMatchObject({
      code: 'unprotect-refused',
      message: 'Readout Unprotect: the ROM answered NACK',
      cause: { code: 'usart-nack' },
    });
    expect(await refusal((rom) => rom.readoutUnprotect())).toMatchObject({ code: 'usart-timeout' });
  });
});

describe('erasing', () => {
  test.each<[string, string, Ask]>([
    ['Erase', '79 03 31 00 01 02 79', (rom) => rom.erasePages([1])],
    ['Erase', '79 03 31 00 01 02 79', (rom) => rom.massErase()],
    ['Extended Erase', getStandard, (rom) => rom.massErase('bank2')],
  ])('by a ROM without %s is not tried', async (title, listed, ask) => {
    const { rom, link } = bench(listed);
    await expect(ask(rom)).rejects.toMatchObject({
      code: 'usart-nack',
      message: `This ROM's Get does not list ${title}`,
    });
    expect(link.written).toEqual(['00ff']);
  });

  test('no page is no command, and 512 pages are one', async () => {
    const { rom, link } = bench(get, ACK, ACK);
    await rom.erasePages([]);
    expect(link.written).toEqual(['00ff']);
    await rom.erasePages(Array.from({ length: 512 }, (_, page) => page));
    expect(link.written).toHaveLength(3);
  });
});

test('an address that is no multiple of 4 is refused by its own text', async () => {
  await expect(bench().rom.write(flash + 2, new Uint8Array(4))).rejects.toThrow('a multiple of 4, not 0x0800_0002');
});

test('a block on a slow line has the time that its bytes take: 262 at 1200 baud are 2.4 s, and the write 2 s', async () => {
  const { rom } = bench(ACK, ACK, ACK, '+4200 79');
  await rom.sync({ baudRate: 1_200, patience: 0 });
  await expect(rom.write(flash, new Uint8Array(256))).resolves.toBeUndefined();
});

test('a client tells its port', () => {
  expect(bench().rom.path).toBe('/dev/ttyTEST');
});
