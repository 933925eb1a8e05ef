import { handOf } from '../../board/circuit/wiring.ts';
import { movesLines } from '../../board/ladder.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { type Chip, needsBoot1Low, romUsarts } from '../../chips/chip.ts';
import { whyNoDfu } from './awaited.ts';

/** What a person does by hand to start the ROM of this board; nothing has to be typed afterwards. */
export function manualEntry(profile: BoardProfile, chip?: Chip): string {
  const { description, boot0 } = profile;
  const supply = boot0 ? `${boot0.supply} V` : 'the supply';
  const boot1 = needsBoot1Low(chip) ? ', with BOOT1 low' : '';
  const goesOn = `bootctl goes on by itself when ${awaited(profile, chip)}.`;
  const hand = handOf(profile.wiring);
  if (hand === 'boot0') {
    const hold = `Hold the boot button, or connect BOOT0 to ${supply}${boot1}, and keep it so`;
    return `Now your part, on this board: ${description}. ${hold}: bootctl resets the board again and again. ${goesOn} Then let go of BOOT0.`;
  }
  if (hand === 'nrst') {
    const tap = 'Tap the reset button, or connect NRST to ground for a moment, or switch the power off and on';
    return `Now your part, on this board: ${description}. bootctl holds BOOT0 at 1${boot1 ? '; keep BOOT1 low' : ''}. ${tap}. ${goesOn}`;
  }
  return (
    `Now by hand, on this board: ${description}. ` +
    `1. Hold the boot button, or connect BOOT0 to ${supply}${boot1}. ` +
    '2. Tap the reset button, or connect NRST to ground for a moment. ' +
    `3. Let go of BOOT0.${withoutReset(profile)} ` +
    goesOn
  );
}

function withoutReset(profile: BoardProfile): string {
  if (movesLines(profile)) return '';
  const power = whyNoDfu(profile) === undefined ? 'plug the USB cable in' : 'switch the power on';
  return ` Without a reset button, ${power} with BOOT0 held.`;
}

/** What shows that the ROM runs. */
function awaited(profile: BoardProfile, chip: Chip | undefined): string {
  const { usb, usart } = profile;
  const place = usb.path === undefined ? '' : ` at USB path ${usb.path}`;
  const pins = romUsarts(chip);
  const onUsart = `the ROM answers on its USART (TX and RX of the adapter at ${pins ?? 'a USART of the ROM'})`;
  if (whyNoDfu(profile) !== undefined) return onUsart;
  return `the DFU device appears${place}${usart.connected ? `, or ${onUsart}` : ''}`;
}
