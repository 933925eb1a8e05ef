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
  if (!kits.some((one) => softJump.some((jump) => answers(one, jump)))) {
    return `its firmware kit answers to ${answersText(kit)}, and the softJump of the profile asks for something else`;
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
  return 'send' in jump && jump.send === kit.command;
}

/** What asks this kit, in words. */
export const answersText = ({ command, touch }: Pick<KitSignature, 'command' | 'touch'>): string =>
  [...(command === undefined ? [] : [cString(command)]), ...(touch ? ['1200 baud with a falling DTR'] : [])].join(
    ' and ',
  ) || 'nothing';

/** A kit in words. */
export const kitText = (kit: KitSignature): string =>
  `${kit.method} into the ROM of ${kit.target} on ${answersText(kit)} (firmware kit ${kit.version})`;
