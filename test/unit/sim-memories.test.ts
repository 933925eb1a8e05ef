import { describe, expect, test } from 'vitest';
import { findChip } from '../../src/chips/find-chip.ts';
import { imageTarget } from '../../src/ops/engine/image-target.ts';
import { personalityOfFamily } from '../../src/sim/board/sim-boards.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';

type Span = readonly [start: number, end: number];

/** Regions that touch or overlap as one: a table may have a RAM in one piece or by its banks. */
function merged(spans: readonly Span[]): readonly Span[] {
  const result: [number, number][] = [];
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

const simulated = ({ ram }: RomPersonality) => merged(ram.map(({ address, size }) => [address, address + size]));
const KiB = 1024;

/** C562 has no sourced RAM in hardware/targets; its simulated one is ours. */
const families = Object.entries(personalityOfFamily).filter(([family]) => family !== 'C55x_562');

test.each(families)(
  '%s: the simulated chip has every RAM that the checks know, and no other',
  (family, personality) => {
    const { ram } = imageTarget(findChip(family));
    expect(simulated(personality)).toEqual(merged(ram.map(({ start, end }) => [start, end])));
  },
);

// From the memory maps of the reference manuals, not from our table.
describe('as the reference manuals have it', () => {
  test.each<[keyof typeof personalityOfFamily, string, readonly (readonly [number, number])[]]>([
    [
      'F405_407',
      'RM0090 §2.3.1',
      [
        [0x1000_0000, 64],
        [0x2000_0000, 128],
      ],
    ],
    [
      'F42x_43x',
      'RM0090 §2.3.1',
      [
        [0x1000_0000, 64],
        [0x2000_0000, 192],
      ],
    ],
    [
      'L47x_48x',
      'RM0351 §2.4',
      [
        [0x1000_0000, 32],
        [0x2000_0000, 96],
      ],
    ],
    [
      'F74x_75x',
      'RM0385 §2.3',
      [
        [0, 16],
        [0x2000_0000, 320],
      ],
    ],
    [
      'F72x_73x',
      'RM0431 §2.3',
      [
        [0, 16],
        [0x2000_0000, 256],
      ],
    ],
    [
      'H74x_75x',
      'RM0433 table 7',
      [
        [0, 64],
        [0x2000_0000, 128],
        [0x2400_0000, 512],
        [0x3000_0000, 288],
        [0x3800_0000, 64],
      ],
    ],
    [
      'H7A3_B3_B0',
      'RM0455 §2.3',
      [
        [0, 64],
        [0x2000_0000, 128],
        [0x2400_0000, 1024],
        [0x3000_0000, 128],
        [0x3800_0000, 32],
      ],
    ],
    [
      'G47x_48x',
      'RM0440 §2.4',
      [
        [0x1000_0000, 32],
        [0x2000_0000, 128],
      ],
    ],
    [
      'U575_585',
      'RM0456 §2.3',
      [
        [0x2000_0000, 768],
        [0x2800_0000, 16],
        [0x3000_0000, 768],
        [0x3800_0000, 16],
      ],
    ],
    [
      'H563_573',
      'RM0481; SRAM1_BASE_S of CMSIS stm32h563xx.h',
      [
        [0x2000_0000, 640],
        [0x3000_0000, 640],
      ],
    ],
    [
      'WB55',
      'RM0434 §2.2',
      [
        [0x1000_0000, 64],
        [0x2000_0000, 256],
      ],
    ],
  ])('%s, %s', (family, _source, expected) => {
    expect(simulated(personalityOfFamily[family])).toEqual(expected.map(([start, kib]) => [start, start + kib * KiB]));
  });
});
