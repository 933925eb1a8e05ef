import type { Attempt } from '../../../machines/boot-entry.policy.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { Chip } from '../../chips/chip.ts';

/** What a diagnosis is made from: only what was observed, and facts with a source. */
export interface Facts {
  readonly profile: BoardProfile;
  readonly target?: Chip | undefined;
  readonly attempts: readonly Attempt[];
}
