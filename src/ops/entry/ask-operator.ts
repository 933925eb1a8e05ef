import { movesLines } from '../../board/ladder.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { type Chip, needsBoot1Low } from '../../chips/chip.ts';

/** What a person does by hand to start the ROM of this board; nothing has to be typed afterwards. */
export function manualEntry(profile: BoardProfile, chip?: Chip): string {
  const { description, boot0, usb } = profile;
  const supply = boot0 ? `${boot0.supply} V` : 'the supply';
  const boot1 = needsBoot1Low(chip) ? ', with BOOT1 low' : '';
  const plug = movesLines(profile) ? '' : ' Without a reset button, plug the USB cable in with BOOT0 held.';
  const place = usb.path === undefined ? '' : ` at USB path ${usb.path}`;
  return (
    `Now by hand, on this board: ${description}. ` +
    `1. Hold the boot button, or connect BOOT0 to ${supply}${boot1}. ` +
    '2. Tap the reset button, or connect NRST to ground for a moment. ' +
    `3. Let go of BOOT0.${plug} ` +
    `bootctl goes on by itself when the DFU device appears${place}.`
  );
}
