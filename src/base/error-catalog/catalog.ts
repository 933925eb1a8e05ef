import { firmwareErrors } from './firmware.ts';
import { fleetErrors } from './fleet.ts';
import { hostErrors } from './host.ts';
import { jigErrors } from './jig.ts';
import { targetErrors } from './target.ts';
import { usageErrors } from './usage.ts';

/** Every failure, by its stable code: append-only. */
export const catalog = {
  ...usageErrors,
  ...firmwareErrors,
  ...hostErrors,
  ...targetErrors,
  ...jigErrors,
  ...fleetErrors,
} as const;
