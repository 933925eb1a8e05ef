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

/** Enough for two shifts without the fleet. */
export const askedAtOnce: Readonly<Record<GrantKind, number>> = { units: 500, numbers: 500 };

/** The next grant is asked for when fewer are left: the answer is there before the last is used. */
export const lowMark: Readonly<Record<GrantKind, number>> = { units: 20, numbers: 100 };

/** What is to be asked for next; `dry`: the fleet had none left. Units first: numbers are of no use without them. */
export function wantedGrant(stock: GrantStock | undefined, dry: readonly GrantKind[]): GrantKind | undefined {
  if (!stock?.isOpen) return undefined;
  const isLow = (kind: GrantKind) => (stock[kind] ?? Number.POSITIVE_INFINITY) < lowMark[kind];
  return (['units', 'numbers'] as const).find((kind) => isLow(kind) && !dry.includes(kind));
}
