import { performance } from 'node:perf_hooks';
import type { Clock } from '../../../src/bench/clock.ts';
import { systemClock } from '../../../src/host/system/system-clock.ts';
import { skipsTime } from './skipped-time.ts';

/** Node's timers are up to 2 ms late in a guest; from here on the event loop is turned until the time has come. */
const turned = 2;

interface Timer {
  id: unknown;
  isCleared: boolean;
}

/** Where the guest's time passes only while it waits, turning costs none of it: it is spent in pieces of this length. */
const piece = 0.2;
const cell = new Int32Array(new SharedArrayBuffer(4));

/** Flash has no timer ticks: what the emulated targets take their time with takes that time, not a millisecond more. */
export const preciseClock: Clock = {
  now: systemClock.now,
  setTimeout(callback, delay) {
    const due = performance.now() + delay;
    const timer: Timer = { id: undefined, isCleared: false };
    const turn = () => {
      if (timer.isCleared) return;
      const left = due - performance.now();
      if (left <= 0) {
        callback();
        return;
      }
      if (skipsTime) Atomics.wait(cell, 0, 0, Math.min(left, piece));
      setImmediate(turn);
    };
    timer.id = setTimeout(turn, Math.max(0, delay - turned));
    return timer;
  },
  clearTimeout(id) {
    if (id === undefined) return;
    const timer = id as Timer;
    timer.isCleared = true;
    clearTimeout(timer.id as NodeJS.Timeout);
  },
};
