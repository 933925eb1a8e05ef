import type { Run } from './runs.ts';
import type { BoardSigns } from './same-board.ts';

/** Which target bytes were taken from. */
export interface KeptFrom extends BoardSigns {
  readonly profile: string;
}

/** Bytes in a file that outlives this process. */
export interface KeptFile {
  readonly path: string;
  /** What is known of the board that they were taken from. */
  readonly from: KeptFrom;
  readonly runs: readonly Run[];
}

/** Where bytes wait while the flash does not hold them. */
export interface KeptFiles {
  /** What interrupted jobs have left at this place with this profile, or of a board with this unique id. */
  find(from: KeptFrom): Promise<readonly KeptFile[]>;
  /** Resolves with the path when they are on the disk; no file is overwritten. @throws BootctlError `image-unwritable` */
  save(from: KeptFrom, runs: readonly Run[]): Promise<string>;
  /** Only where it is one of these files: another one is the person's own. */
  remove(path: string): Promise<void>;
}
