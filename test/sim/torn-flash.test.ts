import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import type { RomPersonality, TornRead } from '../../src/sim/chip/rom-personality.ts';
import { type CommandRun, linesAtEnd, runCommand } from '../helpers/command.ts';
import { eccLines, imageBytes, type Line, profileFor, tornImage } from '../helpers/ecc-lines.ts';
import { flashBase, pattern, startable } from '../helpers/engine.ts';

const { G0B1 } = romPersonalities;
const folder = mkdtempSync(join(tmpdir(), 'bootctl-torn-'));
const KiB = 1024;

const manners: readonly TornRead[] = ['hangs', 'resets', 'refuses', 'refuses-as-protected'];
const wires = ['dfu', 'usart'] as const;

interface Torn {
  readonly manner: TornRead;
  readonly wire: (typeof wires)[number];
  /** Offsets in the flash. */
  readonly at: readonly number[];
  /** Instead of an older application. */
  readonly content?: Uint8Array;
}

/** Runs a command on a flash that holds an older application, and torn units. */
function runTorn({ personality, family }: Line, torn: Torn, argv: readonly string[]): Promise<CommandRun> {
  const { manner, wire, at } = torn;
  const scenario = wire === 'usart' ? 'no-usb' : 'crashed';
  return runCommand([...argv, '--profile', profileFor(family, wire), '--simulate', scenario, '--json'], {
    personality: { ...personality, tornRead: manner },
    arrange: ({ boards: [{ memory }] }) => {
      memory.flash.preload(flashBase, torn.content ?? startable(personality, pattern(64 * KiB, 9)));
      for (const offset of at) memory.flash.tear(flashBase + offset);
    },
  });
}

function expectHolds({ bench, result, truth }: CommandRun, content: Uint8Array): void {
  expect(result.error).toBeNull();
  expect(result).toMatchObject({ ok: true, flash: 'verified' });
  const { flash } = bench.boards[0].memory;
  expect(Buffer.compare(flash.read(flashBase, content.length), content)).toBe(0);
  expect(flash.isTorn(flashBase, content.length)).toBe(false);
  expect(truth.filter(({ what }) => what === 'programmed-without-erase')).toEqual([]);
}

const places: readonly { name: string; at: (personality: RomPersonality) => readonly number[] }[] = [
  { name: 'the first word of the flash', at: () => [0] },
  { name: 'behind the vectors', at: () => [0x140] },
  { name: 'the last word of the image', at: (personality) => [imageBytes(personality) - 4] },
  { name: 'every sector of the image', at: ({ geometry }) => [8, geometry.sectors[1]!.address - flashBase + 0x200] },
  {
    name: 'a sector that holds nothing of the image',
    at: ({ geometry }) => [geometry.sectors[2]!.address - flashBase + 0x40],
  },
];

/** Over USART the reading is the same for all lines: the first word, and two sectors. */
const placesOver = (wire: (typeof wires)[number]) => (wire === 'dfu' ? places : [places[0]!, places[3]!]);

describe.each(eccLines)('$family', (line) => {
  const { path, content } = tornImage(line.personality);
  const cases = manners.flatMap((manner) =>
    wires.flatMap((wire) => placesOver(wire).map((place) => ({ manner, wire, ...place }))),
  );
  const { personality } = line;

  test.each(cases)('over $wire a torn read $manner: $name, recover ends in PASS', async ({ manner, wire, at }) => {
    const run = await runTorn(line, { manner, wire, at: at(personality) }, ['recover', `${path}@0x08000000`]);
    expectHolds(run, content);
    expect(linesAtEnd(run)).toEqual({ rts: 'released', dtr: 'released' });
  });

  test.each(wires)('over %s flash --full and erase read nothing before they erase', async (wire) => {
    const at = places.flatMap((place) => place.at(personality));
    const full = await runTorn(line, { manner: 'hangs', wire, at }, ['flash', '--full', `${path}@0x08000000`]);
    expectHolds(full, content);
    const length = `${3 * personality.geometry.sectors[0]!.size}`;
    const erased = await runTorn(line, { manner: 'hangs', wire, at }, ['erase', '--yes', '--length', length]);
    expect(erased.result).toMatchObject({ ok: true, flash: 'erased' });
    for (const { truth } of [full, erased]) {
      expect(truth.filter((event) => event.what === 'fault' && event.name === 'torn flash read')).toEqual([]);
    }
  });
});

const g0: Line = { personality: G0B1, family: 'G0B1_0C1' };
const g0Image = tornImage(G0B1);

test.each(manners)('a torn read %s: verify says which address, and brings the board back', async (manner) => {
  for (const wire of wires) {
    const torn = { manner, wire, at: [0x140] } as const;
    const run = await runTorn(g0, torn, ['verify', `${g0Image.path}@0x08000000`]);
    expect(run.status).toBe(5);
    expect(run.result).toMatchObject({ flash: 'untouched', error: { code: 'flash-unreadable' } });
    expect(JSON.stringify(run.result.error)).toMatch(/between 0x0800_0[01]00 and 0x0800_0[13]FF/);
    expect(run.events.map(({ purpose }) => purpose)).toContain('start the application');
  }
});

test.each(manners)('a torn read %s: read says so, and writes no file', async (manner) => {
  const file = join(folder, `read-${manner}.bin`);
  const run = await runTorn(g0, { manner, wire: 'dfu', at: [0x940] }, ['read', file, '--length', '0x1000']);
  expect(run.result).toMatchObject({ ok: false, error: { code: 'flash-unreadable' } });
  expect(() => readFileSync(file)).toThrow(/ENOENT/);
});

test.each(manners)('a torn read %s: --keep refuses what it cannot keep, before anything is erased', async (manner) => {
  const image = join(folder, 'part.bin');
  writeFileSync(image, pattern(600));
  const at = 0x200;
  const argv = ['flash', '--keep', `${image}@0x08000${at.toString(16)}`];
  const around = await runTorn(g0, { manner, wire: 'dfu', at: [0x100] }, argv);
  expect(around.result).toMatchObject({ ok: false, flash: 'untouched', error: { code: 'flash-unreadable' } });
  expect(around.result.error).toMatchObject({
    message: expect.stringMatching(/512 bytes from 0x0800_0000 to 0x0800_01FF/),
    hint: expect.stringContaining('--full'),
  });
  expect(around.truth.filter(({ what }) => what === 'erased')).toEqual([]);
  // In the image's own part it is no loss.
  const within = await runTorn(g0, { manner, wire: 'dfu', at: [at + 0x20] }, argv);
  expect(within.result).toMatchObject({ ok: true, flash: 'verified' });
  const { flash } = within.bench.boards[0].memory;
  const old = startable(G0B1, pattern(64 * KiB, 9));
  expect(Buffer.compare(flash.read(flashBase, at), old.subarray(0, at))).toBe(0);
});
