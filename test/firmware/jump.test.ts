import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { Chip } from './chip.ts';
import { Compiler, compiled, emulatorMissing, kitFolder } from './compile.ts';
import { boardImage, command, entered, imageOf, inRom, running, welcoming } from './emulated.ts';
import { configurationOf, type Line, lineOf, variants } from './lines.ts';
import { boards } from './targets.ts';

const missing = emulatorMissing();
const compiler = new Compiler();
afterAll(() => compiler[Symbol.asyncDispose]());

const label = ({ device, ramToken, rtcClockOn }: Line) =>
  `${device}${ramToken === undefined ? '' : ', request in RAM'}${rtcClockOn ? ', clock on' : ''}`;

/** Targets as `bootctl firmware write` configures them, and configurations that no target has. */
const subjects = [
  ...boards(),
  ...variants.map((line) => ({
    names: [label(line)],
    line,
    config: configurationOf(line),
    options: welcoming(line),
  })),
];
const chosen = ['F072', 'F103_md', 'F405_407', 'F74x_75x', 'L07x_08x_usb', 'G47x_48x', 'H74x_75x', 'U575_585'].map(
  (name) => [name, subjects.find(({ names }) => names.includes(name))!] as const,
);

const f072 = chosen[0]![1];

/** Compiled before the tests, as many at a time as there are cores. */
const images = new Map<object, Uint8Array>();
beforeAll(async () => {
  if (missing) return;
  const ofSubjects = subjects.map((subject) => [subject, boardImage(compiler, subject)] as const);
  for (const [subject, built] of ofSubjects) images.set(subject, await built);
}, 120_000);

describe.skipIf(missing)('every target that the kit can jump on', compiled, () => {
  for (const subject of subjects) {
    const { names, line, options } = subject;
    test(`${names.join(', ')}: asked over serial, it waits in the ROM as after a reset, and comes back`, () => {
      const chip = new Chip(line, images.get(subject)!, options);
      expect(chip.live('power', command)).toEqual(entered);
      // The request is used up, but for what a ROM that resets the chip is entered again by.
      if (line.ramToken === undefined) expect(chip.kept).toEqual(requestIn(line, line.needsCrystal ? 3 : 0));
      expect(chip.peripherals.lost).toEqual([]);

      // A leave is no reset: the kit makes one, so that nothing of the ROM is left.
      expect(chip.leave()).toEqual(['reset', ...running]);
      expect(chip.kept).toEqual([]);
      expect(chip.peripherals.memoryMode).toBe(0);
      expect(chip.live('software')).toEqual(running);

      for (const cause of ['pin', 'power'] as const) {
        expect(chip.live('software', command)).toEqual(entered);
        expect(chip.live(cause)).toEqual(running);
        expect(chip.kept).toEqual([]);
        expect(chip.live('software')).toEqual(running);
      }
    });
  }

  test('each of the targets is among them', () => {
    const jumping = chipKeys().filter((key) => findChip(key)!.firmware?.jump);
    const there = boards().flatMap(({ names }) => names);
    expect(there.toSorted()).toEqual(jumping.toSorted());
  });
});

/** The first two registers of F1 hold a half each. */
const requestIn = ({ registers }: Line, tries: number): number[] =>
  registers.bkpDR1 === undefined ? [0xb0070000 + tries] : [0xb007, tries].filter(Boolean);

/** Of bootctl_firmware.c, with the touch and a command of twelve letters, by the compiler that Debian 12 has. */
describe.skipIf(missing)('what the kit takes', compiled, () => {
  test('less than 600 bytes on every target, 16 bytes of RAM and no initialized data, as its page says', async () => {
    const sizes = await compiler.sizes(boards().map(({ line: { core }, config }) => ({ core, config })));
    const all = boards().flatMap(({ names }, index) =>
      names.map((name) => {
        const { text, data, bss } = sizes[index]!;
        return { name, text: text - 'emulated'.length + name.length, data, bss };
      }),
    );
    expect(all.filter(({ text, data, bss }) => text >= 600 || data !== 0 || bss !== 16)).toEqual([]);
    const [smallest, largest] = [Math.min, Math.max].map((of) => of(...all.map(({ text }) => text)));
    if (spawnSync('arm-none-eabi-gcc', ['-dumpfullversion']).stdout.toString() !== '12.2.1\n') return;
    const page = readFileSync(join(kitFolder, 'README.md'), 'utf8');
    expect(page).toContain(`${smallest} to ${largest} bytes of code`);
  });
});

describe.skipIf(missing)('a ROM that resets the chip', compiled, () => {
  const withCrystal = subjects.filter(({ line, config }) => line.needsCrystal && config.includes('TRIES 4u'));
  const again = ['reset', 'ROM: resets the chip'];

  test.each(withCrystal.map((subject) => [subject.names[0], subject] as const))(
    '%s: it is entered again',
    (_, subject) => {
      const chip = new Chip(subject.line, images.get(subject)!, { battery: true, crystalMisses: 2 });
      expect(chip.live('power', command)).toEqual([...again, 'ROM: resets the chip', 'ROM: waits for a host']);
      expect(chip.leave()).toEqual(['reset', ...running]);
    },
  );

  const once = subjects.filter(({ line, config }) => line.needsCrystal && !config.includes('TRIES 4u'));
  test.each(once.map((subject) => [subject.names[0], subject] as const))('%s: once, then no more', (_, subject) => {
    const chip = new Chip(subject.line, images.get(subject)!, { ...subject.options, crystalMisses: 1 });
    expect(chip.live('power', command)).toEqual([...again, ...running]);
  });

  test.each(withCrystal.map((subject) => [subject.names[0], subject] as const))('%s: not for ever', (_, subject) => {
    const chip = new Chip(subject.line, images.get(subject)!, { battery: true, crystalMisses: 99 });
    const four = Array.from({ length: 4 }, () => 'ROM: resets the chip');
    expect(chip.live('power', command)).toEqual(['reset', ...four, ...running]);
    expect(chip.kept).toEqual([]);
  });
});

describe.skipIf(missing)('triggers', compiled, () => {
  const line = lineOf('F072');
  const chip = () => new Chip(line, images.get(f072)!, {});

  test.each([
    ['a part of the command', 'bootloader'],
    ['the command without its end', 'bootloader\r'],
    ['other text', 'status\r\nreboot\r\n'],
  ])('%s changes nothing', (_, bytes) => {
    const asked = chip();
    expect(asked.live('power', { bytes })).toEqual(running);
    expect(asked.told).toEqual([1]);
  });

  test('the beginning of a command may come again within it', async () => {
    const own = await imageOf(compiler, line, { config: { COMMAND: '"++a++b"' } });
    for (const bytes of ['++a++b', '+++a++b', '++a++a++b', 'x++a+++a++b']) {
      expect(new Chip(line, own).live('power', { bytes })).toEqual(entered);
    }
    for (const bytes of ['++a+b', '++b', '++a+a++', '+a++b']) {
      expect(new Chip(line, own).live('power', { bytes })).toEqual(running);
    }
  });

  const open = (baudRate: number) => ({ baudRate, dtr: true });
  const closed = (baudRate: number) => ({ baudRate, dtr: false });
  test.each([
    ['DTR falls at 1200 baud', [open(115_200), open(1200), closed(1200)], entered],
    ['DTR falls at another rate', [open(1200), open(9600), closed(9600)], running],
    ['1200 baud without DTR, as some hosts set it before they open', [closed(1200), open(1200)], running],
  ])('%s', (_, states, then) => {
    expect(chip().live('power', { states })).toEqual(then);
  });

  test('a profile without the touch does not hear it', async () => {
    const deaf = new Chip(line, await imageOf(compiler, line, { config: { TOUCH: '' } }));
    expect(deaf.live('power', { states: [open(1200), closed(1200)] })).toEqual(running);
  });

  test('the delay is counted in the milliseconds of the application', async () => {
    // The application hears of 20 ms at each look, and gives up after 60.
    const patient = await imageOf(compiler, line, { config: { DELAY_MS: '1000u' } });
    expect(new Chip(line, patient).live('power', command)).toEqual(entered);
    const tooLong = await imageOf(compiler, line, { config: { DELAY_MS: '1500u' } });
    expect(new Chip(line, tooLong).live('power', command)).toEqual(running);
  });
});

describe.skipIf(missing)('what else may be', compiled, () => {
  test.each(chosen)('%s: the start is called late', (_, subject) => {
    const chip = new Chip(subject.line, images.get(subject)!, { ...subject.options, manner: 1 });
    expect(chip.live('power', command)).toEqual(entered);
  });

  test.each(chosen)('%s: a restart of its own is none', (_, subject) => {
    const chip = new Chip(subject.line, images.get(subject)!, { manner: 2 });
    expect(chip.live('power').slice(0, 3)).toEqual(['reset', 'reset', 'reset']);
  });

  const f405 = lineOf('F405');
  const image = () => images.get(subjects.find(({ names }) => names.includes('F405_407'))!)!;

  test('DBP takes some cycles', () => inRom(f405, image(), { dbpDelay: 5 }));

  test('where the request cannot be written, the application goes on', () => {
    const chip = new Chip(f405, image(), { dbpDelay: 1e6, manner: 4 });
    expect(chip.live('power', command)).toEqual(running);
    expect(chip.told).toEqual([1, 2, 3]);
    expect(chip.cpu).toBeDefined();
  });

  test('where what is left cannot be deleted, a leave does not reset for ever', () => {
    const chip = inRom(f405, image());
    chip.peripherals.dbpDelay = 1e6;
    expect(chip.leave()).toEqual(running);
  });

  test('L072: no request where the ROM is not V4.0', async () => {
    const line = lineOf('L072');
    const own = await imageOf(compiler, line, { config: { ROM_ID_ADDRESS: '0x1FF01FFEu', ROM_ID_VALUE: '0x40u' } });
    const at = (value: number, rom: 'plain' | 'bank check') =>
      new Chip(line, own, { manner: 4, rom, romId: { address: 0x1ff01ffe, value } });
    expect(at(0x40, 'plain').live('power', command)).toEqual(entered);
    const other = at(0x41, 'bank check');
    expect(other.live('power', command)).toEqual(running);
    expect(other.told).toEqual([1, 2, 3]);
  });

  test('F042: no request where BOOT0 is low', async () => {
    const line = lineOf('F042');
    const own = await imageOf(compiler, line, {
      config: {
        BOOT0_PIN_GPIO: '0x48000400u',
        BOOT0_PIN_NUMBER: '8u',
        BOOT0_PIN_PORT_EN_REG: '0x40021014u',
        BOOT0_PIN_PORT_EN_MASK: '0x00040000u',
      },
    });
    const at = (boot0: boolean) =>
      new Chip(line, own, { manner: 4, boot0, input: { port: 0x48000400, bits: boot0 ? 0x1ff : 0xfeff } });
    expect(at(true).live('power', command)).toEqual(entered);
    const low = at(false);
    expect(low.live('power', command)).toEqual(running);
    expect(low.told).toEqual([1, 2, 3]);
  });
});
