import { romPersonalities } from '../../src/sim/target/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/target/quirky-personalities.ts';
import type { RomDfuPersonality, RomPersonality } from '../../src/sim/target/rom-personality.ts';

/** The families of the campaign, with the ROM and the flash that stand for each. */
export const families = {
  F405_407: romPersonalities.F405,
  F42x_43x: quirkyPersonalities.F427,
  G07x_08x: quirkyPersonalities.G071,
  G0B0: quirkyPersonalities.G0B0,
  G0B1_0C1: romPersonalities.G0B1,
  H74x_75x: romPersonalities.H743,
  H7A3_B3_B0: quirkyPersonalities.H7A3,
  L07x_08x_usb: romPersonalities.L072,
  L1_cat3: quirkyPersonalities.L152,
  L47x_48x: quirkyPersonalities.L476,
  WB55: quirkyPersonalities.WB55,
  C55x_562: quirkyPersonalities.C562,
} as const satisfies Record<string, RomPersonality>;

export type Family = keyof typeof families;
export const familyNames = Object.keys(families) as readonly Family[];

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
  const personality: RomPersonality = families[family];
  return { ...personality, dfu: { ...personality.dfu, ...romVariants[variant] } };
}

export const flashBase = 0x0800_0000;
export const flashSizeOf = ({ geometry }: RomPersonality): number =>
  geometry.sectors.reduce((sum, { size }) => sum + size, 0);
