import type { BootctlError } from '../src/base/errors.ts';
import type { Rung } from '../src/board/circuit/plan.ts';
import type { Tries } from '../src/board/ladder.ts';

/** Evidence beside silence: what came or stayed instead, which another start of the ROM does not change. */
const explained = ['unawaited', 'stayed', 'appeared', 'elsewhere', 'stranger'] as const;

/** A try that has failed. */
interface Failed {
  readonly rung: Rung | undefined;
  readonly error: BootctlError | null;
  readonly tries: Tries;
  /** How often this rung was repeated before. */
  readonly repeated: number;
}

/** Another start of the ROM may enumerate. Only lines start it by themselves, and a rung that differs in its times is tried once. */
export function canStartAgain({ rung, error, tries, repeated }: Failed): boolean {
  if (error?.code !== 'dfu-not-seen' || !rung?.plan || rung.change !== 'nominal') return false;
  if (explained.some((detail) => detail in error.details)) return false;
  return repeated + 1 < (error.details.enumeration === undefined ? tries.silent : tries.flaky);
}
