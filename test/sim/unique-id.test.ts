import { describe, expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import type { RomDfuPersonality, RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import type { SimBench } from '../../src/sim/sim-bench.ts';
import { type RunOptions, runCommand } from '../helpers/command.ts';
import { f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

// The bytes of each id are those that the simulated factory has burnt into the chip.

const id = Uint8Array.of(0x2e, 0x00, 0x17, 0x00, 0x0c, 0x53, 0x4e, 0x33, 0x30, 0x31, 0x32, 0x20);
const digits = '2e0017000c534e3330313220';
const burn = ({ boards: [board] }: SimBench) => board.memory.burnUniqueId(id);

/** What `info` says of a board of this line, over DFU or with its USB not connected. */
async function idOf(target: string, over: 'dfu' | 'usart', more: RunOptions = {}) {
  const name = `id-${target.replaceAll(/\W+/g, '-')}-${over}`;
  const profile = profileFile(
    name,
    target,
    'adapter: {}',
    wholeBoot0,
    'usart: { connected: true }',
    'methods: [rc-cap]',
  );
  const scenario = over === 'dfu' ? [] : ['no-usb'];
  const argv = ['info', '--profile', profile, '--simulate', ...scenario, '--json'];
  const { events, result } = await runCommand(argv, { arrange: burn, ...more });
  return { event: events.find(({ event }) => event === 'target.id'), result };
}

const family = (key: string) => `target: { family: ${key} }`;
const rom = (of: RomPersonality, dfu: Partial<RomDfuPersonality> = {}, more: Partial<RomPersonality> = {}) => ({
  personality: { ...of, ...more, dfu: { ...of.dfu, ...dfu } },
});
const { F405, G0B1 } = romPersonalities;

describe('info shows the unique id', () => {
  test.each([
    { what: 'an F405 over USART, by the 256 bytes around it', target: f405, over: 'usart' },
    { what: 'a G0B1 over USART', target: family('G0B1_0C1'), over: 'usart' },
    { what: 'an L072, whose third word stands apart, over USART', target: family('L07x_08x_usb'), over: 'usart' },
    { what: 'a G0B1 over DFU, whose list has not the place', target: family('G0B1_0C1'), over: 'dfu' },
    { what: 'an L072 over DFU', target: family('L07x_08x_usb'), over: 'dfu' },
  ] as const)('of $what', async ({ target, over }) => {
    const { event, result } = await idOf(target, over);
    expect(event).toMatchObject({ uniqueId: digits });
    expect(event).not.toHaveProperty('message');
    expect(result).toMatchObject({ ok: true, flash: 'untouched', bootloader: over });
  });

  test('of a ROM that lists the memory it is in, by that memory alone', async () => {
    const alternates = [...F405.dfu.alternates, '@ENGI Bytes        /0x1FFF7A00/01*1024.e'];
    const listed = rom(F405, { alternates }, { uniqueId: { address: 0x1fff_7a10 } });
    expect((await idOf(f405, 'dfu', listed)).event).toMatchObject({ uniqueId: digits });
  });
});

describe('info says why there is none', () => {
  const silent = (bytes: number) => ({
    arrange: ({ boards: [board] }: SimBench) => board.memory.burnUniqueId(new Uint8Array(12).fill(bytes)),
  });
  test.each<{ what: string; target: string; over: 'dfu' | 'usart'; more?: RunOptions; says: string }>([
    {
      what: 'an F405 over DFU refuses',
      target: f405,
      over: 'dfu',
      says: 'the ROM does not let 0x1FFF_7A10 be read',
    },
    {
      what: 'the profile names no line',
      target: '# no target',
      over: 'dfu',
      says: 'the profile names no line, and a ROM does not say over DFU which one it is of',
    },
    {
      what: 'zeroes',
      target: family('G0B1_0C1'),
      over: 'dfu',
      more: silent(0),
      says: 'the ROM answers it with 12 times 0x00',
    },
    {
      what: 'all ones',
      target: family('G0B1_0C1'),
      over: 'usart',
      more: silent(0xff),
      says: 'the ROM answers it with 12 times 0xff',
    },
    {
      what: 'a ROM that ignores the address, and answers with other memory',
      target: f405,
      over: 'dfu',
      more: {
        ...rom(F405, { ignoresUnknownAddress: true }),
        arrange: ({ boards: [{ memory }] }) => {
          const otp = memory.others.find(({ region }) => region.kind === 'otp')!;
          otp.write(
            0x1fff_7a00,
            Uint8Array.from({ length: 16 }, (_, index) => index + 1),
          );
        },
      },
      says: 'the ROM does not let 0x1FFF_7A10 be read',
    },
    {
      what: 'a place that a ROM is not asked for',
      target: family('H503'),
      over: 'usart',
      more: rom({ ...G0B1, productId: 0x474 }),
      says: 'at 0x08FF_F800 a read of single bytes is a bus error there, and how its ROM reads is in no document',
    },
  ])('$what', async ({ target, over, more, says }) => {
    const { event, result } = await idOf(target, over, more);
    expect(event).toMatchObject({ uniqueId: null, message: says });
    expect(result).toMatchObject({ ok: true, flash: 'untouched' });
  });

  test('a flash that a power cut has left unreadable is not read for it, and the ROM does not hang', async () => {
    const { event, result } = await idOf(family('G0B1_0C1'), 'dfu', {
      arrange: (bench) => {
        burn(bench);
        const [{ memory }] = bench.boards;
        memory.flash.isTorn = () => true;
      },
    });
    expect(event).toMatchObject({ uniqueId: digits });
    expect(result).toMatchObject({ ok: true });
  });

  test('a chip that is protected against being read shows nothing, and info goes on', async () => {
    const { event, result } = await idOf(family('G0B1_0C1'), 'dfu', {
      arrange: ({ boards: [board] }) => {
        board.memory.readoutProtected = true;
      },
    });
    expect(event).toMatchObject({ uniqueId: null, message: 'the ROM does not let 0x1FFF_7590 be read' });
    expect(result).toMatchObject({ ok: true });
  });
});
