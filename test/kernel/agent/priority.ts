import { constants, getPriority, setPriority } from 'node:os';

/**
 * Puts this process before all others of the guest, which has one processor or two: a device does not wait for the
 * computer that it is plugged into. pl2303 gives it 100 ms for an answer (drivers/usb/serial/pl2303.c), and missed them
 * where two programs started at that moment. Threads that are started later follow.
 */
export const comeFirst = (): void => setPriority(constants.priority.PRIORITY_HIGHEST);

/** Starts a program as an ordinary one: it takes over the priority that this process has at that moment. */
export function startOrdinary<T>(start: () => T): T {
  const own = getPriority();
  if (own >= constants.priority.PRIORITY_NORMAL) return start();
  setPriority(constants.priority.PRIORITY_NORMAL);
  try {
    return start();
  } finally {
    setPriority(own);
  }
}
