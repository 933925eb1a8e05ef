import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { UsbBus, UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { AdapterOwner } from '../plan/jig-plan.ts';
import type { AdapterNote, StationView } from '../station-view.ts';

/** The places of one slot on the bus. */
export interface SlotPlaces {
  readonly name: string;
  readonly adapter: string;
  readonly target: string;
}

export interface PresenceSpec {
  readonly bus: Pick<UsbBus, 'list' | 'onChange'>;
  readonly clock: Clock;
  readonly slots: readonly SlotPlaces[];
  readonly adapters: AdapterOwner;
  readonly onUnit: (slot: string, isPresent: boolean) => void;
  /** What is to be said of the adapter of a slot has changed; undefined where nothing is any more. */
  readonly onAdapter: (slot: string, note: AdapterNote | undefined) => void;
  readonly onStrangers: (strangers: readonly UsbDeviceInfo[]) => void;
  /** The bus cannot be listed, or can again. */
  readonly onTrouble: (error: unknown) => void;
}

/** A change is a hint only. */
const lookPause: Milliseconds = 1_000;
/** Root hubs (Linux Foundation). */
const rootHub = '1d6b';

/**
 * Which slots have a unit, by what is plugged in at their places. The adapters of a jig say nothing of a unit, whenever they come;
 * those of units do. Nothing is opened.
 */
export class Presence {
  readonly #spec: PresenceSpec;
  readonly #present = new Map<string, string>();
  readonly #notes = new Map<string, AdapterNote['is'] | undefined>();
  /** Slots whose adapter was not there at the first look, and has not been seen together with a target since. */
  #withoutAdapter: Set<string> | undefined;
  #strangers = '';
  #looking: Promise<void> | undefined;
  #isStale = false;
  #unsubscribe = () => {};
  #timer: unknown;

  constructor(spec: PresenceSpec) {
    this.#spec = spec;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    this.#unsubscribe = this.#spec.bus.onChange(() => void this.look());
    await this.look();
    this.#again();
  }

  stop(): void {
    this.#unsubscribe();
    this.#spec.clock.clearTimeout(this.#timer);
  }

  /** One look at a time; a change during one has another follow. */
  async look(): Promise<void> {
    if (this.#looking) {
      this.#isStale = true;
      return this.#looking;
    }
    this.#looking = this.#look();
    await this.#looking;
    this.#looking = undefined;
    if (!this.#isStale) return;
    this.#isStale = false;
    await this.look();
  }

  #again(): void {
    this.#timer = this.#spec.clock.setTimeout(() => void this.look().then(() => this.#again()), lookPause);
  }

  async #look(): Promise<void> {
    try {
      this.#see(await this.#spec.bus.list());
    } catch (error) {
      this.#spec.onTrouble(error);
    }
  }

  #see(devices: readonly UsbDeviceInfo[]): void {
    const at = new Map(devices.map((device) => [device.path, device]));
    const { slots, adapters } = this.#spec;
    const isThere = (place: string) => at.has(place);
    this.#withoutAdapter ??= new Set(slots.filter(({ adapter }) => !isThere(adapter)).map(({ name }) => name));
    for (const slot of slots) {
      const own = adapters === 'unit' ? at.get(slot.adapter) : undefined;
      if (adapters === 'jig') this.#noteAdapter(slot, isThere);
      this.#tell(
        slot.name,
        [at.get(slot.target)?.instance, own?.instance].filter((one) => one !== undefined).join(' '),
      );
    }
    this.#tellStrangers(devices);
  }

  /** An adapter of the jig that is missing, or that has come alone: it may be one that its unit has brought. */
  #noteAdapter({ name, adapter, target }: SlotPlaces, isThere: (place: string) => boolean): void {
    if (isThere(adapter) && isThere(target)) this.#withoutAdapter?.delete(name);
    const isAlone = isThere(adapter) && this.#withoutAdapter?.has(name);
    const is = isThere(adapter) ? (isAlone ? 'alone' : undefined) : 'missing';
    if (is === this.#notes.get(name)) return;
    this.#notes.set(name, is);
    this.#spec.onAdapter(name, is && { is, place: adapter });
  }

  /** A target that was reset between two looks has left and come. */
  #tell(slot: string, instances: string): void {
    const before = this.#present.get(slot) ?? '';
    if (instances === before) return;
    this.#present.set(slot, instances);
    const stays = instances.split(' ').some((one) => one !== '' && before.split(' ').includes(one));
    if (before !== '' && !stays) this.#spec.onUnit(slot, false);
    if (instances !== '' && !stays) this.#spec.onUnit(slot, true);
  }

  #tellStrangers(devices: readonly UsbDeviceInfo[]): void {
    const places = this.#spec.slots.flatMap(({ adapter, target }) => [adapter, target]);
    const isOnTheWay = (path: string) => places.some((place) => place === path || place.startsWith(`${path}.`));
    const strangers = devices.filter(({ path, vendorId }) => vendorId !== rootHub && !isOnTheWay(path));
    const text = strangers.map(({ instance }) => instance).join(' ');
    if (text === this.#strangers) return;
    this.#strangers = text;
    this.#spec.onStrangers(strangers);
  }
}

/** As it is shown. */
export const strangerOf = ({
  path,
  product,
  vendorId,
  productId,
}: UsbDeviceInfo): StationView['strangers'][number] => ({
  place: path,
  what: [`${vendorId}:${productId}`, product].filter(Boolean).join(' '),
});
