import type { LevelOfVdd } from '../base/units.ts';
import type { Chip } from './chip.ts';

/**
 * For families whose data sheet was not read. VIL is below that of every family that was read (F4: 0.1 VDD + 0.1 V, L0
 * and L1: 0.14 VDD) at any supply from 1.65 V. VIH is above that of every family that was read (G4: 0.7 VDD), with room
 * for the 0.77 VDD that are claimed for L4, L5 and WB.
 */
export const safeBoot0Levels = {
  vil: { ofVdd: 0.12, plus: 0 },
  vih: { ofVdd: 0.77, plus: 0 },
} as const satisfies Record<string, LevelOfVdd>;

/** Thresholds of BOOT0: those of the family's data sheet, or safe ones. */
export const boot0Levels = (chip: Chip | undefined): Record<'vil' | 'vih', LevelOfVdd> => ({
  ...safeBoot0Levels,
  ...(chip?.boot0?.vil && { vil: chip.boot0.vil }),
  ...(chip?.boot0?.vih && { vih: chip.boot0.vih }),
});
