import type { Clock } from '../../bench/clock.ts';
import type { RecordTruth } from './flash-memory.ts';
import type { TargetMemory } from './target-memory.ts';

/** What the DFU side asks of the ROM around it. */
export interface RomDfuEvents {
  /** The host configured the device or sent a DFU request. */
  selected(): void;
  /** Leave (AN3156): off the bus, then on to the code at `address`. */
  leave(address: number): void;
  /** Off the bus, then a system reset. */
  reset(): void;
}

export interface RomDfuOptions {
  readonly memory: TargetMemory;
  readonly clock: Clock;
  readonly record: RecordTruth;
  readonly events: RomDfuEvents;
  /** dfuIDLE, or what an earlier host left behind. */
  readonly initialState: 'dfuIDLE' | 'dfuDNLOAD_IDLE' | 'dfuUPLOAD_IDLE' | 'dfuERROR';
}
