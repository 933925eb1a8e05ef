import { BootctlError } from '../../base/errors.ts';
import { disagreement, kitText } from '../../firmware/agree.ts';
import { kitsIn } from '../../firmware/signature.ts';
import type { Check } from './doctor-check.ts';

/** Whether the firmware can be asked, and whether the profile asks for what it answers to. */
const image: Check = ({ image: given, wanted }) => {
  if (!given) return [];
  const kits = kitsIn(given.segments);
  const profile = wanted?.profile instanceof BootctlError ? undefined : wanted?.profile;
  const contradiction = profile && disagreement(kits, profile);
  if (contradiction !== undefined) {
    const advice = 'Run `bootctl firmware write` with this profile, and build the firmware again.';
    return [{ verdict: 'warning', seen: `${given.name}: ${contradiction}`, advice }];
  }
  const can = kits.map((kit) => ({ verdict: 'ok' as const, seen: `${given.name} can be asked: ${kitText(kit)}` }));
  return can.length > 0 ? can : [{ verdict: 'ok', seen: `${given.name} has no firmware kit of bootctl in it` }];
};

/** Firmware of the board. */
export const imageChecks = { image } as const satisfies Record<string, Check>;
