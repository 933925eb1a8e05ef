import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { PostgresServer } from '../../helpers/postgres-server.ts';
import { type Network, TcpProxy } from '../../helpers/tcp-proxy.ts';
import type { CampaignEnd, CampaignOptions } from './campaign-options.ts';
import { checkFleet } from './check-fleet.ts';
import { goodUnits, unsentRecords } from './count-records.ts';
import { lot, setUpFleet, withoutLogin } from './set-up.ts';
import { SoakStation } from './soak-station.ts';

const day = 86_400_000;
/** What a station says where two computers have its name. */
export const double = /another process speaks|its file has|is another one in the fleet|two computers/;
const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
const until = async (holds: () => boolean, longest = 60_000): Promise<void> => {
  for (let waited = 0; waited < longest && !holds(); waited += 100) await sleep(100);
};

/** A fleet of real processes that is hit until its lot is done, and is then looked at. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignEnd> {
  const campaign = new FleetCampaign(options);
  try {
    return await campaign.run();
  } finally {
    await campaign.end();
  }
}

class FleetCampaign {
  readonly #options: CampaignOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'bootctl-soak-fleet-'));
  readonly #stations: SoakStation[] = [];
  readonly #proxies: TcpProxy[] = [];
  readonly #began = Date.now();
  readonly #blows: Record<string, number> = {};
  readonly #between: (least: number, most: number) => number;
  #server!: PostgresServer;
  #database = '';
  #twin: SoakStation | undefined;
  #seed = 0;
  #isCalm = false;
  readonly #goodOf = new Map<string, number>();
  /** Only one at a time does something to the database. */
  #ofDatabase: Promise<unknown> = Promise.resolve();
  /** Stations that are not to be started now. */
  readonly #resting = new Set<SoakStation>();

  constructor(options: CampaignOptions) {
    this.#options = options;
    const generator = xoroshiro128plus(options.seed);
    this.#between = (least, most) => uniformInt(generator, least, most);
  }

  async run(): Promise<CampaignEnd> {
    await this.#setUp();
    for (const station of this.#stations) this.#start(station);
    const keeper = this.#keepRunning();
    const blower = this.#harass();
    await this.#atPart(0.15, () => this.#clockIsOff());
    const dump = await this.#atPart(0.25, () => this.#alone(() => this.#dump()));
    await this.#atPart(0.45, () => this.#alone(() => this.#restore(dump)));
    await this.#atPart(0.7, () => this.#twoOfOneName());
    await this.#atPart(1, async () => {});
    this.#isCalm = true;
    await blower;
    await this.#drain();
    await keeper;
    for (const station of this.#stations) await station.end('SIGINT');
    return this.#judge();
  }

  async end(): Promise<void> {
    this.#isCalm = true;
    for (const station of [...this.#stations, ...(this.#twin ? [this.#twin] : [])]) {
      this.#resting.add(station);
      await station.end('SIGKILL');
    }
    for (const proxy of this.#proxies) await proxy[Symbol.asyncDispose]();
    await this.#server?.[Symbol.asyncDispose]();
    if (!this.#options.keep) rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #setUp(): Promise<void> {
    const { units, stations, slots } = this.#options;
    this.#server = await PostgresServer.start({ safe: true });
    this.#database = await this.#server.createDatabase();
    for (let number = 1; number <= stations; number++) {
      const proxy = await this.#proxy();
      const station = new SoakStation(`s${number}`, join(this.#folder, `s${number}`), proxy);
      station.writeJig(slots, withoutLogin(proxy.address(this.#database)));
      this.#stations.push(station);
    }
    await setUpFleet(this.#database, this.#folder, this.#stations, units);
  }

  async #proxy(): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(this.#server.port);
    this.#proxies.push(proxy);
    return proxy;
  }

  #note(what: string, detail = ''): void {
    this.#blows[what] = (this.#blows[what] ?? 0) + 1;
    const seconds = ((Date.now() - this.#began) / 1_000).toFixed(1).padStart(7);
    this.#options.say(`${seconds} s  ${what}${detail === '' ? '' : `: ${detail}`}`);
  }

  #start(station: SoakStation, shift = 0): void {
    this.#seed += 1;
    station.start(this.#options.seed * 1_000 + this.#seed, { shift });
  }

  /** One that has ended is started again: killed, or tired of waiting for the database. */
  async #keepRunning(): Promise<void> {
    while (!this.#isCalm) {
      for (const station of this.#stations) if (!station.isRunning && !this.#resting.has(station)) this.#start(station);
      await sleep(200);
    }
  }

  get #good(): number {
    return goodUnits(this.#stations, this.#goodOf);
  }

  /** Waits until this part of the units is good somewhere, or nothing goes on any more. */
  async #atPart<Result>(part: number, then: () => Promise<Result>): Promise<Result> {
    const wanted = Math.floor(this.#options.units * part);
    let before = -1;
    let still = 0;
    for (let good = this.#good; good < wanted && still < 90 && !this.#options.enough?.aborted; good = this.#good) {
      still = good === before ? still + 1 : 0;
      before = good;
      await sleep(1_000);
    }
    return then();
  }

  async #harass(): Promise<void> {
    const { least, most } = this.#options.calm;
    while (!this.#isCalm) {
      await sleep(this.#between(least, most));
      if (this.#isCalm) return;
      const station = this.#stations[this.#between(0, this.#stations.length - 1)]!;
      const blow = this.#between(1, 100);
      if (blow <= 35) await this.#kill(station);
      else if (blow <= 92) this.#disturb(station);
      else await this.#crash();
    }
  }

  async #kill(station: SoakStation): Promise<void> {
    if (!station.isRunning || this.#resting.has(station)) return;
    this.#note('station killed', station.name);
    await station.end('SIGKILL');
  }

  #disturb({ name, network }: SoakStation): void {
    if (network.network !== 'well') return;
    const kind: Network = (['cut', 'silent', 'slow'] as const)[this.#between(0, 2)]!;
    const time = this.#between(300, 6_000);
    this.#note(`network ${kind}`, `${name} for ${time} ms`);
    network.network = kind;
    setTimeout(() => {
      network.network = 'well';
    }, time);
  }

  #crash(): Promise<void> {
    return this.#alone(async () => {
      const time = this.#between(200, 3_000);
      this.#note('database killed', `for ${time} ms`);
      await this.#server.stop('SIGKILL');
      await sleep(time);
      await this.#server.resume();
    });
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#ofDatabase.then(work);
    this.#ofDatabase = done.catch(() => {});
    return done;
  }

  /** The computer of a station has lost its clock while its network was gone: it works on, and is held as soon as it is heard. */
  async #clockIsOff(): Promise<void> {
    const station = this.#stations[0]!;
    const shift = this.#between(0, 1) === 0 ? day : -day;
    this.#resting.add(station);
    await station.end('SIGKILL');
    this.#note('clock off', `${station.name} by ${shift / day} d, without network`);
    station.network.network = 'cut';
    this.#start(station, shift);
    await sleep(this.#options.alone);
    station.network.network = 'well';
    await until(() => [...station.holds].some((hold) => hold.includes('clock')));
    this.#note('clock right', `${station.name}, which said: ${[...station.holds].at(-1) ?? 'nothing'}`);
    await station.end('SIGINT');
    this.#resting.delete(station);
  }

  async #dump(): Promise<string> {
    const file = join(this.#folder, 'centre.dump');
    writeFileSync(file, this.#server.run('pg_dump', this.#name, ['-Fc']));
    this.#note('database copied', `at ${this.#good} good units`);
    return file;
  }

  get #name(): string {
    return new URL(this.#database).pathname.slice(1);
  }

  async #restore(dump: string): Promise<void> {
    const admin = await this.#server.admin();
    await admin.query(`DROP DATABASE ${this.#name} WITH (FORCE)`);
    await sleep(this.#between(100, 2_000));
    await admin.query(`CREATE DATABASE ${this.#name} OWNER owner`);
    await admin.end();
    this.#server.run('pg_restore', this.#name, ['--single-transaction', dump]);
    this.#note('database put back', `at ${this.#good} good units`);
  }

  /** The folder of a station is copied to a second computer, which works beside the first. */
  async #twoOfOneName(): Promise<void> {
    const station = this.#stations.at(-1)!;
    this.#resting.add(station);
    await station.end('SIGKILL');
    const twin = station.copy(join(this.#folder, 'twin'), station.network);
    this.#twin = twin;
    this.#start(station);
    await sleep(this.#options.alone);
    this.#note('second computer of one name', station.name);
    this.#start(twin);
    await until(() => [...twin.holds, ...station.holds].some((hold) => double.test(hold)));
    await sleep(this.#options.alone);
    const said = `it said: ${[...twin.holds].join('; ') || 'nothing'}; the first said: ${[...station.holds].at(-1) ?? 'nothing'}`;
    this.#note('second computer ended', `it made ${twin.passes} good units; ${said}`);
    await twin.end('SIGKILL');
    await station.end('SIGINT');
    // What the lead does after having looked.
    await this.#alone(async () => {
      const lead = await this.#server.admin(this.#name);
      await lead.query('UPDATE bootctl.station SET held_by = NULL WHERE name = $1', [station.name]);
      await lead.end();
    });
    this.#resting.delete(station);
  }

  /** Until nothing is unsent. */
  async #drain(): Promise<void> {
    for (const { network } of this.#stations) network.network = 'well';
    for (const station of this.#stations) {
      await station.end('SIGINT');
      this.#start(station);
    }
    this.#note('quiet', `${this.#good} good units were shown`);
    for (let waited = 0; waited < 120_000; waited += 500) {
      await sleep(500);
      if ((await this.#unsent()) === 0) return;
    }
    this.#note('not drained', `${await this.#unsent()} records`);
  }

  async #unsent(): Promise<number> {
    const centre = await this.#server.admin(this.#name);
    const unsent = await unsentRecords(centre, this.#stations);
    await centre.end();
    return unsent;
  }

  async #judge(): Promise<CampaignEnd> {
    const centre = await this.#server.admin(this.#name);
    const found = await checkFleet(centre, this.#stations, { [lot]: this.#options.units });
    await centre.end();
    const ends = this.#stations.flatMap(({ name, ends }) => ends.map((one) => `${name} ended by itself: ${one}`));
    for (const end of new Set(ends)) this.#options.say(`           ${end}`);
    return {
      ...found,
      figures: {
        ...found.figures,
        shown: this.#stations.reduce((sum, { shown }) => sum + shown.size, 0),
        lives: this.#stations.reduce((sum, { lives }) => sum + lives, 0),
        'made by a second computer of one name': this.#twin?.passes ?? 0,
      },
      folder: this.#folder,
      blows: this.#blows,
      holds: [...new Set([...this.#stations, ...(this.#twin ? [this.#twin] : [])].flatMap(({ holds }) => [...holds]))],
      seconds: Math.round((Date.now() - this.#began) / 1_000),
    };
  }
}
