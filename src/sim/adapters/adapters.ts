import type { AdapterChip } from './adapter-chip.ts';
import { cdcAcm, cdcAcmNoBreak } from './cdc-acm.ts';
import { ch340 } from './ch340.ts';
import { cp2102 } from './cp2102.ts';
import { ft232r } from './ft232r.ts';
import { pl2303 } from './pl2303.ts';

/** Every adapter that can be simulated on a USB bus, by its id. */
export const adapterChips: Readonly<Record<string, AdapterChip>> = Object.fromEntries(
  [ft232r, cp2102, ch340, pl2303, cdcAcm, cdcAcmNoBreak].map((chip) => [chip.id, chip]),
);
