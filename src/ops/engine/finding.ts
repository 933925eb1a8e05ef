import type { Sector } from '../../protocol/dfuse/memory-layout.ts';
import type { Run } from './runs.ts';

/** A sector of the plan with the image's bytes in it. */
export interface SectorPart {
  readonly sector: Sector;
  readonly runs: readonly Run[];
}

/** The work that a sector needs: nothing, programming of blank units, or an erase first. */
export interface Finding extends SectorPart {
  readonly fate: 'kept' | 'filled' | 'erased';
  /** The blank units to program, if the sector needs no erase. */
  readonly missing: readonly Run[];
  /** The place of other content, if the sector needs an erase. */
  readonly differsAt?: number;
  /** Of an erased one: it cannot be read before it is erased. */
  readonly isUnread?: boolean;
  /** Of an erased or filled one: bytes around the image that are to be put back. */
  readonly around?: readonly Run[];
}
