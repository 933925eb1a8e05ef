import type { Milliseconds } from '../base/units.ts';
import type { Clock } from '../bench/clock.ts';
import type { Board } from './board/board.ts';
import type { Cable } from './board/cable.ts';
import type { PersonalityId } from './chip/personalities.ts';
import type { TruthLog } from './truth.ts';

/**
 * When a neighbour moves: so long after the bench has started, or after the target has sampled BOOT0 for the nth time.
 */
export type Moment = { readonly at: Milliseconds } | { readonly sampling: number; readonly after: Milliseconds };

/**
 * An action on a neighbour. `plug` and `unplug`: its USB cable. `enter-rom`: a person holds its boot button and resets
 * it. `restart`: a person resets it, and its application starts.
 */
export interface Move {
  readonly when: Moment;
  readonly what: 'plug' | 'unplug' | 'enter-rom' | 'restart';
}

/** Another board on the same host. Its power supply is not its USB cable. */
export interface Neighbour {
  /** Name in the truth log. */
  readonly name: string;
  /**
   * The adapter's lines reach it as well, side by side with the target: a twin. Nothing of the adapter's does
   * otherwise.
   */
  readonly onLines?: true;
  /** USB path where it is plugged in. Default: the next free one. */
  readonly path?: string;
  /** Which ROM it has, instead of the target's kind. */
  readonly personality?: PersonalityId;
  /** Serial number of its ROM, instead of the one of its kind. */
  readonly serialNumber?: string;
  /** How much longer than the target's its ROM takes before it shows on USB. */
  readonly slowerBy?: Milliseconds;
  /** The program that it runs when the bench starts. Its application has the same USB ids as the target's. */
  readonly runs: 'rom' | 'application' | 'nothing';
  /** Its USB cable is not plugged in when the bench starts. */
  readonly unplugged?: true;
  readonly moves?: readonly Move[];
}

/** Beside the target's usual `1-2` and the adapters' `1-1` and `1-5`. */
const freePaths = ['1-3', '1-4', '1-6', '1-7', '1-8.1', '1-8.2', '2-1', '2-2'] as const;

/** Each neighbour with the path where it is plugged in. */
export function placed(
  neighbours: readonly Neighbour[],
  targetPath: string,
): readonly (Neighbour & { path: string })[] {
  const taken = new Set([targetPath, ...neighbours.flatMap(({ path }) => path ?? [])]);
  return neighbours.map((neighbour) => {
    const path = neighbour.path ?? freePaths.find((free) => !taken.has(free)) ?? `3-${taken.size}`;
    taken.add(path);
    return { ...neighbour, path };
  });
}

/** The movable parts of a neighbour. */
export interface Movable {
  readonly board: Board;
  readonly plug: () => void;
  readonly unplug: () => void;
}

/** If it is plugged in at the target's own path, the target's cable is out meanwhile. */
export const movableOf = (board: Board, cable: Cable, inTheWay: Cable | undefined): Movable => ({
  board,
  plug: () => {
    inTheWay?.pull();
    cable.plug();
  },
  unplug: () => {
    cable.pull();
    inTheWay?.plug();
  },
});

const acts: Readonly<Record<Move['what'], (movable: Movable) => void>> = {
  plug: ({ plug }) => plug(),
  unplug: ({ unplug }) => unplug(),
  'enter-rom': ({ board }) => board.enterRom(),
  restart: ({ board }) => board.restart(),
};

/** Carries out the moves of a neighbour, each once and at its time. */
export function animate(
  { clock, truth }: { readonly clock: Clock; readonly truth: TruthLog },
  moves: readonly Move[],
  movable: Movable,
): void {
  for (const { when, what } of moves) {
    const act = () => {
      // A bench that was switched off has no more moves.
      if (movable.board.isPowered) acts[what](movable);
    };
    if ('at' in when) {
      clock.setTimeout(act, when.at);
      continue;
    }
    let samplings = 0;
    const unsubscribe = truth.onEvent((event) => {
      if (event.what !== 'boot0-sampled' || event.board !== 'target' || ++samplings < when.sampling) return;
      unsubscribe();
      clock.setTimeout(act, when.after);
    });
  }
}

/** A foreign board in DFU mode that is plugged in at this moment. */
export const late = (when: Moment): Neighbour => ({
  name: 'stranger',
  runs: 'rom',
  unplugged: true,
  moves: [{ when, what: 'plug' }],
});
