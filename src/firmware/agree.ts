import type { BoardProfile } from '../board/profile.ts';
import type { SoftJump } from '../board/soft-jump.ts';
import { cString } from './c-string.ts';
import type { KitSignature } from './signature.ts';

/** What of a profile says how its application is asked. */
export type AskingBoard = Partial<Pick<BoardProfile, 'methods' | 'softJump' | 'target'>>;

/**
 * Where an image and the profile speak of different things, as a sentence about the image. Undefined where they agree, or
 * where nobody asks. An image without the kit may obey by code of its own: that is not known.
 */
export function disagreement(
  kits: readonly KitSignature[],
  { methods, softJump = [], target }: AskingBoard,
): string | undefined {
  if (!methods?.includes('soft-jump') || softJump.length === 0) return undefined;
  const [kit] = kits;
  if (!kit) {
    return softJump.every(isOfKit)
      ? 'it has no firmware kit of bootctl in it: whether it obeys the softJump of the profile is not known'
      : undefined;
  }
  const asked = softJump.some(isOfKit) ? softJump.filter(isOfKit) : softJump;
  const unheard = asked.filter((jump) => !kits.some((one) => answers(one, jump)));
  if (unheard.length > 0) {
    const what = unheard.length === asked.length ? 'something else' : requestsText(unheard);
    return `its firmware kit answers to ${answersText(kit)}, and the softJump of the profile asks for ${what}`;
  }
  if (target && kits.every((one) => one.target !== target.family)) {
    return `its firmware kit was made for ${kit.target}, and the target of the profile is ${target.family}`;
  }
  return undefined;
}

const isOfKit = ({ trigger }: SoftJump): boolean =>
  trigger === 'serial-command' || trigger === 'self-charge' || trigger === 'touch-1200';

/** A self-charge takes a longer `wait`; a jump by the same command is there sooner. */
function answers(kit: KitSignature, jump: SoftJump): boolean {
  if (jump.trigger === 'touch-1200') return kit.touch;
  return 'send' in jump && kit.commands.includes(jump.send);
}

const touchText = '1200 baud with a falling DTR';
const requestsText = (jumps: readonly SoftJump[]): string =>
  jumps.map((jump) => ('send' in jump ? cString(jump.send) : touchText)).join(' and ');

/** What asks this kit, in words. */
export const answersText = ({ commands, touch }: Pick<KitSignature, 'commands' | 'touch'>): string =>
  [...commands.map(cString), ...(touch ? [touchText] : [])].join(' and ') || 'nothing';

/** A kit in words. */
export const kitText = (kit: KitSignature): string =>
  `${kit.method} into the ROM of ${kit.target} on ${answersText(kit)} (firmware kit ${kit.version})`;
