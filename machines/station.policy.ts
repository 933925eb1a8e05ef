/** `sequential`: one slot at a time. `parallel`: each by itself. `batch`: all together, and the next when all are done. */
export type Mode = 'sequential' | 'parallel' | 'batch';

/** A slot as its station sees it: nothing to do, could begin, at work, its verdict is shown, or held. */
export type SlotPhase = 'idle' | 'ready' | 'busy' | 'done' | 'held';

export interface Queue {
  readonly mode: Mode;
  /** How many slots work at once at most. */
  readonly together: number;
  /** So many good units are still wanted; endless without it. */
  readonly left: number | undefined;
  /** In the order of jig.yaml. */
  readonly phases: ReadonlyMap<string, SlotPhase>;
  /** The ready ones, the first that became so first. */
  readonly ready: readonly string[];
  /** Those of the batch under way that have not ended. */
  readonly batch: readonly string[];
}

/** The queue after a slot has changed. */
export function changed(queue: Queue, slot: string, phase: SlotPhase): Queue {
  const phases = new Map(queue.phases).set(slot, phase);
  const others = queue.ready.filter((one) => one !== slot);
  const isQueued = queue.phases.get(slot) === 'ready';
  const ready = phase !== 'ready' ? others : isQueued ? queue.ready : [...others, slot];
  const isUnderWay = phase === 'ready' || phase === 'busy';
  const batch = isUnderWay ? queue.batch : queue.batch.filter((one) => one !== slot);
  return { ...queue, phases, ready, batch: batchOf({ ...queue, phases, batch }) };
}

/** The next batch begins when every slot that is not held is ready. */
function batchOf({ mode, phases, batch }: Queue): readonly string[] {
  if (mode !== 'batch' || batch.length > 0) return batch;
  const free = [...phases].filter(([, phase]) => phase !== 'held');
  return free.every(([, phase]) => phase === 'ready') ? free.map(([slot]) => slot) : [];
}

const places: Readonly<Record<Mode, (queue: Queue) => number>> = {
  sequential: () => 1,
  parallel: ({ together }) => together,
  batch: ({ together }) => together,
};

/** The slots whose turn it is. */
export function turnsOf(queue: Queue): readonly string[] {
  const { mode, left = Number.POSITIVE_INFINITY, phases, ready, batch } = queue;
  const busy = [...phases.values()].filter((phase) => phase === 'busy').length;
  const fitting = mode === 'batch' ? ready.filter((slot) => batch.includes(slot)) : ready;
  return fitting.slice(0, Math.max(0, Math.min(places[mode](queue), left) - busy));
}

export const isAnyBusy = ({ phases }: Queue): boolean => [...phases.values()].includes('busy');
