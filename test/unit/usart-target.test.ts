import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { usualBehaviour } from '../../src/chips/rom-behaviour.ts';
import { UsartBootloader, type UsartSession } from '../../src/ops/bootloader/usart-bootloader.ts';
import { parseMemoryLayout } from '../../src/protocol/dfuse/memory-layout.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { referenceBoard } from '../helpers/circuits.ts';
import { ScriptedLink } from '../helpers/scripted-link.ts';

// What the bootloader asks of a ROM that is there already; the bytes are those of An3155Client.

const place = { address: 0x1fff_7590, offsets: [0, 4, 8] } as const;
const never = new AbortController().signal;
const layout = parseMemoryLayout('@Internal Flash /0x08000000/04*001Kg');

interface Setup {
  readonly hasRead?: boolean;
  /** How the probe's read fails; `afterCommand`: the ROM has taken Read Memory before. */
  readonly fails?: { readonly error: Error; readonly afterCommand: boolean };
  readonly settles?: number;
  readonly baudRate?: number;
  readonly application?: object;
}

function target({ hasRead = false, fails, settles = 0, baudRate, application }: Setup = {}) {
  const clock = new SimClock();
  const link = new ScriptedLink(clock);
  const log: string[] = [];
  const note = (what: string) => async () => void log.push(what);
  const rom = {
    hasRead,
    async read(address: number, length: number) {
      log.push(`read 0x${address.toString(16)} ${length}`);
      if (!fails) return new Uint8Array(length);
      rom.hasRead = fails.afterCommand;
      throw fails.error;
    },
    erasePages: async (pages: readonly number[]) => void log.push(`erase ${pages}`),
    massErase: note('mass erase'),
    recall: note('recall'),
    readoutUnprotect: note('readout unprotect'),
    writeUnprotect: note('write unprotect'),
    go: async (address: number) => void log.push(`go 0x${address.toString(16)}`),
  };
  const speed = {
    baudRate,
    raiseFor: async (bytes: number) => void log.push(`raise for ${bytes}`),
    lower: note('lower'),
  };
  const session = {
    rom,
    link,
    clock,
    layout,
    profile: referenceBoard(application ? { application: application as never } : {}),
    baudRate: 57_600,
    behaviour: { ...usualBehaviour, eraseSettles: settles },
    quirks: ['a quirk'],
    product: 'made up',
    transferSize: 128,
    uniqueIdPlace: place,
    ...(baudRate === undefined ? {} : { speed }),
  } as unknown as UsartSession;
  return { usart: new UsartBootloader(session), log, clock, link };
}
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );

describe('the probe reads one byte of RAM, whatever is there', () => {
  const silent = new BootctlError('usart-timeout', 'nothing');
  const refused = new BootctlError('usart-nack', 'no RAM there');
  const protection = new BootctlError('readout-protected', 'no');

  test('a ROM that has read is not asked', async () => {
    const { usart, log } = target({ hasRead: true });
    await usart.probe(never);
    expect(log).toEqual([]);
  });

  test.each<[string, Setup['fails'], Error | 'resolved', readonly string[]]>([
    ['it can be read', undefined, 'resolved', []],
    ['the address is refused: the flash is open', { error: refused, afterCommand: true }, 'resolved', []],
    ['the ROM ends the read without a word', { error: silent, afterCommand: true }, 'resolved', ['recall']],
    ['the command itself is refused', { error: protection, afterCommand: false }, protection, []],
    ['a bug stays one', { error: new TypeError('x'), afterCommand: true }, new TypeError('x'), []],
  ])('%s', async (_name, fails, expected, then) => {
    const { usart, log } = target(fails ? { fails } : {});
    expect(await failure(usart.probe(never))).toEqual(expected);
    expect(log).toEqual(['read 0x20000000 1', ...then]);
  });
});

test('an erase is over when the flash has settled', async () => {
  const { usart, log, clock } = target({ settles: 40 });
  await usart.erase(layout.sectors[2]!, never);
  expect([log, clock.now()]).toEqual([['erase 2'], 40]);
  await usart.massErase(never);
  expect([log.at(-1), clock.now()]).toEqual(['mass erase', 80]);
  const quick = target();
  await quick.usart.erase(layout.sectors[0]!, never);
  expect(quick.clock.now()).toBe(0);
});

test('with a way back it may be faster, and care is a new entry; without one it is called again', async () => {
  const fast = target({ baudRate: 460_800 });
  await fast.usart.prepareFor(1_000, never);
  await fast.usart.becomeCautious(never);
  expect(fast.log).toEqual(['raise for 1000', 'lower']);
  const alone = target();
  await alone.usart.prepareFor(1_000, never);
  await alone.usart.becomeCautious(never);
  expect(alone.log).toEqual(['recall']);
});

test('both protections are lifted by their own commands', async () => {
  const { usart, log } = target();
  await usart.unprotect(never);
  await usart.unprotectWrite(never);
  expect(log).toEqual(['readout unprotect', 'write unprotect']);
});

test.each([
  [
    'the rate of the application that is heard',
    { application: { expect: 'serial', baudRate: 9_600 } },
    '57600 even',
    '9600 none',
  ],
  ['that of the profile', { application: { expect: 'usb', baudRate: 9_600 } }, '57600 even', '115200 none'],
  ['from the rate that was proven', { baudRate: 460_800 }, '460800 even', '115200 none'],
] as const)('Go is sent in the format of the ROM; then the port has %s', async (_name, setup, before, after) => {
  const { usart, log, link } = target(setup);
  await usart.leave(0x0800_0000, never);
  expect([log, link.calls]).toEqual([['go 0x8000000'], [before, after]]);
});

test('an abort counts before each command', async () => {
  const { usart, log } = target();
  const stop = AbortSignal.abort(new Error('stop'));
  const asked = [
    usart.readOutside(0x1fff_7590, 12, stop),
    usart.probe(stop),
    usart.erase(layout.sectors[0]!, stop),
    usart.massErase(stop),
    usart.becomeCautious(stop),
    usart.unprotect(stop),
    usart.unprotectWrite(stop),
    usart.leave(0x0800_0000, stop),
    usart.read(0x0800_0000, 4, () => {}, stop),
    usart.write(0x0800_0000, new Uint8Array(4), () => {}, stop),
  ];
  for (const one of asked) expect(await failure(one)).toMatchObject({ message: 'stop' });
  expect(log).toEqual([]);
});

test('what it is, as its session says', async () => {
  const { usart } = target();
  expect([usart.quirks, usart.product, usart.readSize, usart.transferSize]).toEqual([['a quirk'], 'made up', 256, 128]);
  expect(usart.uniqueIdPlace).toBe(place);
});
