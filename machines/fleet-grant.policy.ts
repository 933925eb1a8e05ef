/** What is asked of a fleet: good units that may be made, or numbers for them. */
export type GrantKind = 'units' | 'numbers';

/** What a station has left of what it was granted. */
export interface GrantStock {
  readonly lot: string;
  /** Nothing is granted of a lot that is not. */
  readonly isOpen: boolean;
  readonly units: number;
  /** Undefined where units of this lot have no numbers of a range. */
  readonly numbers: number | undefined;
}

/** A grant to be asked for: so many at most. */
export interface WantedGrant {
  readonly kind: GrantKind;
  readonly most: number;
}

/** Enough for two shifts without the fleet. */
export const unitsAtOnce = 500;

/** The next units are asked for when fewer are left: the answer is there before the last is used. */
export const fewUnits = 20;

/**
 * What is to be asked for next; `dry`: the fleet had none left. Units first; then numbers for them, and no more: a number that one station has
 * and does not need, no other one gets.
 */
export function wantedGrant(stock: GrantStock | undefined, dry: readonly GrantKind[]): WantedGrant | undefined {
  if (!stock?.isOpen) return undefined;
  const { units, numbers = units } = stock;
  if (units < fewUnits && !dry.includes('units')) return { kind: 'units', most: unitsAtOnce };
  if (numbers < units && !dry.includes('numbers')) return { kind: 'numbers', most: units - numbers };
  return undefined;
}
