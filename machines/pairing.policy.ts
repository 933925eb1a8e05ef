import type { BootctlError } from '../src/base/errors.ts';

/** What one adapter's reset into the bootloader has shown. Places are USB paths. */
export interface Asked {
  readonly adapter: string;
  /** Bootloaders that came while the adapter drove its lines. */
  readonly newcomers: readonly string[];
  /** Those that were still there after the reset into the application. */
  readonly stayed: readonly string[];
  /** Why the job found no bootloader of its own; null where it did. */
  readonly error: Reason | null;
}

/** A failure in words. */
export interface Reason {
  readonly message: string;
  readonly hint: string;
}

export interface PairingInput {
  /** Places of the adapters, in the order of the first round. */
  readonly adapters: readonly string[];
  /** Places of targets that are in slots already. */
  readonly taken: readonly string[];
}

export interface PairingContext extends PairingInput {
  readonly asked: readonly Asked[];
  readonly error: BootctlError | null;
}

/**
 * Why an adapter has no target. `silent`: nothing came. `several`: more than one. `disagree`: the rounds differ. `shared`: another
 * adapter brings the same one. `taken`: a slot has it already. `stayed`: its reset did not start the application.
 */
export type WhyUnpaired = 'silent' | 'several' | 'disagree' | 'shared' | 'taken' | 'stayed';

export interface Unpaired {
  readonly adapter: string;
  readonly why: WhyUnpaired;
  /** All that it has brought. */
  readonly targets: readonly string[];
  readonly error: Reason | null;
}

export interface Pair {
  readonly adapter: string;
  readonly target: string;
}

export interface Pairing {
  readonly pairs: readonly Pair[];
  readonly unpaired: readonly Unpaired[];
}

export interface PairingOutput extends Pairing {
  /** Why it ended before its end; null where every adapter was asked twice. */
  readonly error: BootctlError | null;
}

export const startOf = (input: PairingInput): PairingContext => ({ ...input, asked: [], error: null });

/** Two rounds, the second in the opposite order: what follows from the order alone does not agree with itself. */
const orderOf = ({ adapters }: Pick<PairingInput, 'adapters'>): readonly string[] => [
  ...adapters,
  ...adapters.toReversed(),
];

/** The adapter that is asked next; undefined after both rounds. */
export const nextOf = (context: PairingContext): string | undefined => orderOf(context)[context.asked.length];

export const withAsked = ({ asked }: PairingContext, seen: Asked): Partial<PairingContext> => ({
  asked: [...asked, seen],
});

/** What both rounds say together. Nothing is guessed: an adapter with any doubt has no target. */
export function pairingOf(context: Omit<PairingContext, 'error'>): Pairing {
  const judged = context.adapters.map((adapter) => judge(adapter, context));
  return {
    pairs: judged.flatMap((one) => ('target' in one ? [one] : [])),
    unpaired: judged.flatMap((one) => ('why' in one ? [one] : [])),
  };
}

function judge(adapter: string, { asked, taken }: Omit<PairingContext, 'error'>): Pair | Unpaired {
  const own = asked.filter((one) => one.adapter === adapter);
  const others = asked.filter((one) => one.adapter !== adapter);
  const targets = [...new Set(own.flatMap(({ newcomers }) => newcomers))].sort();
  const error = own.find((one) => one.error)?.error ?? null;
  const why = unclearOf(own, targets) ?? doubtOf(own, targets[0]!, others, taken);
  return why === undefined ? { adapter, target: targets[0]! } : { adapter, why, targets, error };
}

/** Why it is not one target in both rounds. */
function unclearOf(own: readonly Asked[], targets: readonly string[]): WhyUnpaired | undefined {
  if (targets.length === 0) return 'silent';
  if (own.some(({ newcomers }) => newcomers.length > 1)) return 'several';
  const isMissing = own.length < 2 || own.some(({ newcomers }) => newcomers.length === 0);
  return targets.length > 1 || isMissing ? 'disagree' : undefined;
}

/** Why that one target is not its own. */
function doubtOf(
  own: readonly Asked[],
  target: string,
  others: readonly Asked[],
  taken: readonly string[],
): WhyUnpaired | undefined {
  if (taken.includes(target)) return 'taken';
  if (others.some(({ newcomers }) => newcomers.includes(target))) return 'shared';
  return own.some(({ stayed }) => stayed.length > 0) ? 'stayed' : undefined;
}
