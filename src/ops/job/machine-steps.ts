import type { InspectionEvent, StateValue } from 'xstate';
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

/** What xstate calls for everything that goes on in a machine and its effects; `machine` is the id of the one that is told. */
export function stepObserver(machine: string, clock: Clock, onStep: OnMachineStep) {
  let last: { readonly state: string; readonly event: object } | undefined;
  return (inspected: InspectionEvent): void => {
    if (inspected.type !== '@xstate.microstep' && inspected.type !== '@xstate.snapshot') return;
    const { event, snapshot } = inspected;
    // Effects are actors too, but only the machine has a state value.
    if (!('value' in snapshot)) return;
    const state = nameOf(snapshot.value as StateValue);
    if (state === last?.state) return;
    const isSameEvent = event === last?.event;
    last = { state, event };
    const error = 'error' in event && !isSameEvent ? { error: event.error } : {};
    onStep({ machine, state, t: clock.now(), cause: isSameEvent ? 'always' : causeOf(event.type), ...error });
  };
}

/** xstate's own events begin with `xstate.` and go on with ids that say no more than the state before. */
const causeOf = (eventType: string): string => /^xstate\.(\w+)/.exec(eventType)?.[1] ?? eventType;

const nameOf = (value: StateValue): string => (typeof value === 'string' ? value : JSON.stringify(value));
