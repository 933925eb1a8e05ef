import { alarmOf, noRuns, type SlotRecord, withRun } from '../../../machines/slot-alarm.policy.ts';
import type { AlarmReason } from '../../../machines/station-reason.ts';
import type { JigPlan } from '../plan/jig-plan.ts';

export interface SlotAlarm {
  readonly slot: string;
  readonly reason: AlarmReason;
  /** The slot waits for the lead. */
  readonly holds: boolean;
}

/** Watches whether a slot fails again and again, or more often than the others. */
export class AlarmWatch {
  readonly #failuresInARow: number;
  readonly #onAlarm: (alarm: SlotAlarm) => void;
  readonly #slots: Map<string, SlotRecord>;

  constructor({ hold }: Pick<JigPlan, 'hold'>, slots: readonly string[], onAlarm: (alarm: SlotAlarm) => void) {
    this.#failuresInARow = hold.failuresInARow;
    this.#onAlarm = onAlarm;
    this.#slots = new Map(slots.map((slot) => [slot, noRuns]));
  }

  note(slot: string, isGood: boolean): void {
    const record = withRun(this.#slots.get(slot)!, isGood);
    this.#slots.set(slot, record);
    const others = [...this.#slots].filter(([name]) => name !== slot).map(([, one]) => one);
    const alarm = alarmOf(record, others, this.#failuresInARow);
    if (!alarm) return;
    this.#slots.set(slot, noRuns);
    this.#onAlarm(alarm === 'in-a-row' ? inARow(slot, record) : worse(slot, record));
  }
}

const inARow = (slot: string, { badInARow }: SlotRecord): SlotAlarm => ({
  slot,
  reason: { code: 'failures-in-a-row', slot, failures: badInARow },
  holds: true,
});

const worse = (slot: string, { good, bad }: SlotRecord): SlotAlarm => ({
  slot,
  reason: { code: 'worse-than-others', slot, bad, runs: good + bad },
  holds: false,
});
