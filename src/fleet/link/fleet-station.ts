import type { StationReason } from '../../../machines/station-reason.ts';
import { type BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Jig } from '../../jig/plan/read-jig.ts';
import { reasonText } from '../../jig/station/reason-text.ts';
import type { Station, StationEnd } from '../../jig/station/station.ts';
import type {
  StationAnswer,
  StationEvent,
  StationHandle,
  StationRequest,
  StationView,
} from '../../jig/station-view.ts';
import type { FleetLot, LotState } from '../../records/fleet-state.ts';
import type { FleetLink } from './fleet-link.ts';
import type { LotStore } from './lot-store.ts';

export interface FleetStationSpec {
  readonly station: string;
  readonly simulated: boolean;
  readonly link: FleetLink;
  readonly lots: LotStore;
  /** It ends after so many good units. */
  readonly wanted: number | undefined;
  /** The station that makes a lot, not started yet. */
  readonly open: (jig: Jig, wanted: number | undefined) => Promise<Station>;
}

/** The station of one lot, while it is made. */
interface Run {
  readonly lot: FleetLot;
  readonly station: Station;
}

/**
 * A station in a fleet: it makes the lots that are assigned to it, one after the other. Each lot has a station of its own, made anew from
 * its definition, so that nothing of the lot before is left in it.
 */
export class FleetStation implements StationHandle {
  readonly #spec: FleetStationSpec;
  readonly #listeners = new Set<(event: StationEvent) => void>();
  #run: Run | undefined;
  #left: number | undefined;
  #ending: { readonly aborts: boolean } | undefined;
  #wake = () => {};
  readonly #unsubscribe: () => void;
  #shown = '';
  #endView: StationView | undefined;

  constructor(spec: FleetStationSpec) {
    this.#spec = spec;
    this.#left = spec.wanted;
    this.#unsubscribe = spec.link.subscribe(() => this.#fleetChanged());
  }

  /** Makes lots until it is told to end, or has made the units that were wanted. */
  async work(): Promise<StationEnd> {
    while (!this.#ending) {
      const { fetched } = this.#spec.lots;
      const key = keyOf(this.#spec.link.wanted);
      const lot = this.#wantedLot();
      const jig = lot && (await this.#jigOf(lot));
      if (!lot || !jig) {
        if (!lot) this.#spec.link.make(undefined);
        await this.#change(key, fetched);
        continue;
      }
      const end = await this.#make(lot, jig);
      this.#left = end.left;
      if (end.isEnough || this.#ending) return this.#close(end);
    }
    return this.#close({ isEnough: false, left: this.#left, view: this.view() });
  }

  /** The last records are sent, as far as the fleet is reached; nothing is told of it any more. */
  async #close(end: StationEnd): Promise<StationEnd> {
    const { link } = this.#spec;
    this.#ending ??= { aborts: false };
    this.#unsubscribe();
    this.#endView = end.view;
    await link[Symbol.asyncDispose]();
    return { ...end, view: { ...end.view, fleet: link.view } };
  }

  end(ending: { readonly aborts: boolean }): void {
    this.#ending = ending;
    this.#run?.station.end(ending);
    this.#wake();
  }

  subscribe = (listener: (event: StationEvent) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  view = (): StationView => {
    const { link } = this.#spec;
    return { ...(this.#run?.station.view() ?? this.#endView ?? this.#idleView()), fleet: link.view };
  };

  request = (request: StationRequest): StationAnswer => {
    if (this.#run) return this.#run.station.request(request);
    return {
      ok: false,
      code: 'lot-unknown',
      message: reasonText(this.#why()),
      hint: 'It begins by itself when there is one.',
    };
  };

  /** With its definition. */
  #wantedLot(): FleetLot | undefined {
    const { link, lots } = this.#spec;
    return lots.lots.find((lot) => keyOf(lot) === keyOf(link.wanted));
  }

  async #jigOf(lot: FleetLot): Promise<Jig | undefined> {
    const { link, lots } = this.#spec;
    try {
      return await lots.jigOf(lot);
    } catch (error) {
      if (!isBootctlError(error)) throw error;
      link.make({ lot: lot.id, isNumbered: false }, error as BootctlError);
      return undefined;
    }
  }

  async #make(lot: FleetLot, jig: Jig): Promise<StationEnd> {
    const { link, open } = this.#spec;
    const station = await open(jig, this.#left);
    this.#run = { lot, station };
    const unsubscribe = station.subscribe((event) => this.#hear(event));
    link.make({ lot: lot.id, isNumbered: jig.plan.unit.serial?.from === 'range' });
    this.#fleetChanged();
    station.start();
    if (this.#ending) station.end(this.#ending);
    const end = await station.ended;
    unsubscribe();
    this.#run = undefined;
    link.make(undefined);
    return end;
  }

  /** Resolves when another lot is to be made than the one with this key, or lots have been fetched since. */
  #change(key: string, fetched: number): Promise<void> {
    const { link, lots } = this.#spec;
    this.#tell({ event: 'station', view: this.view() });
    return new Promise((resolve) => {
      this.#wake = () => {
        if (lots.fetched === fetched && keyOf(link.wanted) === key && !this.#ending) return;
        this.#wake = () => {};
        resolve();
      };
      this.#wake();
    });
  }

  #fleetChanged(): void {
    const { link } = this.#spec;
    if (this.#run) {
      const { station, lot } = this.#run;
      station.holdByFleet(link.hold);
      // A run that has begun comes to its end.
      if (keyOf(link.wanted) !== keyOf(lot)) station.end({ aborts: false });
    }
    this.#tell({ event: 'station', view: this.view() });
    this.#wake();
  }

  #hear(event: StationEvent): void {
    const { link } = this.#spec;
    this.#tell(event.event === 'station' ? { event: 'station', view: this.view() } : event);
    if (event.event !== 'slot' && event.event !== 'run') return;
    link.look();
    this.#run?.station.holdByFleet(link.hold);
  }

  #tell(event: StationEvent): void {
    if (event.event === 'station') {
      const shown = JSON.stringify(event.view);
      if (shown === this.#shown) return;
      this.#shown = shown;
    }
    for (const listener of this.#listeners) listener(event);
  }

  #why(): StationReason {
    const { link, station } = this.#spec;
    const { wanted } = link;
    return link.hold ?? (wanted === undefined ? { code: 'lot-none', station } : { code: 'lot-coming', lot: wanted.id });
  }

  #idleView(): StationView {
    const { station, simulated, link } = this.#spec;
    const heldReason = this.#why();
    return {
      ...{ station, simulated, lot: link.wanted?.id ?? '', quantity: undefined, profile: '', image: '' },
      ...{ state: 'held', heldReason, heldBy: reasonText(heldReason), slots: [], lastRuns: [], strangers: [] },
      counts: { units: 0, passed: 0, firstPass: 0, runs: { pass: 0, fail: 0, error: 0, aborted: 0 } },
    };
  }
}

/** A lot whose definition is another one is another lot. */
const keyOf = (lot: LotState | undefined): string => (lot ? `${lot.id} ${lot.signature}` : '');
