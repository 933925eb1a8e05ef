import type { Judged } from '../../../machines/slot.machine.ts';
import { reasonOf, type StationReason } from '../../../machines/station-reason.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { identifier } from '../../records/identifier.ts';
import type { Claimed, ClaimRequest, LotCounts, Measurement, Purpose, RunSummary } from '../../records/records.ts';
import type { ClaimedAnswer, SlotJob, StepUnit } from '../slot/slot-messages.ts';
import type { StationEvent } from '../station-view.ts';
import type { AlarmWatch } from './alarm-watch.ts';
import type { GoldenSchedule } from './golden-schedule.ts';
import { endOf, type OpenRun } from './open-run.ts';
import type { ComingUnit } from './slot-jobs.ts';
import type { StationSpec } from './station-spec.ts';

const keptSerials = 1_000;
const shownRuns = 20;
/** A job waits so long for its claim, beside the time of the gate: a lock of the records that a reader holds is shorter. */
const claimTime: Milliseconds = 30_000;

/** What follows from what is recorded. */
export interface Consequences {
  readonly tell: (event: StationEvent) => void;
  readonly hold: (why: StationReason) => void;
  /** The fleet has granted no more: it is waited for. */
  readonly ungranted: () => void;
  readonly passed: () => void;
  readonly goldenPassed: () => void;
  readonly alarms: AlarmWatch;
}

/** Claims and ends of runs: on the disk before the board is touched, and before a verdict is shown. */
export class RunLog {
  /** Who made the last request; runs that nobody asked for are this person's. */
  operator = 'station';
  /** As far as they are on the disk; kept here, so that they can be shown while the records cannot be read. */
  counts: LotCounts;
  /** The newest first. */
  lastRuns: readonly RunSummary[];
  readonly #spec: StationSpec;
  readonly #golden: GoldenSchedule;
  readonly #then: Consequences;
  /** Of the last runs, for those that are done again. */
  readonly #serials = new Map<string, string>();

  constructor(spec: StationSpec, golden: GoldenSchedule, then: Consequences) {
    this.#spec = spec;
    this.#golden = golden;
    this.#then = then;
    this.counts = spec.records.counts(spec.plan.lot);
    this.lastRuns = spec.records.lastRuns(shownRuns);
  }

  /** @throws BootctlError `unit-refused`, `numbers-used-up`, `lot-complete`, `grant-used-up`, `records-unwritable` */
  async claim(slot: string, { label, again, begun }: ComingUnit, signal: AbortSignal): Promise<OpenRun> {
    const { plan, askGate, clock } = this.#spec;
    const purpose: Purpose = this.#golden.isGolden(label) ? 'golden' : 'production';
    const { started = clock.now(), chipUid, product, done } = begun ?? {};
    const own = (again === undefined ? undefined : this.#serials.get(again)) ?? label ?? this.#serialOf(chipUid);
    // Of a job that has ended already nothing is made any more.
    if (!done) await askGate?.({ slot, lot: plan.lot, serial: own, chipUid }, signal);
    try {
      const request = { slot, purpose, again, chipUid, run: begun?.run };
      const claimed = this.#claimFirst(request, this.#serialsFor(purpose, label, own));
      if (claimed.serial !== undefined) this.#keep(claimed.run, claimed.serial);
      return { claimed, purpose, label, started, begun, isUnderWay: false, product, done };
    } catch (error) {
      if (isBootctlError(error, 'grant-used-up')) this.#then.ungranted();
      else if (isBootctlError(error) && error.code !== 'unit-refused') this.#then.hold(reasonOf(error));
      throw error;
    }
  }

  #serialsFor(purpose: Purpose, label: string | undefined, own: string | undefined): Iterable<ClaimRequest['serial']> {
    const { plan, units } = this.#spec;
    if (purpose === 'golden') return [{ text: label! }];
    return units.serialsFor(plan.unit.serial?.from === 'csv' ? own : label);
  }

  #serialOf(chipUid: string | undefined): string | undefined {
    const { records, plan } = this.#spec;
    return chipUid === undefined ? undefined : records.serialOfChip(chipUid, plan.unit.failed);
  }

  /** The first that is not refused: rows of a file may be used already. */
  #claimFirst(
    unit: Pick<ClaimRequest, 'slot' | 'purpose' | 'again' | 'chipUid' | 'run'>,
    serials: Iterable<ClaimRequest['serial']>,
  ): Claimed {
    const { plan, records, image, profileHash, planHash, version, isGranted = false } = this.#spec;
    let refusal = new BootctlError('numbers-used-up', `Lot ${plan.lot} has no row left`);
    for (const serial of serials) {
      try {
        return records.claim({
          ...{ ...unit, lot: plan.lot, quantity: plan.quantity, operator: this.operator, serial },
          isGranted,
          ...{ passedBefore: plan.unit.again, failedBefore: plan.unit.failed, retests: plan.retests },
          ...{ firmware: image.sha256, profile: profileHash, plan: planHash, bootctl: version },
        });
      } catch (error) {
        if (!isBootctlError(error, 'unit-refused')) throw error;
        refusal = error;
        if (serial && 'text' in serial) this.#spec.units.take(serial.text);
      }
    }
    throw refusal;
  }

  #keep(run: string, serial: string): void {
    this.#serials.set(run, serial);
    this.#spec.units.take(serial);
    if (this.#serials.size > keptSerials) this.#serials.delete(this.#serials.keys().next().value!);
  }

  /** @throws BootctlError `unit-refused` */
  jobOf(slot: string, open: OpenRun): SlotJob {
    const patches = this.#spec.units.patchesOf(open.claimed, { purpose: open.purpose, chipUid: undefined });
    return this.#job(slot, { unit: this.#unitOf(slot, open), patches, claimLimit: undefined });
  }

  /** Of a unit that is known by its chip: nothing is claimed yet. */
  firstJobOf(slot: string): SlotJob {
    const { plan, now } = this.#spec;
    const nothingYet = { serial: undefined, number: undefined, attempt: undefined, chipUid: undefined };
    const unit = { run: identifier(Math.round(now())), slot, lot: plan.lot, ...nothingYet };
    return this.#job(slot, { unit, patches: [], claimLimit: claimTime + (plan.gate?.timeout ?? 0) });
  }

  /** @throws BootctlError `unit-refused` */
  answerOf(slot: string, open: OpenRun): ClaimedAnswer {
    const { claimed, purpose, begun } = open;
    const patches = this.#spec.units.patchesOf(claimed, { purpose, chipUid: begun?.chipUid });
    return { type: 'claimed', run: claimed.run, unit: this.#unitOf(slot, open), patches };
  }

  #unitOf(slot: string, { claimed, begun }: OpenRun): StepUnit {
    const { run, serial, number, attempt } = claimed;
    return { run, slot, lot: this.#spec.plan.lot, serial, number, attempt, chipUid: begun?.chipUid };
  }

  #job(slot: string, job: Pick<SlotJob, 'unit' | 'patches' | 'claimLimit'>): SlotJob {
    const { plan, simulatedUnit } = this.#spec;
    return { type: 'job', ...job, before: plan.before, after: plan.after, simulated: simulatedUnit(slot) };
  }

  /** @throws BootctlError `records-unwritable` */
  record(slot: string, open: OpenRun, judged: Judged): void {
    const { plan, records, units, clock, now } = this.#spec;
    const took = clock.now() - open.started;
    const end = endOf(open, judged, plan.limits, took, units.storedDataOf(open.claimed));
    try {
      records.finish(open.claimed.run, end);
    } catch (error) {
      if (isBootctlError(error)) this.#then.hold(reasonOf(error));
      throw error;
    }
    const { run, seq, serial, attempt } = open.claimed;
    if (end.flash === 'untouched' && serial !== undefined) units.giveBack(serial);
    const ended = now();
    const { outcome, error } = judged;
    const summary: RunSummary = {
      ...{ run, seq, slot, serial, attempt, outcome, code: error?.code },
      ...{ started: Math.round(ended - took), ended },
    };
    this.counts = records.counts(plan.lot);
    this.lastRuns = [summary, ...this.lastRuns].slice(0, shownRuns);
    this.#then.tell({ event: 'run', run: summary, counts: this.counts });
    this.#follow(slot, open, judged, end.measurements);
  }

  /** A person's word is kept where the records take it; the station obeys in any case. */
  note(what: string, why: string): void {
    try {
      this.#spec.records.note({ operator: this.operator, what, why });
    } catch (error) {
      if (!isBootctlError(error)) throw error;
      this.#then.hold(reasonOf(error));
    }
  }

  #follow(slot: string, { purpose, label }: OpenRun, judged: Judged, measurements: readonly Measurement[]): void {
    if (purpose === 'golden') {
      this.#followGolden(label!, judged);
      return;
    }
    if (judged.outcome === 'pass') this.#then.passed();
    if (judged.outcome !== 'aborted') this.#then.alarms.note(slot, judged.outcome, measurements);
  }

  #followGolden(label: string, judged: Judged): void {
    if (judged.outcome === 'aborted') return;
    const finding = this.#golden.note(label, judged);
    if (!finding.isAsExpected) this.#then.hold(finding.why);
    else if (this.#golden.isDone) this.#then.goldenPassed();
  }
}
