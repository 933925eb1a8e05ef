import { performance } from 'node:perf_hooks';
import type { AgentClient } from './client.ts';

/** The same moment by both clocks, in ms since whenever. */
export interface ClockReading {
  readonly host: number;
  readonly bench: number;
}

/** The bench's own time is that since its boot, in steps of 10 ms. */
export async function readClocks(client: AgentClient): Promise<ClockReading> {
  const asked = performance.timeOrigin + performance.now();
  const uptime = Buffer.from(await client.call('readFile', '/proc/uptime'), 'base64').toString();
  const answered = performance.timeOrigin + performance.now();
  return { host: (asked + answered) / 2, bench: 1000 * Number(uptime.split(' ')[0]) };
}
