import type { Milliseconds } from '../src/base/units.ts';

/** A worker says so often that it lives. */
export const workerBeat: Milliseconds = 2_000;
/** From one try to reach the database to the next. */
export const reconnectPause: Milliseconds = 1_000;

/** Whose a board is, as the database answers a hello. */
export interface OwnedBoard {
  readonly board: string;
  readonly owner: string;
}

/** A process of a worker that is there, as the database has it. */
export interface WorkerBeat {
  readonly name: string;
  readonly life: string;
  /** How often it has beaten. */
  readonly beats: number;
}

/** One look at the workers of a fleet. */
export interface WorkersSeen {
  readonly workers: readonly WorkerBeat[];
  /** Of these, the ones whose beats stand still for too long. */
  readonly still: readonly WorkerBeat[];
}

/** A process that asks for the place of a worker. */
export interface PlaceAsked {
  readonly worker: string;
  /** Of this process. */
  readonly life: string;
  /** The other process that has the place, as it was seen first. */
  readonly first: WorkerBeat | undefined;
}

/** What is known of the place of a worker; `dead`: whoever has it stands still. */
export type OwnPlace = 'free' | 'unclear' | 'lives' | 'dead';

/** A process of this worker that was killed stands still; one that lives has its place. */
export function ownPlace({ worker, life, first }: PlaceAsked, { workers, still }: WorkersSeen): OwnPlace {
  const there = beatOf(workers, worker);
  if (!there || there.life === life) return 'free';
  const was = first ?? there;
  if (there.life !== was.life || there.beats > was.beats) return 'lives';
  return beatOf(still, worker) ? 'dead' : 'unclear';
}

export const beatOf = (workers: readonly WorkerBeat[], worker: string): WorkerBeat | undefined =>
  workers.find(({ name }) => name === worker);

/** Boards that are asked for here, and belong to other workers. */
export const refusedBoards = (boards: readonly OwnedBoard[], worker: string): readonly OwnedBoard[] =>
  boards.filter(({ owner }) => owner !== worker);

/** How often each owner has beaten when it was first seen: those of `before` stay. */
export const withOwners = (
  before: ReadonlyMap<string, number>,
  refused: readonly OwnedBoard[],
  workers: readonly WorkerBeat[],
): ReadonlyMap<string, number> =>
  new Map([...refused.map(({ owner }) => [owner, beatOf(workers, owner)?.beats ?? 0] as const), ...before]);

/** Boards whose owner was seen to live: it has beaten since it was first seen. */
export const livingOwners = (
  before: ReadonlyMap<string, number>,
  refused: readonly OwnedBoard[],
  workers: readonly WorkerBeat[],
): readonly OwnedBoard[] =>
  refused.filter(({ owner }) => {
    const beats = beatOf(workers, owner)?.beats ?? 0;
    return beats > (before.get(owner) ?? beats);
  });
