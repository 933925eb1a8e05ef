import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eccPersonalities } from '../../src/sim/chip/ecc-personalities.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { pattern, startable } from './engine.ts';
import { profileFile, wholeBoot0 } from './profile-file.ts';

const { G0B1, H743 } = romPersonalities;
const { L476, WB55, H7A3 } = quirkyPersonalities;
const { L552, G474, U575, H563 } = eccPersonalities;
const folder = mkdtempSync(join(tmpdir(), 'bootctl-ecc-'));
const KiB = 1024;

export interface Line {
  readonly personality: RomPersonality;
  readonly family: string;
}

/** Lines whose flash has ECC. */
export const eccLines: readonly Line[] = [
  { personality: L476, family: 'L47x_48x' },
  { personality: L552, family: 'L552_562' },
  { personality: G0B1, family: 'G0B1_0C1' },
  { personality: G474, family: 'G47x_48x' },
  { personality: WB55, family: 'WB55' },
  { personality: U575, family: 'U575_585' },
  { personality: H563, family: 'H563_573' },
  { personality: H743, family: 'H74x_75x' },
  { personality: H7A3, family: 'H7A3_B3_B0' },
];

/** So long that it lies in more than one sector of each. */
export const imageBytes = ({ geometry }: RomPersonality) => geometry.sectors[0]!.size + 3 * KiB + 5;

export function tornImage(personality: RomPersonality): { path: string; content: Uint8Array } {
  const path = join(folder, `${personality.id.replaceAll(' ', '-')}.bin`);
  const content = startable(personality, pattern(imageBytes(personality)));
  writeFileSync(path, content);
  return { path, content };
}

/** A board that is reached by DFU, or by the USART of its ROM. */
export const profileFor = (family: string, wire: 'dfu' | 'usart'): string =>
  profileFile(
    `torn-${family}-${wire}`,
    `target: { family: ${family} }`,
    wholeBoot0,
    `usart: { connected: ${wire === 'usart'} }`,
    'methods: [rc-cap]',
    'application: { expect: none }',
  );
