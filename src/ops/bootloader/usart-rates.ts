import type { Milliseconds } from '../../base/units.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { wireTime } from '../../protocol/an3155/timeouts.ts';

/**
 * The rates to try, the fastest first. ST has tested no more than 115200 (AN3155 §2.2); on an F303, 921600 never
 * worked, 460800 now and then, and 256000 always (cleanflight-configurator pull request 191).
 */
const fasterRates = [921_600, 460_800, 230_400] as const;

/** A person who asks for less than this has a reason (AN2606: jitter of the F74x). */
const testedRate = 115_200;

/** Rates at which a job of this profile may have left a ROM that still runs. */
export const ratesLeftBehind = ({
  baudRate,
  fastestBaudRate = Number.POSITIVE_INFINITY,
}: BoardProfile['usart']): readonly number[] =>
  fasterRates.filter((rate) => rate > baudRate && rate <= fastestBaudRate);

/** All tries together, and the way back, may cost this part of the time that the bytes take without them. */
const mostLoss = 0.1;

export interface RateQuestion {
  /** The rate at which the ROM answers. */
  readonly baudRate: number;
  /** The adapter's fastest rate. Undefined if unknown. */
  readonly adapter: number | undefined;
  /** The fastest rate that the profile allows. */
  readonly allowed: number | undefined;
  /** How many bytes are to cross the wire at least. */
  readonly bytes: number;
  /** Duration of one more entry into the ROM. */
  readonly entry: Milliseconds;
}

/**
 * Faster rates that are each worth an entry into the ROM: as many as pay off, and if only a few do, the likeliest ones.
 */
export function ratesWorthTrying({ baudRate, adapter, allowed, bytes, entry }: RateQuestion): readonly number[] {
  if (adapter === undefined || (allowed === undefined && baudRate < testedRate)) return [];
  const most = Math.min(adapter, allowed ?? adapter);
  const tries = Math.floor((wireTime(bytes, baudRate) * mostLoss) / entry) - 1;
  const rates = fasterRates.filter((rate) => rate > baudRate && rate <= most);
  return tries > 0 ? rates.slice(-tries) : [];
}
