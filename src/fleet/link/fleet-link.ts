import { type Actor, createActor, fromPromise } from 'xstate';
import type { GrantStock } from '../../../machines/fleet-grant.policy.ts';
import { type FleetLotNow, type FleetSituation, fleetHold } from '../../../machines/fleet-hold.policy.ts';
import { type AskedOf, type FleetLinkContext, fleetLinkMachine } from '../../../machines/fleet-link.machine.ts';
import type { StationReason } from '../../../machines/station-reason.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { FleetLinkView } from '../../jig/station-view.ts';
import { stockOf, unitsBack, writeOff } from '../../records/fleet-grants.ts';
import { type LotState, linkState, lotStates } from '../../records/fleet-state.ts';
import { firstAfter, lastOfChain } from '../../records/outbox.ts';
import type { Instant } from '../../records/records.ts';
import type { Sqlite } from '../../records/sqlite.ts';
import { CentreTalk, type CentreTalkSpec } from './centre-talk.ts';
import { Silence } from './silence.ts';

/** What a station makes, as far as its fleet grants it. */
export interface Making {
  readonly lot: string;
  /** Its units have numbers of the range of the lot. */
  readonly isNumbered: boolean;
}

export interface FleetLinkSpec
  extends Pick<
    CentreTalkSpec,
    'station' | 'address' | 'login' | 'version' | 'records' | 'clock' | 'now' | 'patience' | 'view' | 'keepLots'
  > {}

/** The silence of the centre is counted, and what is shown of it kept up to date. */
const tickPause: Milliseconds = 1_000;

/** The link of a station to its fleet. It runs beside the station: nothing in the station waits for it. */
export class FleetLink implements AsyncDisposable {
  readonly #spec: FleetLinkSpec;
  readonly #talk: CentreTalk;
  readonly #silence: Silence;
  readonly #actor: Actor<typeof fleetLinkMachine>;
  readonly #listeners = new Set<() => void>();
  readonly #ended: Promise<void>;
  /** As the records had them last: what is shown asks no file. */
  #lots: readonly LotState[];
  #making: Making | undefined;
  #unusable: BootctlError | undefined;
  #clockOffset: Milliseconds | undefined;
  #since: Instant;
  #connection: FleetLinkView['connection'] = 'offline';
  #unsentSince: Instant | undefined;
  readonly #shown = ['', ''];
  #timer: unknown;

  constructor(spec: FleetLinkSpec) {
    this.#spec = spec;
    const { records, clock, now } = spec;
    this.#since = now();
    this.#silence = new Silence(records, clock);
    this.#talk = new CentreTalk({
      ...spec,
      onLost: (error) => this.#actor.send({ type: 'connection.lost', error }),
      onLots: () => this.#actor.send({ type: 'lots.changed' }),
      onCurrent: () => this.#silence.end(),
      onOffset: (offset) => {
        this.#clockOffset = offset;
      },
    });
    this.#lots = records.transaction(lotStates);
    const input = records.transaction((sqlite) => ({
      written: lastOfChain(sqlite).seq,
      acked: linkState(sqlite).acked.seq,
    }));
    this.#actor = createActor(this.#machine(), { input, clock });
    this.#ended = new Promise((resolve) => {
      this.#actor.subscribe({ next: () => this.#changed(), complete: () => void this.#stop().then(resolve) });
    });
  }

  start(): void {
    this.#actor.start();
    this.#tick();
  }

  /** Called when `view` or `hold` may be others. Returns the unsubscriber. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The lot that is to be made: the first of those assigned that is not closed. One that is held is not passed over. */
  get wanted(): LotState | undefined {
    return this.#lots.find(({ state }) => state !== 'closed');
  }

  /** From now on grants are those of this lot. `unusable`: why it cannot be run. */
  make(making: Making | undefined, unusable?: BootctlError): void {
    this.#making = making;
    this.#unusable = unusable;
    this.look();
  }

  /** Has to be called when something was recorded: what is unsent and what is left of the grants may be others. */
  look(): void {
    this.#guarded(() => {
      const { records } = this.#spec;
      const { last, hasBack } = records.transaction((sqlite) => {
        this.#lots = lotStates(sqlite);
        this.#leaveLots(sqlite);
        return { last: lastOfChain(sqlite).seq, hasBack: unitsBack(sqlite).length > 0 };
      });
      this.#actor.send({ type: 'stock.changed', stock: this.#stock(), hasBack });
      this.#actor.send({ type: 'records.written', written: last });
    });
    this.#changed();
  }

  /** Why no unit may begin; undefined where one may. */
  get hold(): StationReason | undefined {
    return fleetHold(this.#situation());
  }

  get view(): FleetLinkView {
    const { context } = this.#actor.getSnapshot();
    const { lot, clockOffset, stock, error, silent } = this.#situation();
    const others = this.#lots.filter(({ id, state }) => state !== 'closed' && id !== lot?.id);
    return {
      connection: this.#connection,
      since: this.#since,
      detail: error?.message,
      unsent: Math.max(0, context.written - context.acked),
      unsentSince: this.#unsentSince,
      waiting: others.map(({ id }) => id),
      leaseMinutes: lot && Math.max(0, Math.ceil((lot.lease - silent) / 60_000)),
      unitsLeft: stock?.units,
      numbersLeft: stock?.numbers,
      clockSeconds: clockOffset === undefined ? undefined : Math.round(clockOffset / 100) / 10,
    };
  }

  /** Sends what it can within a moment, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send({ type: 'link.ended' });
    await this.#ended;
  }

  #machine() {
    const talk = this.#talk;
    return fleetLinkMachine.provide({
      actors: {
        greet: this.#effect(() => talk.greet()),
        report: this.#effect(() => talk.report()),
        beat: this.#effect(() => talk.beat()),
        fetchLots: this.#effect(() => talk.fetchLots(), true),
        giveBack: this.#effect(() => talk.giveBack(), true),
        ask: this.#effect((of: AskedOf) => talk.ask(of), true),
        send: this.#effect((of: { readonly after: number; readonly rows: number }) => talk.send(of)),
      },
    });
  }

  /** What it throws, the machine can keep. `changes`: the stock may be another afterwards. */
  #effect<Input, Output>(work: (input: Input) => Promise<Output>, changes = false) {
    return fromPromise<Output, Input>(async ({ input }) => {
      try {
        const output = await work(input);
        if (changes) this.look();
        return output;
      } catch (error) {
        throw asFailure(error);
      }
    });
  }

  #situation(): FleetSituation {
    const { station } = this.#spec;
    const { context } = this.#actor.getSnapshot();
    const { error, heldBy, stock, dry } = context;
    return {
      ...{ station, error, heldBy, stock, dry },
      offlineSince: this.#connection === 'connected' ? undefined : timeOfDay(this.#since),
      lot: this.#lotNow(),
      unusable: this.#unusable,
      silent: this.#silence.now,
      clockOffset: this.#clockOffset,
    };
  }

  /** One that is assigned no more is closed for this station. */
  #lotNow(): FleetLotNow | undefined {
    const making = this.#making;
    if (!making) return this.#lots.find(({ state }) => state !== 'closed');
    return (
      this.#lots.find(({ id }) => id === making.lot) ?? {
        id: making.lot,
        state: 'closed',
        heldBy: null,
        lease: 0,
      }
    );
  }

  #stock(): GrantStock | undefined {
    const { records } = this.#spec;
    if (!this.#making) return undefined;
    const { lot, isNumbered } = this.#making;
    const { passed } = records.counts(lot);
    const { units, numbers } = records.transaction((sqlite) => stockOf(sqlite, lot, passed));
    const isOpen = this.#lots.some(({ id, state }) => id === lot && state === 'open');
    return { lot, isOpen, units, numbers: isNumbered ? numbers : undefined };
  }

  /** Of lots that are closed for this station nothing is made any more: it writes that off, before it is told. */
  #leaveLots(sqlite: Sqlite): void {
    const open = new Set(this.#lots.flatMap(({ id, state }) => (state === 'closed' ? [] : [id])));
    for (const { lot } of sqlite.all<{ lot: string }>('SELECT DISTINCT lot FROM allotment WHERE units > returned'))
      if (!open.has(lot)) writeOff(sqlite, lot, this.#spec.records.counts(lot).passed);
  }

  #tick(): void {
    this.#guarded(() => this.#silence.tick());
    this.#changed(true);
    this.#timer = this.#spec.clock.setTimeout(() => this.#tick(), tickPause);
  }

  #changed(isTick = false): void {
    const { value, context } = this.#actor.getSnapshot();
    this.#noteConnection(connectionOf(value, context.error !== undefined));
    if (isTick || context.written <= context.acked) this.#noteUnsent(context);
    const { view } = this;
    const { connection, waiting, detail } = view;
    // How much is unsent and left changes with each run: it is told with the next tick.
    const shown = JSON.stringify([this.hold, this.wanted, isTick ? view : { connection, waiting, detail }]);
    if (shown === this.#shown[isTick ? 1 : 0]) return;
    this.#shown[isTick ? 1 : 0] = shown;
    for (const listener of this.#listeners) listener();
  }

  #noteUnsent({ written, acked }: FleetLinkContext): void {
    if (written <= acked) this.#unsentSince = undefined;
    else
      this.#guarded(() => {
        this.#unsentSince = this.#spec.records.transaction((sqlite) => firstAfter(sqlite, acked));
      });
  }

  #noteConnection(connection: FleetLinkView['connection']): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#since = this.#spec.now();
  }

  /** Trouble with the records is the station's: it says it with its next claim. The link looks again with the next tick. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!isBootctlError(error)) throw error;
    }
  }

  async #stop(): Promise<void> {
    this.#spec.clock.clearTimeout(this.#timer);
    await this.#talk[Symbol.asyncDispose]();
  }
}

/** An attempt to connect changes nothing of what is shown. */
function connectionOf(state: unknown, hasFailed: boolean): FleetLinkView['connection'] {
  if (state === 'refused') return 'refused';
  return typeof state === 'object' && !hasFailed ? 'connected' : 'offline';
}

const timeOfDay = (at: Instant): string => new Date(at).toTimeString().slice(0, 5);

/** A mistake of ours is no reason to stop a slot: the link tries again. */
const asFailure = (error: unknown): BootctlError =>
  error instanceof BootctlError
    ? error
    : new BootctlError(
        'fleet-unreachable',
        `bootctl itself failed: ${error instanceof Error ? error.message : error}`,
        { cause: error },
      );
