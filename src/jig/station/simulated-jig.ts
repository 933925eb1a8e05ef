import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { isOfFleet } from '../../../machines/station-reason.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { UsbBus, UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { AdapterOwner } from '../plan/jig-plan.ts';
import type { SimulatedUnit } from '../slot/slot-messages.ts';
import type { SlotView, StationEvent, StationHandle, StationView } from '../station-view.ts';
import type { SlotPlaces } from './presence.ts';

export interface SimulatedJigSpec {
  readonly slots: readonly SlotPlaces[];
  readonly adapters: AdapterOwner;
  readonly clock: Clock;
  readonly seed: number;
  /** What the units of this jig may have, one of `share` each. */
  readonly faults: { readonly scenarios: readonly string[]; readonly oneOf: number };
  /** Scenarios of the golden units, by label. */
  readonly golden: Readonly<Record<string, string>>;
  /** The code on the label of the unit with this number. */
  readonly labelOf: (unit: number) => string;
  /** Unique id of the chip of this unit, 24 hex digits. */
  readonly chipOf: (unit: number) => string;
  /** How long the operator takes for one movement of a hand: between `least` and `most`. */
  readonly hand: { readonly least: Milliseconds; readonly most: Milliseconds };
  /** Nothing more can be made: the lot is complete, or it is held again and again. */
  readonly onStuck: () => void;
}

/** So long the operator clears what is held again and again, without a run that ends; then nothing helps. */
const operatorPatience: Milliseconds = 15_000;
/** A golden unit that has shown something else as often will not show what it should. */
const goldenTries = 3;
/** Golden units have numbers behind those of all others. */
const firstGolden = 900_000;
/** What has stopped the station may pass by itself. */
const lookTime: Milliseconds = 200;

/** What the operator has in hand for a slot. */
interface Place {
  readonly slot: SlotPlaces;
  unit: number;
  device: UsbDeviceInfo | undefined;
  scenario: string;
  /** Of the golden unit that is in hand for it, or in it. */
  golden: { readonly label: string; isScanned: boolean } | undefined;
  /** The failed unit before, or the one that had to make way, comes in once more. */
  comesAgain: boolean;
  isMoving: boolean;
  view: SlotView | undefined;
}

/** A jig without hardware: a bus on which units come and go, and the operator who moves them, scans and presses. */
export class SimulatedJig {
  readonly #spec: SimulatedJigSpec;
  readonly #places: readonly Place[];
  readonly #random: (least: number, most: number) => number;
  readonly #listeners = new Set<() => void>();
  #units = 0;
  #requests = 0;
  /** The first time since the last run that something was held. */
  #heldSince: Milliseconds | undefined;
  /** Labels of golden units that are due. */
  #due: readonly string[] = [];
  #goldenFailures = 0;
  #station: StationHandle | undefined;

  constructor(spec: SimulatedJigSpec) {
    this.#spec = spec;
    const generator = xoroshiro128plus(spec.seed);
    this.#random = (least, most) => uniformInt(generator, least, most);
    this.#places = spec.slots.map((slot) => ({
      slot,
      ...{
        unit: 0,
        device: undefined,
        scenario: 'crashed',
        golden: undefined,
        comesAgain: false,
        isMoving: false,
        view: undefined,
      },
    }));
  }

  readonly bus: Pick<UsbBus, 'list' | 'onChange'> = {
    list: async () =>
      this.#places.flatMap(({ slot, device }) => [
        ...(device || this.#spec.adapters === 'jig' ? [adapterAt(slot.adapter)] : []),
        ...(device ? [device] : []),
      ]),
    onChange: (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };

  unitIn = (slot: string): SimulatedUnit => {
    const { scenario, unit, golden } = this.#placeOf(slot);
    const goldenUnit = firstGolden + Object.keys(this.#spec.golden).indexOf(golden?.label ?? '');
    return { scenario, chipUid: this.#spec.chipOf(golden ? goldenUnit : unit) };
  };

  /** Works until the station has stopped. */
  operate(station: StationHandle): void {
    this.#station = station;
    station.subscribe((event) => this.#see(event));
    for (const slot of station.view().slots) this.#look(slot);
  }

  #see(event: StationEvent): void {
    if (event.event === 'slot') this.#look(event.slot);
    if (event.event === 'run') this.#heldSince = undefined;
    if (event.event === 'station') this.#seeStation(event.view);
  }

  #seeStation({ state, heldReason, counts, quantity = Number.POSITIVE_INFINITY }: StationView): void {
    if (heldReason && isOfFleet(heldReason)) return; // no hand helps
    this.#due = heldReason?.code === 'golden-due' ? heldReason.labels : [];
    if (heldReason?.code === 'golden-wrong') this.#goldenFailures += 1;
    if (this.#due.length > 0) for (const { view } of this.#places) view && this.#look(view);
    else if (state === 'held' && (counts.passed >= quantity || this.#goldenFailures >= goldenTries))
      this.#spec.onStuck();
    else if (state === 'held') this.#clear(undefined);
  }

  #look(view: SlotView): void {
    const place = this.#placeOf(view.name);
    place.view = view;
    if (place.isMoving) return;
    const move = this.#moveFor(place, view);
    if (!move) return;
    place.isMoving = true;
    this.#byHand(() => {
      place.isMoving = false;
      move();
      this.#look(place.view!);
    });
  }

  /** What the operator does next at a slot; nothing while it works. */
  #moveFor(place: Place, view: SlotView): (() => void) | undefined {
    const { state, needs, verdict } = view;
    if (state === 'held') return () => this.#clear(place.slot.name);
    if (place.golden?.isScanned && verdict) return () => this.#putGoldenAway(place);
    const golden = this.#goldenFor(place, view);
    if (golden && !golden.isScanned) return this.#moveForGolden(place, view, golden);
    if (needs.includes('removal') && place.device) {
      const isAgain = verdict?.outcome !== 'pass' && this.#random(1, 4) === 1;
      return isAgain ? () => this.#again(place) : () => this.#remove(place, verdict?.outcome === 'fail');
    }
    if (needs.includes('insert') && !place.device) return () => this.#insert(place);
    if (needs.includes('scan')) return () => this.#scan(place);
    if (needs.includes('button')) return () => this.#request({ request: 'start', slot: place.slot.name });
    return undefined;
  }

  /** One is brought at a time, to a slot where nothing runs. */
  #goldenFor(place: Place, { state }: SlotView): Place['golden'] {
    const [label] = this.#due;
    const isFree = state === 'absent' || state === 'settling' || state === 'waiting' || state === 'verdict';
    if (label !== undefined && isFree && this.#places.every(({ golden }) => !golden))
      place.golden = { label, isScanned: false };
    return place.golden;
  }

  /** What is in the slot makes way; then its label is scanned. */
  #moveForGolden(place: Place, { state, needs }: SlotView, golden: NonNullable<Place['golden']>) {
    if (place.device)
      return () => {
        this.#remove(place, false);
        place.comesAgain = state !== 'verdict';
      };
    if (needs.includes('removal')) return undefined;
    return () => {
      golden.isScanned = true;
      place.scenario = this.#spec.golden[golden.label] ?? 'crashed';
      this.#request({ request: 'scan', code: golden.label, slot: place.slot.name });
    };
  }

  #putGoldenAway(place: Place): void {
    place.golden = undefined;
    place.device = undefined;
    this.#changed();
  }

  #insert(place: Place): void {
    if (!place.golden) {
      if (!place.comesAgain) place.unit = ++this.#units;
      place.comesAgain = false;
      this.#fate(place);
    }
    place.device = targetAt(place.slot.target, ++this.#requests);
    this.#changed();
  }

  #remove(place: Place, hasFailed: boolean): void {
    place.comesAgain = hasFailed && this.#random(1, 2) === 1;
    place.device = undefined;
    this.#changed();
  }

  #again(place: Place): void {
    this.#fate(place);
    this.#request({ request: 'again', slot: place.slot.name });
  }

  #scan(place: Place): void {
    if (!place.device) {
      this.#fate(place);
      place.unit = ++this.#units;
    }
    this.#request({ request: 'scan', code: this.#spec.labelOf(place.unit), slot: place.slot.name });
  }

  #clear(slot: string | undefined): void {
    const { clock, hand, onStuck } = this.#spec;
    this.#heldSince ??= clock.now();
    if (clock.now() - this.#heldSince > operatorPatience) {
      onStuck();
      return;
    }
    const clear = { request: 'clear', why: 'looked at it', ...(slot === undefined ? {} : { slot }) } as const;
    clock.setTimeout(() => this.#request(clear), Math.max(hand.most, lookTime));
  }

  #fate(place: Place): void {
    const { scenarios, oneOf } = this.#spec.faults;
    const isFaulty = scenarios.length > 0 && this.#random(1, oneOf) === 1;
    place.scenario = isFaulty ? scenarios[this.#random(0, scenarios.length - 1)]! : 'crashed';
  }

  #request(
    request:
      | { request: 'clear'; why: string; slot?: string }
      | { request: 'start' | 'again'; slot: string }
      | { request: 'scan'; code: string; slot: string },
  ): void {
    this.#station?.request({ id: `simulated-${++this.#requests}`, operator: 'simulated', ...request });
  }

  #byHand(act: () => void): void {
    const { clock, hand } = this.#spec;
    clock.setTimeout(act, this.#random(hand.least, hand.most));
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #placeOf(name: string): Place {
    return this.#places.find(({ slot }) => slot.name === name)!;
  }
}

const adapterAt = (path: string): UsbDeviceInfo => ({
  ...{ path, instance: `${path}#adapter`, vendorId: '0403', productId: '6001', bcdDevice: '0600' },
});

const targetAt = (path: string, coming: number): UsbDeviceInfo => ({
  ...{ path, instance: `${path}#${coming}`, vendorId: '0483', productId: '5740', bcdDevice: '0200' },
});
