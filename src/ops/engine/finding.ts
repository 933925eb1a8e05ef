import type { Sector } from '../../protocol/dfuse/memory-layout.ts';
import type { Run } from './runs.ts';

/** A sector of the plan with what the image has in it. */
export interface SectorPart {
  readonly sector: Sector;
  readonly runs: readonly Run[];
}

/** What a sector was found to need: nothing, programming of blank units, or an erase first. */
export interface Finding extends SectorPart {
  readonly fate: 'kept' | 'filled' | 'erased';
  /** Of a filled one: the blank units that the image wants. */
  readonly missing: readonly Run[];
  /** Of an erased one: where it holds something else. */
  readonly differsAt?: number;
  /** Of an erased one: it cannot be read before it is erased. */
  readonly isUnread?: boolean;
  /** Of an erased or filled one: bytes around the image that are to be put back. */
  readonly around?: readonly Run[];
}
