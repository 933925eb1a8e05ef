import {
  type AnyActor,
  type AnyStateMachine,
  createActor,
  type EventFromLogic,
  type InputFrom,
  type OutputFrom,
  type SnapshotFrom,
  toPromise,
} from 'xstate';
import type { Clock } from '../../bench/clock.ts';
import { type OnMachineStep, stepObserver } from './machine-steps.ts';

export interface RunOptions<Machine extends AnyStateMachine> {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Hands out the way to send the machine events of its own. */
  readonly onStart?: (send: (event: EventFromLogic<Machine>) => void) => void;
  readonly onSnapshot?: (snapshot: SnapshotFrom<Machine>) => void;
  /** Without it nothing is observed. */
  readonly trace?: OnMachineStep | undefined;
}

/** Runs a machine to its end and resolves with its output; an abort becomes the event `operator.aborted`, so that the machine cleans up. */
export async function runMachine<Machine extends AnyStateMachine>(
  machine: Machine,
  input: InputFrom<Machine>,
  { clock, signal, onStart, onSnapshot, trace }: RunOptions<Machine>,
): Promise<OutputFrom<Machine>> {
  const observed = trace ? { inspect: stepObserver(machine.id, clock, trace) } : {};
  const actor: AnyActor = createActor(machine as AnyStateMachine, { input, clock, ...observed });
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
