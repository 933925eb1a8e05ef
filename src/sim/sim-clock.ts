import type { Milliseconds } from '../base/units.ts';
import type { Clock } from '../bench/clock.ts';

interface Timer {
  readonly id: number;
  readonly due: Milliseconds;
  readonly callback: () => void;
}

/** Node.js names of requests to the file system. Their answers take no virtual time. */
const fileRequests: readonly string[] = ['FSReqPromise', 'FSReqCallback', 'CloseReq'];
const isDiskAtWork = (): boolean => process.getActiveResourcesInfo().some((name) => fileRequests.includes(name));

/**
 * Virtual time that runs by itself: whenever nothing is left to do at the present instant (a turn of the event loop has
 * drained all promises, and no file is being read or written), it jumps to the next timer. A simulated job therefore
 * takes no longer than its computing.
 */
export class SimClock implements Clock {
  #now = 0;
  #nextId = 1;
  #pumping = false;
  #timers: Timer[] = [];

  now(): Milliseconds {
    return this.#now;
  }

  /** Timers that have neither run nor been cleared. */
  get pending(): number {
    return this.#timers.length;
  }

  setTimeout(callback: () => void, delay: Milliseconds): number {
    const id = this.#nextId++;
    const timer = { id, due: this.#now + Math.max(0, delay), callback };
    const position = this.#timers.findIndex((other) => other.due > timer.due);
    this.#timers.splice(position < 0 ? this.#timers.length : position, 0, timer);
    this.#pump();
    return id;
  }

  clearTimeout(id: unknown): void {
    this.#timers = this.#timers.filter((timer) => timer.id !== id);
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    const turn = () => {
      const [timer] = this.#timers;
      if (!timer) {
        this.#pumping = false;
        return;
      }
      if (timer.due <= this.#now || !isDiskAtWork()) {
        this.#timers.shift();
        this.#now = Math.max(this.#now, timer.due);
        timer.callback();
      }
      setImmediate(turn);
    };
    setImmediate(turn);
  }
}

/**
 * Runs `act` on a clock on which every delay that `act` sets is over at once. Afterwards that clock runs as `clock`
 * does.
 */
export function longAgo(clock: Clock, act: (past: Clock) => void): void {
  let isActing = true;
  act({
    now: () => clock.now(),
    setTimeout: (callback, delay) => clock.setTimeout(callback, isActing ? 0 : delay),
    clearTimeout: (id) => clock.clearTimeout(id),
  });
  isActing = false;
}
