import type { TargetProgram } from '../board/target-program.ts';
import type { TargetMemory } from '../chip/target-memory.ts';

/** A hard fault at once, for ever: no USB, no USART. */
export const crashed = (): TargetProgram => ({
  name: 'crashed',
  start: (context) => context.record({ what: 'application', state: 'crashed' }),
  stop: () => {},
});

/**
 * The program that the core runs from the vector table at `address`: the flashed one, or `crashed` if the flash has no
 * plausible vector table (SP in RAM, reset vector with the Thumb bit and inside flash).
 */
export function applicationFor(memory: TargetMemory, address: number, flashed: TargetProgram): TargetProgram {
  if (memory.flash.isTorn(address, 8)) return crashed(); // the core faults as it fetches its vectors
  const reset = memory.flash.word(address + 4);
  const isRunnable = memory.hasStackPointer(address) && (reset & 1) === 1 && memory.flash.contains(reset - 1);
  return isRunnable ? flashed : crashed();
}
