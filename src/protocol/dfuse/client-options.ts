import type { Milliseconds } from '../../base/units.ts';
import type { OperationKind, Pacing } from './pacing.ts';

/** How long an operation may keep the target busy before it counts as stuck: the datasheets' maximum times, doubled. */
export const busyLimit = {
  /** Set Address Pointer only checks the address. */
  address: 2_000,
  /** F405 128 KiB sector: 4 s at most in x8 parallelism (DS8626, flash memory programming). */
  erase: 10_000,
  /** F405 1 MiB: 32 s at most in x8 parallelism (DS8626); it announces 100 ms. */
  massErase: 70_000,
  /** 2048 bytes: 512 words of 100 µs at most (DS8626). */
  program: 5_000,
  upload: 5_000,
} as const satisfies Record<OperationKind | 'upload', Milliseconds>;

/** What differs from ROM to ROM; `pacing` is to be shared by all clients of one open device. */
export interface ClientOptions {
  readonly pacing: Pacing;
  /** Whether DFU_CLRSTATUS may be tried on a ROM that stays in dfuDNBUSY. */
  readonly clearStatus: 'anywhere' | 'in-error-only';
  /** An erase that is busy for longer is stuck, ms. */
  readonly stuckAfter: Milliseconds;
  /** Whether the DFU_GETSTATUS of the leave is sent. */
  readonly leaveStatus: 'asked' | 'not-asked';
}

export const usualOptions = {
  clearStatus: 'anywhere',
  stuckAfter: busyLimit.erase,
  leaveStatus: 'asked',
} as const satisfies Partial<ClientOptions>;
