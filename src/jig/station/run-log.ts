import type { Judged } from '../../../machines/slot.machine.ts';
import { isBootctlError } from '../../base/errors.ts';
import type { Purpose, RunSummary } from '../../records/records.ts';
import type { SlotJob } from '../slot/slot-messages.ts';
import type { StationEvent } from '../station-view.ts';
import type { AlarmWatch } from './alarm-watch.ts';
import type { GoldenSchedule } from './golden-schedule.ts';
import { endOf, type OpenRun } from './open-run.ts';
import type { StationSpec } from './station-spec.ts';

/** What follows from what is recorded. */
export interface Consequences {
  readonly tell: (event: StationEvent) => void;
  readonly hold: (why: string) => void;
  readonly passed: () => void;
  readonly goldenPassed: () => void;
  readonly alarms: AlarmWatch;
}

/** Claims and ends of runs: on the disk before the board is touched, and before a verdict is shown. */
export class RunLog {
  /** Who made the last request; runs that nobody asked for are this person's. */
  operator = 'station';
  readonly #spec: StationSpec;
  readonly #golden: GoldenSchedule;
  readonly #then: Consequences;

  constructor(spec: StationSpec, golden: GoldenSchedule, then: Consequences) {
    this.#spec = spec;
    this.#golden = golden;
    this.#then = then;
  }

  /** @throws BootctlError `unit-refused`, `numbers-used-up`, `lot-complete`, `records-unwritable` */
  async claim(
    slot: string,
    label: string | undefined,
    again: string | undefined,
    signal: AbortSignal,
  ): Promise<OpenRun> {
    const { plan, records, units, askGate, clock } = this.#spec;
    const { lot } = plan;
    const purpose: Purpose = this.#golden.isGolden(label) ? 'golden' : 'production';
    const serial = purpose === 'golden' ? { text: label! } : units.serialFor(label);
    const started = clock.now();
    const known = serial && 'text' in serial ? serial.text : undefined;
    await askGate?.({ slot, lot, serial: known }, signal);
    try {
      const claimed = records.claim({
        ...{ slot, lot, quantity: plan.quantity, purpose, operator: this.operator, serial, again, chipUid: undefined },
        ...{ passedBefore: plan.unit.again, failedBefore: plan.unit.failed, retests: plan.retests },
        ...{ firmware: this.#spec.image.sha256, profile: this.#spec.profileHash },
        ...{ plan: this.#spec.planHash, bootctl: this.#spec.version },
      });
      return { claimed, purpose, label, started, isUnderWay: false, product: undefined, done: undefined };
    } catch (error) {
      if (isBootctlError(error) && error.code !== 'unit-refused') this.#then.hold(error.message);
      throw error;
    }
  }

  /** @throws BootctlError `unit-refused` */
  jobOf(slot: string, { claimed, label }: OpenRun): SlotJob {
    const { plan, units, scenarioOf } = this.#spec;
    const { run, serial, number, attempt } = claimed;
    return {
      type: 'job',
      unit: { run, slot, lot: plan.lot, serial, number, attempt },
      patches: units.patchesOf(claimed, label),
      before: plan.before,
      after: plan.after,
      scenario: scenarioOf(slot),
    };
  }

  /** @throws BootctlError `records-unwritable` */
  record(slot: string, open: OpenRun, judged: Judged): void {
    const { plan, records, clock, now } = this.#spec;
    const took = clock.now() - open.started;
    try {
      records.finish(open.claimed.run, endOf(open, judged, plan.limits, took));
    } catch (error) {
      if (isBootctlError(error)) this.#then.hold(error.message);
      throw error;
    }
    const { run, seq, serial, attempt } = open.claimed;
    const ended = now();
    const { outcome, error } = judged;
    const summary: RunSummary = {
      ...{ run, seq, slot, serial, attempt, outcome, code: error?.code },
      ...{ started: Math.round(ended - took), ended },
    };
    this.#then.tell({ event: 'run', run: summary, counts: records.counts(plan.lot) });
    this.#follow(slot, open, judged);
  }

  /** A person's word is kept where the records take it; the station obeys in any case. */
  note(what: string, why: string): void {
    try {
      this.#spec.records.note({ operator: this.operator, what, why });
    } catch (error) {
      if (!isBootctlError(error)) throw error;
      this.#then.hold(error.message);
    }
  }

  #follow(slot: string, { purpose, label }: OpenRun, judged: Judged): void {
    if (purpose === 'golden') {
      this.#followGolden(label!, judged);
      return;
    }
    if (judged.outcome === 'pass') this.#then.passed();
    if (judged.outcome !== 'aborted') this.#then.alarms.note(slot, judged.outcome === 'pass');
  }

  #followGolden(label: string, judged: Judged): void {
    if (judged.outcome === 'aborted') return;
    const finding = this.#golden.note(label, judged);
    if (!finding.isAsExpected) this.#then.hold(finding.why);
    else if (this.#golden.isDone) this.#then.goldenPassed();
  }
}
