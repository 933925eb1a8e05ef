import { personalityOfFamily } from '../../src/sim/board/sim-boards.ts';
import type { RomDfuPersonality, RomPersonality } from '../../src/sim/chip/rom-personality.ts';

/** The families of the campaign; the order is what a seed draws from. */
export const familyNames = [
  'F405_407',
  'F42x_43x',
  'G07x_08x',
  'G0B0',
  'G0B1_0C1',
  'H74x_75x',
  'H7A3_B3_B0',
  'L07x_08x_usb',
  'L1_cat3',
  'L47x_48x',
  'WB55',
  'C55x_562',
] as const;

export type Family = (typeof familyNames)[number];

/** The ROM and the flash that stand for a family, as for every simulated job. */
export const romOf = (family: Family): RomPersonality => personalityOfFamily[family];

/** How a ROM may differ from the one that stands for its family; each is a defect of some real ROM. */
export const romVariants = {
  usual: {},
  'ignores-block-number': { ignoresBlockNumber: true },
  'ignores-mass-erase': { ignoresMassErase: true },
  'stalls-early-polls': { earlyPoll: 'stall' },
  'loses-work-when-polled': { earlyPoll: 'error' },
  'leaves-unasked': { leaveStatus: 'unasked' },
} as const satisfies Record<string, Partial<RomDfuPersonality>>;

export type RomVariant = keyof typeof romVariants;
export const romVariantNames = Object.keys(romVariants) as readonly RomVariant[];

export function siliconOf(family: Family, variant: RomVariant): RomPersonality {
  const personality = romOf(family);
  return { ...personality, dfu: { ...personality.dfu, ...romVariants[variant] } };
}

export const flashBase = 0x0800_0000;
export const flashSizeOf = ({ geometry }: RomPersonality): number =>
  geometry.sectors.reduce((sum, { size }) => sum + size, 0);
