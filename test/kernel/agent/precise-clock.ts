import { performance } from 'node:perf_hooks';
import type { Clock } from '../../../src/bench/clock.ts';
import { systemClock } from '../../../src/host/system/system-clock.ts';

/** Node's timers are up to 2 ms late in a guest; from here on the event loop is turned until the time has come. */
const turned = 2;

interface Timer {
  id: unknown;
  isCleared: boolean;
}

/** Flash has no timer ticks: what the emulated targets take their time with takes that time, not a millisecond more. */
export const preciseClock: Clock = {
  now: systemClock.now,
  setTimeout(callback, delay) {
    const due = performance.now() + delay;
    const timer: Timer = { id: undefined, isCleared: false };
    const turn = () => {
      if (timer.isCleared) return;
      if (performance.now() >= due) callback();
      else setImmediate(turn);
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
