import { opensInReset } from '../../board/circuit/wiring.ts';
import { noWiring } from '../../board/profile/resolve-wiring.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { JobSpec } from './job-spec.ts';

/** A job that takes the bootloader that is there. */
export interface PresentOnly {
  /** Whether it calls the ROM's USART, or why not. */
  readonly usart: 'called' | 'not-connected' | 'reset-by-opening';
}

/**
 * The board for such a job: without methods, and without lines that the job could move. Where opening the port would reset
 * the board, the adapter is of no use: the ROM would be lost before it is called.
 */
function withoutEntry(profile: BoardProfile): { readonly profile: BoardProfile; readonly only: PresentOnly } {
  const { hostLines: _none, powerCycle: _neither, ...own } = profile;
  const { usart, application } = own;
  const isReset = opensInReset(profile);
  const still = { ...own, wiring: noWiring, methods: [], softJump: [] };
  if (!isReset) return { profile: still, only: { usart: usart.connected ? 'called' : 'not-connected' } };
  return {
    profile: {
      ...still,
      usart: { ...usart, connected: false },
      application: application.expect === 'serial' ? { expect: 'none' } : application,
    },
    only: { usart: usart.connected ? 'reset-by-opening' : 'not-connected' },
  };
}

/** The board of a job as it may be used: whole, or without entry. */
export const boardOf = ({ profile, noEntry = false }: Pick<JobSpec, 'profile' | 'noEntry'>) =>
  noEntry ? withoutEntry(profile) : { profile, only: undefined };
