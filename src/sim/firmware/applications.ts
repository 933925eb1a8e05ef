import type { ApplicationStart, TargetProgram } from '../board/target-program.ts';
import type { TargetMemory } from '../chip/target-memory.ts';

/** A hard fault at once, for ever: no USB, no USART. */
export const crashed = (): TargetProgram => ({
  name: 'crashed',
  start: (context) => context.record({ what: 'application', state: 'crashed' }),
  stop: () => {},
});

/**
 * The program that the core runs from the vector table at `address`: the flashed one, or `crashed` if the flash has no
 * plausible vector table (SP in RAM, reset vector with the Thumb bit and inside flash, at any of its addresses).
 */
export function applicationFor(
  memory: TargetMemory,
  address: number,
  flashed: TargetProgram,
  start: ApplicationStart = 'reset',
): TargetProgram {
  if (memory.flash.isTorn(address, 8)) return crashed(); // the core faults as it fetches its vectors
  const reset = memory.flash.word(address + 4);
  const isRunnable = memory.hasStackPointer(address) && (reset & 1) === 1 && isFlash(memory, reset - 1, start);
  return isRunnable ? flashed : crashed();
}

/** While the ROM runs, and behind its jump, address 0 shows the system memory and not the flash (RM0090 §2.4). */
function isFlash({ flash, personality }: TargetMemory, address: number, start: ApplicationStart): boolean {
  if (flash.contains(address)) return true;
  return (personality.flashAliases ?? []).some(
    (alias) => (alias.kind !== 'boot' || start === 'reset') && flash.contains(flash.address + address - alias.address),
  );
}
