import type { Milliseconds } from '../../base/units.ts';
import { wireTime } from '../../protocol/an3155/timeouts.ts';

/**
 * What is tried, the fastest first. ST has tested no more than 115200 (AN3155 §2.2); on an F303, 921600 never worked,
 * 460800 now and then, and 256000 always (cleanflight-configurator pull request 191).
 */
const fasterRates = [921_600, 460_800, 230_400] as const;

/** A person who asks for less than this has a reason (AN2606: jitter of the F74x). */
const testedRate = 115_200;

/** All tries together, and the way back, may cost this part of the time that the bytes take without them. */
const mostLoss = 0.1;

export interface RateQuestion {
  /** The rate at which the ROM answers. */
  readonly baudRate: number;
  /** What the adapter can; unknown where undefined. */
  readonly adapter: number | undefined;
  /** What the profile allows. */
  readonly allowed: number | undefined;
  /** How many bytes are to cross the wire at least. */
  readonly bytes: number;
  /** What one more entry into the ROM takes. */
  readonly entry: Milliseconds;
}

/** Faster rates that are worth an entry into the ROM each: as many as the loss allows, where few the likeliest to work. */
export function ratesWorthTrying({ baudRate, adapter, allowed, bytes, entry }: RateQuestion): readonly number[] {
  if (adapter === undefined || (allowed === undefined && baudRate < testedRate)) return [];
  const most = Math.min(adapter, allowed ?? adapter);
  const tries = Math.floor((wireTime(bytes, baudRate) * mostLoss) / entry) - 1;
  const rates = fasterRates.filter((rate) => rate > baudRate && rate <= most);
  return tries > 0 ? rates.slice(-tries) : [];
}
