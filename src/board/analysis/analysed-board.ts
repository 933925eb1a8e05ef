import { BootctlError } from '../../base/errors.ts';
import { isLineMethod, type LineMethod } from '../circuit/planner.ts';
import type { BoardProfile } from '../profile.ts';
import type { RcBoard } from './factors.ts';

/** A board whose circuit can be analysed, and the methods by which its line charges the capacitor. */
export interface AnalysedBoard {
  readonly board: RcBoard;
  /** `rc-cap` first: its capacitor has more to do. */
  readonly methods: readonly LineMethod[];
}

/** @throws BootctlError `circuit-not-analysable` where there is no capacitor, or no line charges it */
export function analysedBoard(profile: BoardProfile): AnalysedBoard {
  const { boot0, id } = profile;
  if (!boot0) {
    throw new BootctlError(
      'circuit-not-analysable',
      `${id} has no RC circuit: its profile has no \`boot0\` values, so BOOT0 is driven directly or by hand`,
    );
  }
  const methods = profile.methods.filter(isLineMethod).toSorted((a) => (a === 'rc-cap' ? -1 : 1));
  if (methods.length === 0) {
    const named = profile.methods.join(', ');
    throw new BootctlError(
      'circuit-not-analysable',
      `No method of ${id} charges its capacitor by a line: it has ${named}, and neither rc-cap nor lines`,
    );
  }
  return { board: { ...profile, boot0 }, methods };
}
