import { describe, expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { eccLines } from '../helpers/ecc-lines.ts';
import { engine, flashBase, imageOf, pattern, startable } from '../helpers/engine.ts';
import { keeping, newFolder } from '../helpers/keeping.ts';

/** Flash with ECC takes a unit once only, even with 0xFF; the others have no ECC. */
const lines = [
  ...eccLines,
  { personality: romPersonalities.F405, family: 'F405_407' },
  { personality: romPersonalities.L072, family: 'L07x_08x_usb' },
];

const crc = Uint8Array.of(0x12, 0x34, 0x56, 0x78);
const otherCrc = Uint8Array.of(0x9a, 0x3c, 0x56, 0x70);

/** The end of a sector that holds nothing else of the image. */
const placeIn = ({ geometry: { sectors } }: RomPersonality) => {
  const { address, size } = sectors[Math.min(40, sectors.length - 1)]!;
  return { sector: address, size, word: address + size - 4 };
};

/** An application, and a checksum in the last word of another sector, which starts inside a program unit. */
const withCrc = (personality: RomPersonality, word: Uint8Array) =>
  imageOf(
    { address: flashBase, data: startable(personality, pattern(1024)) },
    { address: placeIn(personality).word, data: word },
  );

describe.each(lines)('$family: a word that starts inside a program unit', ({ personality, family }) => {
  const { sector, size, word } = placeIn(personality);
  const dirty = ({ truth }: Awaited<ReturnType<typeof engine>>) => truth.of('programmed-without-erase');

  test('is written into blank flash, and again with another value', async () => {
    const bench = await engine({ personality, family });
    for (const value of [crc, otherCrc, otherCrc]) {
      const image = withCrc(personality, value);
      expect(await bench.flash(image)).toEqual({ error: null, condition: 'verified' });
      expect(bench.holds(image)).toBe(true);
      expect(dirty(bench)).toEqual([]);
    }
    expect([...bench.memory.flash.read(word - 2, 2)]).toEqual([0xff, 0xff]);
  });

  test('over flash that holds other bytes in the same unit: its sector is erased, not programmed twice', async () => {
    const content = pattern(sector + size - flashBase, 9);
    const bench = await engine({ personality, family, content });
    const image = withCrc(personality, crc);
    expect(await bench.flash(image)).toEqual({ error: null, condition: 'verified' });
    expect(bench.holds(image)).toBe(true);
    expect(dirty(bench)).toEqual([]);
    expect(bench.truth.of('erased').map(({ address }) => address)).toContain(sector);
  });

  test('with --keep the other bytes of its unit and sector outlive it', async () => {
    const content = pattern(sector + size - flashBase, 9);
    const bench = await engine({ personality, family, content });
    const image = withCrc(personality, crc);
    expect(await keeping(bench, newFolder(), image)).toMatchObject({ error: null, condition: 'verified' });
    const before = content.subarray(sector - flashBase, word - flashBase);
    expect(Buffer.compare(bench.memory.flash.read(sector, before.length), before)).toBe(0);
    expect([...bench.memory.flash.read(word, 4)]).toEqual([...crc]);
    expect(dirty(bench)).toEqual([]);
  });

  test('a unit that an earlier job filled up with 0xFF reads blank, and takes bytes all the same', async () => {
    const bench = await engine({ personality, family });
    const app = { address: flashBase, data: startable(personality, pattern(1024)) };
    const at = sector + size - 64;
    for (const runs of [
      [app, { address: at + 4, data: crc }],
      [app, { address: at + 4, data: crc }, { address: at + 32 - 4, data: otherCrc }],
      [app, { address: at, data: pattern(64, 5) }],
    ]) {
      const image = imageOf(...runs);
      expect(await bench.flash(image)).toEqual({ error: null, condition: 'verified' });
      expect(bench.holds(image)).toBe(true);
    }
  });
});
