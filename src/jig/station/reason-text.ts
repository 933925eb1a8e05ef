import type { AlarmReason, FleetReason, StationReason } from '../../../machines/station-reason.ts';
import { count } from '../../base/text.ts';

/** A reason in English, as terminal, `--json` and a log say it. */
export function reasonText(reason: StationReason): string {
  switch (reason.code) {
    case 'lead':
      return reason.why;
    case 'failures-in-a-row':
      return `${count(reason.failures, 'failure')} in a row in slot ${reason.slot}`;
    case 'worse-than-others':
      return `slot ${reason.slot} fails more often than the others: ${reason.bad} of ${reason.runs}`;
    case 'drift':
      return driftText(reason);
    case 'golden-due':
      return `golden units are due: ${reason.labels.join(' and ')}`;
    case 'golden-wrong':
      return `golden unit ${reason.label} should have shown ${reason.expected}, and has shown ${reason.found}`;
    default:
      return 'detail' in reason ? reason.detail : fleetText(reason);
  }
}

function fleetText(reason: Exclude<FleetReason, { detail: string }>): string {
  switch (reason.code) {
    case 'fleet-holds':
      return `the fleet holds this station: ${reason.why}`;
    case 'clock-wrong':
      return `the clock of this computer is wrong by ${reason.seconds} s`;
    case 'fleet-awaited':
      return `${reason.station} has no lot yet, and the fleet is not reached`;
    case 'lot-coming':
      return `lot ${reason.lot} is being fetched`;
    case 'lot-none':
      return `no lot is assigned to ${reason.station}`;
    case 'lot-closed':
      return `lot ${reason.lot} is closed`;
    case 'lot-held':
      return `lot ${reason.lot} is held: ${reason.why}`;
    case 'lease-used-up':
      return `lot ${reason.lot}: the fleet was not heard for ${reason.hours} h, and without it no more is made`;
    case 'grant-used-up':
      return `lot ${reason.lot}: the ${reason.what} granted to ${reason.station} are used up, and the fleet cannot be reached since ${reason.since}`;
    case 'grant-awaited':
      return `lot ${reason.lot}: the ${reason.what} granted here are used up, and the fleet is asked for more`;
    case 'lot-given-out':
      return `lot ${reason.lot}: all its ${reason.what} are made or with other stations`;
  }
}

function driftText({ slot, figure, unit, now, limit, runs }: Extract<StationReason, { code: 'drift' }>): string {
  const text = (value: number) => `${Number(value.toPrecision(3))}${unit === '' ? '' : ` ${unit}`}`;
  return `${figure} of slot ${slot} moves towards its limit: ${text(now)} now, ${text(limit)} in about ${count(runs, 'run')}`;
}

const lookAtSlot = 'Look at the contacts, the cables and the adapter of the slot, then clear it.';

const hints: Readonly<Record<AlarmReason['code'], string>> = {
  'failures-in-a-row': lookAtSlot,
  'worse-than-others': lookAtSlot,
  drift:
    'Look for what ages in this slot, such as the capacitor on BOOT0, contacts and cables, before units fail; then clear it.',
};

/** What the lead does after an alarm, in English. */
export const alarmHint = ({ code }: AlarmReason): string => hints[code];

/** The bus cannot be listed; whatever has been thrown says why. */
export const unlisted = (error: unknown): StationReason => ({
  ...{ code: 'bus-unlisted', detail: error instanceof Error ? error.message : String(error) },
});
