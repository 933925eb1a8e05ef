import { type Actor, createActor, fromPromise } from 'xstate';
import { type StationMachineEvent, stationMachine } from '../../../machines/station.machine.ts';
import type { StationReason } from '../../../machines/station-reason.ts';
import { isBootctlError } from '../../base/errors.ts';
import { driftRuns } from '../../records/report/drift.ts';
import { refusalReasonOf, refusedBy } from '../refusal-reason.ts';
import type { StationAnswer, StationEvent, StationHandle, StationRequest, StationView } from '../station-view.ts';
import { AlarmWatch, type SlotAlarm } from './alarm-watch.ts';
import { GoldenSchedule } from './golden-schedule.ts';
import { Presence, strangerOf } from './presence.ts';
import { alarmHint, reasonText, unlisted } from './reason-text.ts';
import { RunLog } from './run-log.ts';
import { slotForScan, slotNamed } from './scans.ts';
import { SlotWorker } from './slot-worker.ts';
import { StationSlot } from './station-slot.ts';
import type { StationSpec } from './station-spec.ts';

/** How a station ended. */
export interface StationEnd {
  /** It has made the units that were wanted. */
  readonly isEnough: boolean;
  /** So many good units were still wanted. */
  readonly left: number | undefined;
  readonly view: StationView;
}

/** Answers are kept for so many requests: a repeated one is the same. */
const keptAnswers = 1_000;

/** One jig with its slots: looks at the bus, gives turns, records, and tells what happens. */
export class Station implements StationHandle {
  /** Resolves when it has ended in order. */
  readonly ended: Promise<StationEnd>;
  readonly #spec: StationSpec;
  readonly #slots: readonly StationSlot[];
  readonly #actor: Actor<typeof stationMachine>;
  readonly #presence: Presence;
  readonly #golden: GoldenSchedule;
  readonly #alarms: AlarmWatch;
  readonly #log: RunLog;
  readonly #listeners = new Set<(event: StationEvent) => void>();
  readonly #answers = new Map<string, StationAnswer>();
  #strangers: StationView['strangers'] = [];
  #shown = '';
  #aborts = false;

  constructor(spec: StationSpec) {
    this.#spec = spec;
    const { plan, clock, wanted } = spec;
    const names = spec.slots.map(({ name }) => name);
    const { golden } = plan.hold;
    this.#golden = new GoldenSchedule({
      ...{ plan: golden, last: spec.records.lastGoldenRuns(Object.keys(golden?.units ?? {})), clock, now: spec.now },
      onDue: () => this.#send({ type: 'golden.due' }),
    });
    this.#alarms = new AlarmWatch({
      ...{ slots: names, failuresInARow: plan.hold.failuresInARow },
      newest: spec.records.newestValues(names.length * driftRuns),
      onAlarm: (alarm) => this.#alarm(alarm),
    });
    this.#log = new RunLog(spec, this.#golden, {
      tell: (event) => this.tell(event),
      hold: (why) => this.#send({ type: 'station.held', why }),
      ungranted: () => this.holdByFleet({ code: 'grant-awaited', lot: plan.lot, what: 'units' }),
      passed: () => this.#send({ type: 'unit.passed' }),
      goldenPassed: () => this.#send({ type: 'golden.passed' }),
      alarms: this.#alarms,
    });
    this.#slots = spec.slots.map((slot) => this.#slotOf(slot));
    const machine = stationMachine.provide({ actors: { prepare: fromPromise(() => this.#prepare()) } });
    const { mode, together } = plan;
    this.#actor = createActor(machine, { input: { mode, together, units: wanted, slots: names }, clock });
    this.#presence = this.#presenceOf();
    this.ended = new Promise((resolve) => {
      this.#actor.subscribe({ next: () => this.#changed(), complete: () => void this.#end().then(resolve) });
    });
  }

  start(): void {
    this.#actor.start();
    this.#golden.start();
    this.#alarms.start();
  }

  /** No slot begins any more; what runs is aborted in order, or comes to its end. */
  end = ({ aborts }: { readonly aborts: boolean }): void => this.#send({ type: 'station.ended', aborts });

  /** The fleet has something against the next unit, or has not any more. Jobs under way go on. */
  holdByFleet(why: StationReason | undefined): void {
    this.#send(why ? { type: 'fleet.held', why } : { type: 'fleet.released' });
  }

  subscribe = (listener: (event: StationEvent) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  view = (): StationView => {
    const { plan, simulated, image, slots } = this.#spec;
    const { value } = this.#actor.getSnapshot();
    const heldReason = this.#heldReason();
    return {
      station: plan.station,
      lot: plan.lot,
      quantity: plan.quantity,
      profile: [...new Set(slots.map(({ profile }) => profile.id))].join(', '),
      image: image.name,
      simulated: simulated !== undefined,
      state: value === 'checking' ? 'held' : value,
      heldBy: heldReason && reasonText(heldReason),
      heldReason,
      counts: this.#log.counts,
      slots: this.#slots.map((slot) => slot.view()),
      lastRuns: this.#log.lastRuns,
      strangers: this.#strangers,
    };
  };

  request = (request: StationRequest): StationAnswer => {
    const known = this.#answers.get(request.id);
    if (known) return known;
    const answer = this.#answer(request);
    this.#answers.set(request.id, answer);
    if (this.#answers.size > keptAnswers) this.#answers.delete(this.#answers.keys().next().value!);
    return answer;
  };

  tell(event: StationEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #answer(request: StationRequest): StationAnswer {
    try {
      this.#log.operator = request.operator;
      this.#obey(request);
      return { ok: true };
    } catch (error) {
      if (!isBootctlError(error)) throw error;
      const { code, message, hint } = error;
      const reason = refusalReasonOf(error);
      return { ok: false, code, message, hint, ...(reason && { reason }) };
    }
  }

  /** @throws BootctlError why it is not done */
  #obey(request: StationRequest): void {
    switch (request.request) {
      case 'scan':
        this.#scan(request.code, request.slot);
        return;
      case 'start':
        this.#press(slotNamed(this.#slots, request.slot));
        return;
      case 'again':
        this.#again(slotNamed(this.#slots, request.slot));
        return;
      case 'abort':
        slotNamed(this.#slots, request.slot).send({ type: 'operator.aborted' });
        return;
      case 'hold':
        this.#log.note('hold', request.why);
        this.#send({ type: 'station.held', why: { code: 'lead', why: request.why } });
        return;
      case 'clear':
        this.#clear(request.slot, request.why);
        return;
    }
  }

  #scan(code: string, named: string | undefined): void {
    const slot = slotForScan(this.#slots, named);
    const label = this.#golden.isGolden(code) ? code : this.#spec.units.labelOf(code);
    const other = this.#slots.find((one) => one !== slot && one.phase !== 'done' && one.context.label === label);
    if (other) {
      const reason = { code: 'label-elsewhere', label, slot: other.name } as const;
      throw refusedBy(reason, 'unit-refused', `${label} is in slot ${other.name}`);
    }
    slot.send({ type: 'unit.scanned', label });
  }

  #press(slot: StationSlot): void {
    if (!this.#spec.plan.start.on.includes('button')) {
      throw refusedBy({ code: 'no-button' }, 'usage', 'No button starts a slot of this station', {
        hint: 'Add `button` to `start` in jig.yaml.',
      });
    }
    slot.send({ type: 'button.pressed' });
  }

  #again(slot: StationSlot): void {
    if (slot.phase !== 'done' || slot.context.run === undefined) {
      const message = `Slot ${slot.name} has no run that could be done again`;
      throw refusedBy({ code: 'no-run', slot: slot.name }, 'usage', message, { hint: 'Put a unit in.' });
    }
    slot.send({ type: 'again.requested' });
  }

  #clear(named: string | undefined, why: string): void {
    const slots = named === undefined ? this.#slots : [slotNamed(this.#slots, named)];
    this.#log.note(named === undefined ? 'clear' : `clear ${named}`, why);
    this.tell({ event: 'cleared', slot: named });
    for (const slot of slots) {
      this.#alarms.clear(slot.name);
      slot.send({ type: 'slot.cleared' });
    }
    if (named === undefined) this.#send({ type: 'station.cleared' });
  }

  #slotOf({ name, profile }: StationSpec['slots'][number]): StationSlot {
    const { plan, clock, now, startProcess, image, simulated } = this.#spec;
    const setup = { type: 'setup', profile, image, simulated } as const;
    return new StationSlot({
      name,
      plan,
      clock,
      now,
      worker: new SlotWorker({ start: startProcess, setup, clock }),
      duties: {
        claim: (slot, unit, signal) => this.#log.claim(slot, unit, signal),
        jobOf: (slot, open) => this.#log.jobOf(slot, open),
        firstJobOf: (slot) => this.#log.firstJobOf(slot),
        answerOf: (slot, open) => this.#log.answerOf(slot, open),
        record: (slot, open, judged) => this.#log.record(slot, open, judged),
        changed: (slot) => this.#slotChanged(slot),
        tell: (event) => this.tell(event),
      },
    });
  }

  #presenceOf(): Presence {
    const { bus, clock, slots, plan } = this.#spec;
    return new Presence({
      bus,
      clock,
      slots,
      adapters: plan.adapters,
      onAdapter: (slot, note) => slotNamed(this.#slots, slot).noteAdapter(note),
      onUnit: (slot, isPresent) =>
        slotNamed(this.#slots, slot).send({ type: isPresent ? 'unit.appeared' : 'unit.left' }),
      onStrangers: (devices) => {
        this.#strangers = devices.map(strangerOf);
        this.#changed();
      },
      onTrouble: (error) => this.#send({ type: 'station.held', why: unlisted(error) }),
    });
  }

  async #prepare(): Promise<void> {
    for (const slot of this.#slots) slot.start();
    await Promise.all(this.#slots.map(({ worker }) => worker.ready()));
    await this.#presence.start();
  }

  #alarm({ slot, reason, holds }: SlotAlarm): void {
    this.tell({ event: 'alarm', slot, message: reasonText(reason), hint: alarmHint(reason), reason });
    if (holds) slotNamed(this.#slots, slot).send({ type: 'slot.held', why: reason });
  }

  #slotChanged(slot: StationSlot): void {
    this.tell({ event: 'slot', slot: slot.view() });
    const isGolden = this.#golden.isGolden(slot.context.label);
    this.#send({ type: 'slot.changed', slot: slot.name, phase: slot.phase, isGolden });
  }

  #heldReason(): StationReason | undefined {
    const { value, context } = this.#actor.getSnapshot();
    if (value === 'checking') return { code: 'golden-due', labels: this.#golden.missing() };
    return context.heldBy ?? context.heldByFleet;
  }

  #send(event: StationMachineEvent): void {
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send(event);
  }

  #changed(): void {
    const { context, value } = this.#actor.getSnapshot();
    if (context.aborts && !this.#aborts) {
      this.#aborts = true;
      for (const slot of this.#slots) slot.send({ type: 'operator.aborted' });
    }
    const shown = JSON.stringify([value, this.#heldReason(), this.#strangers]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.tell({ event: 'station', view: this.view() });
    }
    for (const name of context.turns) {
      const slot = slotNamed(this.#slots, name);
      if (slot.phase === 'ready') slot.send({ type: 'turn.given' });
    }
  }

  async #end(): Promise<StationEnd> {
    this.#presence.stop();
    this.#golden.stop();
    await Promise.all(this.#slots.map(({ worker }) => worker.stop()));
    const { left } = this.#actor.getSnapshot().context;
    return { isEnough: left === 0, left, view: this.view() };
  }
}
