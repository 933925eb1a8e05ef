/** What lets a slot begin. Several: all of them, in any order. */
export type StartBy = 'insert' | 'scan' | 'button';

/** What a slot waits for. */
export type Need = StartBy | 'removal' | 'others';

/** What has come of a unit so far. */
export interface Arrival {
  readonly isPresent: boolean;
  /** The code that was scanned for it. */
  readonly label: string | undefined;
  readonly isPressed: boolean;
  /** The run before, of this very unit: it begins as it is, without removal. */
  readonly again: string | undefined;
}

const hasCome: Readonly<Record<StartBy, (arrival: Arrival) => boolean>> = {
  insert: ({ isPresent }) => isPresent,
  scan: ({ label }) => label !== undefined,
  button: ({ isPressed }) => isPressed,
};

/** What is missing before a run, in the order of jig.yaml. */
export const missingOf = (on: readonly StartBy[], arrival: Arrival): readonly StartBy[] =>
  arrival.again === undefined ? on.filter((one) => !hasCome[one](arrival)) : [];

/** Nothing of a unit. */
export const nothingYet: Omit<Arrival, 'isPresent'> = { label: undefined, isPressed: false, again: undefined };
