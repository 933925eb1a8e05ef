import { fromPromise } from 'xstate';
import { BootctlError } from '../src/base/errors.ts';

/** Typed placeholder for an effect that a machine declares and src/ops provides. */
export const unprovided = <Output, Input>(name: string) =>
  fromPromise<Output, Input>(() => Promise.reject(new Error(`effect ${name} is not provided`)));

/** What a chart says of a state beside its description. */
export interface StateMeta {
  /** Ids of the machines that the operation behind the state's actor runs. */
  readonly runs?: readonly string[];
}

/** The failure that an effect's `onError` event carries; anything but a BootctlError is a bug and is rethrown. */
export function errorOf(event: object): BootctlError {
  const error = 'error' in event ? event.error : undefined;
  if (error instanceof BootctlError) return error;
  throw error;
}

/** What a machine keeps when `operator.aborted` ends it. */
export const aborted = (): BootctlError => new BootctlError('aborted', 'Interrupted');
