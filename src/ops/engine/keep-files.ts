import type { Run } from './runs.ts';
import type { BoardSigns } from './same-board.ts';

/** The target that bytes were taken from. */
export interface KeptFrom extends BoardSigns {
  readonly profile: string;
}

/** Bytes in a file that outlives this process. */
export interface KeptFile {
  readonly path: string;
  /** Facts about the board that they were taken from. */
  readonly from: KeptFrom;
  readonly runs: readonly Run[];
}

/** Storage for bytes while they are not in the flash. */
export interface KeptFiles {
  /** Files of interrupted jobs at this place with this profile, or of a board with this unique id. */
  find(from: KeptFrom): Promise<readonly KeptFile[]>;
  /**
   * Resolves with the path when the bytes are on the disk. No file is overwritten.
   * @throws BootctlError `image-unwritable`
   */
  save(from: KeptFrom, runs: readonly Run[]): Promise<string>;
  /** Removes only one of these files. Any other file belongs to the person. */
  remove(path: string): Promise<void>;
}
