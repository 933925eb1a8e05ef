import { pinDrive } from '../pictures/pin-drive.ts';
import type { BoardProfile } from '../profile.ts';

/**
 * What charges BOOT0: a transistor lets go of the node when it is off, a pin of the adapter or of this host goes LOW and pulls.
 * `unknown` is the board's own circuit, of which a profile has the truth table only.
 */
export function boot0Driver({ wiring, hostLines }: BoardProfile): 'transistor' | 'pin' | 'unknown' {
  const drive = pinDrive(wiring, 'boot0');
  if (drive.kind !== 'follows' && drive.kind !== 'crossed') return 'unknown';
  const own = hostLines?.[drive.line];
  // A GPIO that is as its pin is has nothing between that would invert it.
  const isDirect = own?.kind === 'gpio' ? own.idle !== drive.asserted : drive.asserted === 0;
  return isDirect ? 'pin' : 'transistor';
}

/** Nothing keeps the charge from flowing back into the pin that has charged the node. */
export const lacksDiode = (board: BoardProfile): boolean =>
  board.boot0 !== undefined && board.boot0.diodeDrop === 0 && boot0Driver(board) === 'pin';
