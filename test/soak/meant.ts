import { canReset } from '../../src/board/circuit/application-reset.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { SimBoard } from '../../src/sim/board/sim-boards.ts';
import type { TimedTruth } from '../../src/sim/truth.ts';
import type { World } from './world.ts';

/** What the host could know of the boards in one run. */
export interface Seen {
  readonly world: World;
  readonly profile: BoardProfile;
  /** The target first. */
  readonly boards: readonly SimBoard[];
  readonly truth: readonly TimedTruth[];
  /** When the host first listed a device at each USB path. */
  readonly listed: ReadonlyMap<string, number>;
  /** Paths that the run was told: `--usb-path`, or `usb.path` of the profile. */
  readonly isNamed: boolean;
}

const targetPath = '1-2';

/**
 * Name of the board that the run is about. Mostly the target. Where the host has never seen the target on USB, and
 * nobody named its path, another board is the target by all that can be observed: the only one that the lines bring into
 * its ROM, or, where no line resets anything, the only one that runs the profile's application. The same holds for the
 * one that the lines reach where they do not reach the target, and for one that somebody resets into its ROM in the very
 * moment of our reset: the coincidence that DESIGN decision 7 names.
 */
export function meantBoard({ world, profile, boards, truth, listed, isNamed }: Seen): string {
  const opened = truth.find(({ what }) => what === 'usb-opened');
  const board = boards.find(({ name }) => name === opened?.board);
  if (!board || board.name === 'target' || isNamed) return 'target';
  const isTargetSeen = (listed.get(targetPath) ?? Number.POSITIVE_INFINITY) < opened!.t;
  const isMoved = world.neighbours.some(({ name, moves = [] }) => name === board.name && moves.length > 0);
  if (!isTargetSeen) return board.onLines || !canReset(profile) || isMoved ? board.name : 'target';
  return board.onLines && world.scenario.startsWith('nrst-open') ? board.name : 'target';
}

/**
 * Boards whose USART hangs on the wires of the target's, of which the host could not know: nothing has shown on USB that
 * there are two.
 */
export function unseenOnTheWires({ boards, truth, listed, isNamed }: Seen): readonly string[] {
  const pathOf = (name: string) => {
    const event = truth.find((one) => one.what === 'enumerated' && one.board === name);
    return event?.what === 'enumerated' ? event.path : undefined;
  };
  const called = truth.find(({ what }) => what === 'usart-measured')?.t ?? 0;
  const isSeenAt = (path: string | undefined) => path !== undefined && (listed.get(path) ?? called) < called;
  const isSeen = (name: string) => isSeenAt(pathOf(name));
  return boards
    .filter(({ name, onLines }) => name !== 'target' && onLines)
    .map(({ name }) => name)
    .filter((name) => !(isSeen(name) && (isNamed || isSeenAt(targetPath))));
}
