import type { AnyMachineSnapshot, InspectionEvent, StateValue } from 'xstate';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';

/** A machine has gone into a state; every state is told, also one that it leaves at once. */
export interface MachineStep {
  /** Id of the machine. */
  readonly machine: string;
  readonly state: string;
  readonly t: Milliseconds;
  /** What it follows: `init`, an effect that is `done` or failed (`error`), `after` a delay, `always`, or an event of its own. */
  readonly cause: string;
  /** Why the effect failed. */
  readonly error?: unknown;
}

/** Receives the steps of every machine of a job; must not throw. */
export type OnMachineStep = (step: MachineStep) => void;

/** What xstate calls for everything that goes on in a machine, in its effects, and in the machines below them. */
export function stepObserver(clock: Clock, onStep: OnMachineStep) {
  const lasts = new WeakMap<object, { readonly state: string; readonly event: object }>();
  return (inspected: InspectionEvent): void => {
    if (inspected.type !== '@xstate.microstep' && inspected.type !== '@xstate.snapshot') return;
    const { actorRef, event, snapshot } = inspected;
    // Effects are actors too, but only a machine has a state value.
    if (!('machine' in snapshot)) return;
    const { machine, value } = snapshot as AnyMachineSnapshot;
    const state = nameOf(value);
    const last = lasts.get(actorRef);
    if (state === last?.state) return;
    const isSameEvent = event === last?.event;
    lasts.set(actorRef, { state, event });
    const error = 'error' in event && !isSameEvent ? { error: event.error } : {};
    onStep({
      machine: machine.id,
      state,
      t: clock.now(),
      cause: isSameEvent ? 'always' : causeOf(event.type),
      ...error,
    });
  };
}

/** xstate's own events begin with `xstate.` and go on with ids that say no more than the state before. */
const causeOf = (eventType: string): string => /^xstate\.(\w+)/.exec(eventType)?.[1] ?? eventType;

const nameOf = (value: StateValue): string => (typeof value === 'string' ? value : JSON.stringify(value));
