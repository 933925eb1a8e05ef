import { writeBuiltIn } from '../../src/board/write-built-in.ts';

/** Profiles and targets as `hardware/` has them now: the tests need no build for a file that was edited. */
export const setup = (): void => writeBuiltIn();
