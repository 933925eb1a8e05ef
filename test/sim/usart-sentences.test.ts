import { expect, test } from 'vitest';
import type { Bench } from '../../src/bench/bench.ts';
import type { SerialLink } from '../../src/bench/serial-link.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { enter } from '../../src/ops/enter.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import type { Scenario } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { boardFile, f405, profileFile } from '../helpers/profile-file.ts';

/**
 * What bootctl says about the USART: each sentence with the worlds in which it is true and has to be said, and those in
 * which it would be false, and must not be. The truth log of each world says what really happened.
 */
const load = (path: string) => findProfile(path, { cwd: '/' });
const usart = 'usart: { connected: true }';
const noUsb = 'usb: { connected: false }';
const wired = load(profileFile('wired-sentences', f405, usart, noUsb, 'methods: [lines]'));
/** The same board, whose TX and RX end nowhere: the bench is made of this, bootctl is told the other. */
const elsewhere = load(profileFile('wired-sentences', f405, 'usart: { connected: false }', 'methods: [lines]'));
const withUsb = load(profileFile('usb-sentences', f405, usart, 'methods: [lines]'));
const onlyUsb = load(profileFile('only-usb-sentences', f405, 'methods: [lines]'));
const g030 = load(boardFile('g030-sentences', 'target: { family: G03x_04x }', 'methods: [manual]'));
const byHand = load(boardFile('hand-sentences', f405, usart, noUsb, 'methods: [manual]'));

interface World {
  readonly profile?: typeof wired;
  readonly bench?: typeof wired;
  readonly scenario?: Partial<Scenario>;
  readonly temper?: 'noisy';
  readonly change?: (link: SerialLink) => Partial<SerialLink>;
  readonly noEntry?: true;
  /** What the truth log has to hold: in which world this really is. */
  readonly truly: { readonly boots?: 'rom' | 'application'; readonly measured?: boolean; readonly captured?: true };
}

const stuckLow = { board: { boot0Stuck: 0 as const } };
/** TX and RX touch: what is sent comes back, and nothing else. */
const loopback = (link: SerialLink): Partial<SerialLink> => {
  let sent: number[] = [];
  return {
    write: async (bytes) => void sent.push(...bytes),
    receive: async (timeout, signal) => {
      if (sent.length === 0) return link.receive(timeout, signal);
      const back = Uint8Array.from(sent);
      sent = [];
      return back;
    },
  };
};

const worlds = {
  'the ROM does not run': { scenario: stuckLow, truly: { boots: 'application', measured: false } },
  'the same, and its USB is connected': {
    profile: withUsb,
    scenario: stuckLow,
    truly: { boots: 'application', measured: false },
  },
  'no wire goes to a USART of the ROM': { profile: onlyUsb, scenario: stuckLow, truly: { boots: 'application' } },
  'TX and RX reach no USART of the ROM': { bench: elsewhere, truly: { boots: 'rom', measured: false } },
  'another device has taken the ROM': { scenario: { talksEvery: 50 }, truly: { boots: 'rom', captured: true } },
  'the ROM answers': { truly: { boots: 'rom', measured: true } },
  'the application talks on the wires': {
    scenario: { ...stuckLow, flash: 'healthy' },
    temper: 'noisy',
    truly: { boots: 'application', measured: false },
  },
  'TX and RX touch': { change: loopback, truly: { boots: 'rom', measured: false } },
  'the port has no parity': { scenario: { adapter: { noParity: 'refused' } }, truly: { boots: 'rom', measured: true } },
  'the port hides that it has none': {
    scenario: { adapter: { noParity: 'ignored' } },
    truly: { boots: 'rom', measured: true },
  },
  'a bridge adds the parity at its far end': {
    change: () => ({ lacksParity: true }),
    truly: { boots: 'rom', measured: true },
  },
  'a ROM without DFU, and no wires to its USART': { profile: g030, truly: {} },
  'nobody at a terminal, and the application runs': { profile: byHand, truly: { measured: false } },
  'nobody at a terminal, and the ROM runs': {
    profile: byHand,
    scenario: { startsInRom: 'dfuIDLE', rom: { usb: false } },
    truly: { measured: true },
  },
  'nothing is to be entered, and the application runs': {
    profile: byHand,
    noEntry: true,
    truly: { measured: false },
  },
  'nothing is to be entered, and TX and RX reach no USART of the ROM': {
    profile: byHand,
    bench: elsewhere,
    scenario: { startsInRom: 'dfuIDLE', rom: { usb: false } },
    noEntry: true,
    truly: { measured: false },
  },
} as const satisfies Record<string, World>;
type WorldName = keyof typeof worlds;

function underChange(bench: Bench, change: NonNullable<World['change']>): Bench {
  const open: Bench['serial']['open'] = async (path, format) => {
    const link = await bench.serial.open(path, format);
    return {
      path: link.path,
      setLines: (lines) => link.setLines(lines),
      configure: (to) => link.configure(to),
      write: (bytes) => link.write(bytes),
      receive: (timeout, signal) => link.receive(timeout, signal),
      drainInput: () => link.drainInput(),
      [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
      ...change(link),
    };
  };
  return { ...bench, serial: { list: () => bench.serial.list(), open } };
}

/** Everything that a job in this world says, one sentence or note after the other. */
async function said(name: WorldName): Promise<string> {
  const { profile = wired, bench: of = profile, scenario = {}, temper, change, noEntry, truly }: World = worlds[name];
  const personality = profile === g030 ? { rom: { usb: false as const } } : {};
  const sim = createSimBench({
    profile: of,
    scenario: { name, summary: '', rom: { usb: false }, ...personality, ...scenario },
    ...(temper ? { firmware: { temper } } : {}),
  });
  const events: ProgressEvent[] = [];
  const bench = change ? underChange(sim, change) : sim;
  const result = await enter({ profile, bench, noEntry, onProgress: (event) => void events.push(event) });
  const { truth } = sim;
  if (truly.boots) expect(truth.of('boot0-sampled').map(({ boots }) => boots)).toContain(truly.boots);
  if (truly.measured !== undefined) expect(truth.of('usart-measured').length > 0).toBe(truly.measured);
  if (truly.captured)
    expect(truth.of('rom-interface')).toContainEqual(expect.objectContaining({ selected: 'another' }));
  const notes = events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
  const diagnosis = result.diagnosis.flatMap(({ evidence, advice }) => [evidence, advice]);
  return [...notes, result.error?.message, result.error?.hint, ...diagnosis].filter(Boolean).join('\n');
}

interface Sentence {
  readonly says: RegExp;
  /** Where it is true, and has to be said. */
  readonly where: readonly WorldName[];
  /** Where it would be false. */
  readonly never: readonly WorldName[];
}

const silence = [
  'the ROM does not run',
  'TX and RX reach no USART of the ROM',
  'another device has taken the ROM',
] as const;
const heard = ['the application talks on the wires', 'TX and RX touch'] as const;
const withoutBit = ['the port has no parity', 'the port hides that it has none'] as const;

const sentences: readonly Sentence[] = [
  {
    says: /Either the ROM does not run: .*Or TX and RX of the adapter, crossed, do not reach .*PA9\/PA10 \(USART1\).*Or the ROM runs and listens to another device/,
    where: [...silence, 'the same, and its USB is connected'],
    never: ['the ROM answers', ...heard, ...withoutBit],
  },
  {
    says: /after 2 attempts the ROM had not answered on the USART/,
    where: silence,
    never: ['the ROM answers', 'the same, and its USB is connected', ...heard, ...withoutBit],
  },
  {
    says: /after 2 attempts there was neither a DFU device on USB nor an answer on the USART/,
    where: ['the same, and its USB is connected'],
    never: [...silence, ...heard, 'the ROM answers'],
  },
  { says: /No answer to 0x7F at 115200 baud within 3500 ms/, where: silence, never: [...heard, 'the ROM answers'] },
  {
    says: /0x7F at 115200 baud was answered by [0-9A-F ]+, not by ACK or NACK/,
    where: heard,
    never: [...silence, 'the ROM answers', ...withoutBit],
  },
  {
    says: /What answers is the application \(check BOOT0\), another device on the wire, or a ROM at another rate/,
    where: ['the application talks on the wires'],
    never: ['TX and RX touch', ...silence, 'the ROM answers'],
  },
  {
    says: /Either the adapter hears itself .*, or an application runs that echoes/,
    where: ['TX and RX touch'],
    never: ['the application talks on the wires', ...silence, 'the ROM answers'],
  },
  {
    says: /has not taken even parity, and the ROM wants 8E1: unless a bridge adds it/,
    where: ['the port has no parity', 'a bridge adds the parity at its far end'],
    never: ['the ROM answers', 'the port hides that it has none', ...silence],
  },
  {
    says: /Get: the ROM answered .*, after it had answered 0x7F[\s\S]*First the parity: .*Then the wires: .*Or it was no ROM/,
    where: withoutBit,
    never: ['a bridge adds the parity at its far end', 'the ROM answers', ...silence, ...heard],
  },
  {
    says: /the ROM of STM32G03\S+ has no USB DFU[\s\S]*Connect TX and RX of the adapter, crossed, to a USART of the ROM/,
    where: ['a ROM without DFU, and no wires to its USART'],
    never: [...silence, 'the ROM answers'],
  },
  {
    says: /nobody to ask at a terminal; the USART of the ROM was called as well: No answer/,
    where: ['nobody at a terminal, and the application runs'],
    never: ['nobody at a terminal, and the ROM runs'],
  },
  {
    says: /No bootloader was found\. .*USART: on \S+: No answer[\s\S]*Start the ROM first: .*Where it runs, check that TX and RX/,
    where: [
      'nothing is to be entered, and the application runs',
      'nothing is to be entered, and TX and RX reach no USART of the ROM',
    ],
    never: ['nobody at a terminal, and the ROM runs'],
  },
  {
    says: /`usart: \{ connected: true \}`\) bootctl calls it there as well: an answer shows that the ROM runs/,
    where: ['no wire goes to a USART of the ROM'],
    never: ['the same, and its USB is connected', ...silence, ...heard],
  },
  {
    says: /USB cable|crystal|DFU device/,
    where: ['the same, and its USB is connected'],
    never: [...silence, ...heard, ...withoutBit, 'nobody at a terminal, and the application runs'],
  },
];

const texts = new Map<WorldName, Promise<string>>();
const textOf = (name: WorldName): Promise<string> => {
  const known = texts.get(name) ?? said(name);
  texts.set(name, known);
  return known;
};

test.each(sentences)('$says', async ({ says, where, never }) => {
  for (const name of where)
    expect({ name, text: await textOf(name) }).toEqual({ name, text: expect.stringMatching(says) });
  for (const name of never)
    expect({ name, text: await textOf(name) }).toEqual({ name, text: expect.not.stringMatching(says) });
});

test('every world is in a row', () => {
  const used = new Set(sentences.flatMap(({ where, never }) => [...where, ...never]));
  expect([...used].sort()).toEqual(Object.keys(worlds).sort());
});
