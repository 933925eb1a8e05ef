import { randomUUID } from 'node:crypto';
import type { AskedOf, Beat, CentreWord, Hello } from '../../../machines/fleet-link.machine.ts';
import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import {
  askedGrant,
  grantReport,
  keepNumbers,
  keepUnits,
  noteBackTold,
  unitsBack,
} from '../../records/fleet-grants.ts';
import { keepLinkState, linkState } from '../../records/fleet-state.ts';
import type { OpenRecords } from '../../records/open-records.ts';
import { type ChainPlace, hashInChain, lastOfChain, recordsAfter } from '../../records/outbox.ts';
import type { Instant } from '../../records/records.ts';
import { type Database, openDatabase } from '../database.ts';
import type { Login } from '../join.ts';

/** A lot as the centre has it. */
export interface LotRow {
  readonly id: string;
  readonly definition: string;
  readonly signature: string;
  readonly signer: string;
  readonly lease_seconds: number;
  readonly state: 'open' | 'held' | 'closed';
  readonly held_by: string | null;
}

/** What the centre is told, and who is told what it says. */
export interface CentreTalkSpec {
  readonly station: string;
  readonly address: string;
  readonly login: Login;
  readonly version: string;
  readonly records: OpenRecords;
  readonly clock: Clock;
  readonly now: () => Instant;
  readonly patience?: Milliseconds;
  readonly open?: typeof openDatabase;
  /** What the station is at now, for its beat. */
  readonly view: () => object;
  readonly onLost: (error: BootctlError) => void;
  /** Somebody has changed a lot. */
  readonly onLots: () => void;
  /** The lots of this station, as the centre has them now. */
  readonly keepLots: (lots: readonly LotRow[], fetchImage: (sha256: string) => Promise<Uint8Array>) => Promise<void>;
  /** The centre has spoken, and what is known here of the lots is what it has. */
  readonly onCurrent: () => void;
  /** The clock of this computer minus that of the centre, less what the way may have taken. */
  readonly onOffset: (offset: Milliseconds) => void;
}

interface WordRow {
  readonly must_report: boolean;
  readonly held_by: string | null;
  readonly server_ms: number;
}

/** So much text goes at once at most, but for one row. */
const mostText = 65_536;
/** A slow network brings a piece of an image within the patience. */
const imagePiece = 65_536;

/** What a station says to the centre, word by word: each may be said again. What a word permits is on the disk before it is used. */
export class CentreTalk {
  readonly #spec: CentreTalkSpec;
  /** Of this process: another one that speaks as this station is seen by it. */
  readonly #life = randomUUID();
  #database: Database | undefined;
  #lots: string | undefined;
  #lotsSaid: string | undefined;

  constructor(spec: CentreTalkSpec) {
    this.#spec = spec;
  }

  /** @throws BootctlError `fleet-unreachable`, `fleet-refused`, `fleet-missing`, `fleet-records-forked` */
  async greet(): Promise<Hello> {
    const { station, records, version } = this.#spec;
    const database = await this.#connect();
    const { acked, ackedAs } = records.transaction(linkState);
    const said = this.#saying();
    const [hello] = await database.query<WordRow & ChainPlace & { station_name: string; identity: string }>(
      'SELECT * FROM station_hello($1, $2, $3, $4, $5)',
      ...[this.#life, acked.seq, acked.hash, version, ackedAs],
    );
    const { seq, hash, station_name, identity } = hello!;
    if (station_name !== station)
      throw new BootctlError(
        'fleet-refused',
        `The login of this station is that of ${station_name}, and its jig.yaml names it ${station}`,
      );
    this.#compare({ seq, hash });
    this.#keepAcked({ seq, hash }, identity);
    return { ...said(hello!), acked: seq };
  }

  /** After the centre was put back: all that was granted here. */
  async report(): Promise<void> {
    const grants = this.#spec.records.transaction(grantReport);
    await this.#open().query('SELECT station_report($1, $2)', this.#life, JSON.stringify(grants));
  }

  async beat(): Promise<Beat> {
    const { records, now, view, onCurrent } = this.#spec;
    const { acked, last } = records.transaction((sqlite) => ({ ...linkState(sqlite), last: lastOfChain(sqlite) }));
    const said = this.#saying();
    const [answer] = await this.#open().query<WordRow & { lots: string }>(
      'SELECT * FROM station_beat($1, $2, $3, $4)',
      ...[this.#life, last.seq - acked.seq, now(), view()],
    );
    this.#lotsSaid = answer!.lots;
    if (this.#lotsSaid === this.#lots) onCurrent();
    return { ...said(answer!), lots: answer!.lots };
  }

  async fetchLots(): Promise<void> {
    const { keepLots, onCurrent } = this.#spec;
    const said = this.#lotsSaid;
    const lots = await this.#open().query<LotRow>('SELECT * FROM station_lots($1)', this.#life);
    await keepLots(lots, (sha256) => this.#image(sha256));
    this.#lots = said;
    onCurrent();
  }

  async giveBack(): Promise<void> {
    const { records } = this.#spec;
    for (const back of records.transaction(unitsBack)) {
      await this.#open().query('SELECT station_units_back($1, $2, $3)', this.#life, back.id, back.returned);
      records.transaction((sqlite) => noteBackTold(sqlite, back));
    }
  }

  /** @throws BootctlError also `lot-held`, `lot-unknown` */
  async ask({ lot, kind, most }: AskedOf): Promise<{ readonly given: number }> {
    const { records } = this.#spec;
    const { id, asked } = records.transaction((sqlite) => askedGrant(sqlite, kind, lot, most, randomUUID()));
    const wanted = [this.#life, id, lot, asked];
    if (kind === 'units') {
      const [row] = await this.#open().query<{ units: number }>(
        'SELECT station_units($1, $2, $3, $4) AS units',
        ...wanted,
      );
      records.transaction((sqlite) => keepUnits(sqlite, id, row!.units));
      return { given: row!.units };
    }
    const [row] = await this.#open().query<{ first: number; last: number }>(
      'SELECT * FROM station_numbers($1, $2, $3, $4)',
      ...wanted,
    );
    records.transaction((sqlite) => keepNumbers(sqlite, id, row));
    return { given: row ? row.last - row.first + 1 : 0 };
  }

  async send({ after, rows }: { readonly after: number; readonly rows: number }): Promise<{ readonly acked: number }> {
    const outgoing = this.#spec.records.transaction((sqlite) => recordsAfter(sqlite, after, rows, mostText));
    if (outgoing.length === 0) return { acked: after };
    const column = (name: 'kind' | 'ref' | 'hash' | 'content') => outgoing.map((row) => row[name]);
    const [answer] = await this.#open().query<{ seq: number }>(
      'SELECT station_records($1, $2, $3, $4, $5, $6) AS seq',
      ...[this.#life, after + 1, column('kind'), column('ref'), column('hash'), column('content')],
    );
    const { seq } = answer!;
    const last = outgoing.find((row) => row.seq === seq);
    if (!last) throw forked(`The fleet has taken records up to ${seq}, and not record ${after + 1}`);
    this.#keepAcked(last);
    return { acked: seq };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await database?.[Symbol.asyncDispose]();
  }

  async #connect(): Promise<Database> {
    const { address, login, station, patience, open = openDatabase, onLost, onLots } = this.#spec;
    await this[Symbol.asyncDispose]();
    const database = await open(address, {
      login,
      name: station,
      ...(patience === undefined ? {} : { patience }),
    });
    this.#database = database;
    this.#lots = undefined;
    database.lost.addEventListener('abort', () => {
      if (this.#database === database) onLost(database.lost.reason);
    });
    await database.listen('bootctl_lot', onLots);
    return database;
  }

  #open(): Database {
    if (this.#database) return this.#database;
    throw new BootctlError('fleet-unreachable', 'The connection was closed');
  }

  /** The clock of the centre is compared with the midst of the time that its answer took. */
  #saying(): (row: WordRow) => CentreWord {
    const { clock, now, onOffset } = this.#spec;
    const started = clock.now();
    return ({ must_report, held_by, server_ms }) => {
      const half = (clock.now() - started) / 2;
      const offset = now() - half - server_ms;
      onOffset(Math.sign(offset) * Math.max(0, Math.abs(offset) - half));
      return { mustReport: must_report, heldBy: held_by ?? undefined };
    };
  }

  /** The fleet has no more than this file has, and the same. @throws BootctlError `fleet-records-forked` */
  #compare({ seq, hash }: ChainPlace): void {
    const { own, last } = this.#spec.records.transaction((sqlite) => ({
      own: hashInChain(sqlite, seq),
      last: lastOfChain(sqlite),
    }));
    if (own === hash) return;
    throw forked(
      own === undefined
        ? `The fleet has ${seq} records of this station, and its file has ${last.seq}`
        : `Record ${seq} of this station is another one in the fleet`,
    );
  }

  #keepAcked({ seq, hash }: ChainPlace, identity?: string): void {
    this.#spec.records.transaction((sqlite) => {
      const known = linkState(sqlite);
      keepLinkState(sqlite, { ...known, acked: { seq, hash }, ackedAs: identity ?? known.ackedAs });
    });
  }

  async #image(sha256: string): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (let at = 0; ; at += imagePiece) {
      const [row] = await this.#open().query<{ piece: Uint8Array }>(
        'SELECT station_image($1, $2, $3) AS piece',
        ...[sha256, at, imagePiece],
      );
      pieces.push(row!.piece);
      if (row!.piece.length < imagePiece) return Buffer.concat(pieces);
    }
  }
}

const forked = (message: string): BootctlError => new BootctlError('fleet-records-forked', message);
