import {
  type AnyActor,
  type AnyStateMachine,
  createActor,
  type EventFromLogic,
  type InputFrom,
  type InspectionEvent,
  type Observer,
  type OutputFrom,
  type SnapshotFrom,
  toPromise,
} from 'xstate';
import type { Clock } from '../../bench/clock.ts';
import { ownerOf } from './effects.ts';
import { type OnMachineStep, stepObserver } from './machine-steps.ts';

export interface RunOptions<Machine extends AnyStateMachine> {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Hands out the way to send the machine events of its own. */
  readonly onStart?: (send: (event: EventFromLogic<Machine>) => void) => void;
  readonly onSnapshot?: (snapshot: SnapshotFrom<Machine>) => void;
  /** Told the steps of this machine and of all below it; those of a child are told by the machine at the top. */
  readonly trace?: OnMachineStep | undefined;
  /** Gets the inspection events of xstate, for the same machines. */
  readonly inspect?: Inspector | undefined;
}

/** Takes inspection events of xstate: a function, or `inspect` of an inspector. One that throws gets no more of them. */
export type Inspector = ((event: InspectionEvent) => void) | Observer<InspectionEvent>;

/**
 * Runs a machine to its end and resolves with its output; an abort becomes the event `operator.aborted`, so that the
 * machine cleans up. With the signal of an effect the machine is a child of that effect: a whole job is one tree of actors.
 */
export async function runMachine<Machine extends AnyStateMachine>(
  machine: Machine,
  input: InputFrom<Machine>,
  { clock, signal, onStart, onSnapshot, trace, inspect }: RunOptions<Machine>,
): Promise<OutputFrom<Machine>> {
  const parent = ownerOf(signal);
  const place = parent ? { parent } : watchedBy(inspect, trace && stepObserver(clock, trace));
  const actor: AnyActor = createActor(machine as AnyStateMachine, { id: machine.id, input, clock, ...place });
  if (onSnapshot) actor.subscribe({ next: onSnapshot, error: () => {} });
  const abort = () => actor.send({ type: 'operator.aborted' });
  onStart?.((event) => actor.send(event));
  actor.start();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return (await toPromise(actor)) as OutputFrom<Machine>;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function watchedBy(...given: readonly (Inspector | undefined)[]) {
  const inspectors = new Set(given.filter((one) => one !== undefined));
  if (inspectors.size === 0) return {};
  const inspect = (event: InspectionEvent) => {
    for (const one of inspectors) {
      try {
        typeof one === 'function' ? one(event) : one.next?.(event);
      } catch {
        inspectors.delete(one); // it must not break off a transition, with a board in reset
      }
    }
  };
  return { inspect };
}
