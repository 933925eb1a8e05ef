import type { FleetLinkView } from '../../jig/station-view.ts';
import type { Instant } from '../../records/records.ts';
import type { Say } from './words.ts';

/** Records on their way are no news. */
const fewUnsent = 10;
/** In seconds; less is of no importance to anybody. */
const smallOffset = 2;

/** How a station stands with its fleet, in a few words each: the connection first. */
export function linkIn(say: Say, fleet: FleetLinkView, timeOf: (at: Instant) => string): readonly string[] {
  const { connection, since, unsent, unsentSince, waiting, leaseMinutes, clockSeconds = 0 } = fleet;
  const isConnected = connection === 'connected';
  return [
    say(`link.${connection}`, { since: timeOf(since) }),
    ...(unsentSince !== undefined && unsent > (isConnected ? fewUnsent : 0)
      ? [say('link.unsent', { count: unsent, since: timeOf(unsentSince) })]
      : []),
    ...(isConnected || leaseMinutes === undefined ? [] : [say('link.lease', { time: duration(leaseMinutes) })]),
    ...(Math.abs(clockSeconds) > smallOffset ? [say('link.clock', { seconds: clockSeconds })] : []),
    ...(waiting.length > 0 ? [say('link.waiting', { lots: waiting.join(', ') })] : []),
  ];
}

const duration = (minutes: number): string => (minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`);
