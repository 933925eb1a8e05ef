import type { Milliseconds } from '../../base/units.ts';

/** How much longer than planned the time between two edges of the lines may be. */
export interface AdapterJitter {
  readonly name: string;
  readonly jitter: Milliseconds;
  readonly source: string;
}

const fullSpeed =
  'our assumption: one control transfer takes one to three frames of 1 ms (USB 2.0, 8.5.3 and 5.5.4), and the timers of the host the rest; `bootctl calibrate` measures it';

/** By the name that `rc design --adapter` takes. */
export const adapterJitters = {
  ft232r: { name: 'FTDI FT232R', jitter: 5, source: fullSpeed },
  ft232h: {
    name: 'FTDI FT232H',
    jitter: 4,
    source: 'our assumption: the same host, and microframes of 0.125 ms (USB 2.0, 8.4.3)',
  },
  cp210x: { name: 'Silicon Labs CP210x', jitter: 5, source: fullSpeed },
  ch340: { name: 'WCH CH340', jitter: 5, source: fullSpeed },
  pl2303: { name: 'Prolific PL2303', jitter: 5, source: fullSpeed },
  'cdc-acm': { name: 'CDC-ACM', jitter: 5, source: fullSpeed },
  rfc2217: {
    name: 'port over the network',
    jitter: 20,
    source: 'our assumption for a local network; a job measures it before its first edge (DESIGN.md, decision 62)',
  },
} as const satisfies Record<string, AdapterJitter>;

export type AdapterName = keyof typeof adapterJitters;
export const adapterNames = Object.keys(adapterJitters) as readonly AdapterName[];

/** Where no adapter is named. */
export const usualAdapter: AdapterName = 'ft232r';
