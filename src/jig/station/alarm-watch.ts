import { alarmOf, noRuns, type SlotRecord, withRun } from '../../../machines/slot-alarm.policy.ts';
import type { AlarmReason } from '../../../machines/station-reason.ts';
import type { Measurement, Outcome, SlotValue } from '../../records/records.ts';
import { DriftWatch } from './drift-watch.ts';

export interface SlotAlarm {
  readonly slot: string;
  readonly reason: AlarmReason;
  /** The slot waits for the lead. */
  readonly holds: boolean;
}

export interface AlarmWatchSpec {
  readonly slots: readonly string[];
  readonly failuresInARow: number;
  /** From the records, for the drift. */
  readonly newest: readonly SlotValue[];
  readonly onAlarm: (alarm: SlotAlarm) => void;
}

/** Watches whether a slot fails again and again, or more often than the others, or whether its figures move towards a limit. */
export class AlarmWatch {
  readonly #spec: AlarmWatchSpec;
  readonly #slots: Map<string, SlotRecord>;
  readonly #drift: DriftWatch;

  constructor(spec: AlarmWatchSpec) {
    const { slots, newest, onAlarm } = spec;
    this.#spec = spec;
    this.#slots = new Map(slots.map((slot) => [slot, noRuns]));
    this.#drift = new DriftWatch(slots, newest, (reason) => onAlarm({ slot: reason.slot, reason, holds: false }));
  }

  start(): void {
    this.#drift.start();
  }

  /** Of a production run that nobody has broken off. */
  note(slot: string, outcome: Outcome, measurements: readonly Measurement[]): void {
    if (outcome !== 'error') this.#drift.note(slot, measurements);
    this.#noteOutcome(slot, outcome === 'pass');
  }

  /** Somebody has looked at it. */
  clear(slot: string): void {
    this.#drift.clear(slot);
  }

  #noteOutcome(slot: string, isGood: boolean): void {
    const { failuresInARow, onAlarm } = this.#spec;
    const record = withRun(this.#slots.get(slot)!, isGood);
    this.#slots.set(slot, record);
    const others = [...this.#slots].filter(([name]) => name !== slot).map(([, one]) => one);
    const alarm = alarmOf(record, others, failuresInARow);
    if (!alarm) return;
    this.#slots.set(slot, noRuns);
    onAlarm(alarm === 'in-a-row' ? inARow(slot, record) : worse(slot, record));
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
