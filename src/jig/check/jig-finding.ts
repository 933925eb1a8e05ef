import type { BootctlError } from '../../base/errors.ts';
import type { HubFacts } from '../../bench/hub-ports.ts';
import type { ResolvePlace } from '../../bench/usb-place.ts';
import type { UsbTree } from '../../bench/usb-tree.ts';
import type { Finding } from '../../ops/doctor/doctor-check.ts';
import type { Inventory } from '../../ops/list.ts';
import type { PlacedSlot } from '../places.ts';
import type { Jig } from '../plan/read-jig.ts';

/** All that the checks judge; nothing in it was learned by opening a serial port. */
export interface JigFacts {
  readonly jig: Jig;
  readonly inventory: Inventory;
  readonly tree: UsbTree;
  readonly resolve: ResolvePlace;
  readonly slots: readonly PlacedSlot[];
  /** What the hubs that were asked say of themselves, or why they cannot be asked; none where the bench has no hubs. */
  readonly hubFacts: Readonly<Record<string, HubFacts | BootctlError>>;
  /** Programs of the steps, and why one cannot be run; undefined where it can. */
  readonly programs: readonly {
    readonly path: readonly PropertyKey[];
    readonly name: string;
    readonly trouble: BootctlError | undefined;
  }[];
}

/** One check: no finding where it does not apply. */
export type JigCheck = (facts: JigFacts) => readonly Finding[];

export const ok = (seen: string): Finding => ({ verdict: 'ok', seen });
export const warning = (seen: string, advice: string): Finding => ({ verdict: 'warning', seen, advice });
export const problem = (seen: string, advice: string): Finding => ({ verdict: 'problem', seen, advice });
