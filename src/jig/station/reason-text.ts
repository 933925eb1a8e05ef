import type { AlarmReason, StationReason } from '../../../machines/station-reason.ts';
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
      return reason.detail;
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
