import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { PostgresServer } from '../../helpers/postgres-server.ts';
import { type Network, TcpProxy } from '../../helpers/tcp-proxy.ts';
import { checkFleet, type Found } from './check-fleet.ts';
import { bootctl, root, SoakStation } from './soak-station.ts';
import { RecordsFile } from './sqlite.ts';

export interface CampaignOptions {
  /** Good units that the lot has. */
  readonly units: number;
  readonly stations: number;
  readonly slots: number;
  readonly seed: number;
  /** Between two blows. */
  readonly calm: { readonly least: number; readonly most: number };
  readonly say: (line: string) => void;
  /** The folder stays. */
  readonly keep?: boolean;
}

export interface CampaignEnd extends Found {
  readonly folder: string;
  /** How often each kind of blow has hit. */
  readonly blows: Readonly<Record<string, number>>;
  /** Why stations were held, in their words. */
  readonly holds: readonly string[];
  readonly seconds: number;
}

const lot = 'SOAK';
const day = 86_400_000;
const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time));

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
  #twinMade = 0;
  #seed = 0;
  #isCalm = false;
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
    const dump = await this.#atPart(0.25, () => this.#dump());
    await this.#atPart(0.45, () => this.#restore(dump));
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
    const office = join(this.#folder, 'office');
    mkdirSync(office);
    const as = { XDG_STATE_HOME: office, HOME: office, BOOTCTL_DATABASE: this.#database };
    this.#bootctl(['fleet', 'init'], office, as);
    const names = Array.from({ length: stations }, (_, index) => `s${index + 1}`);
    for (const name of names) {
      const proxy = await this.#proxy();
      const station = new SoakStation(name, join(this.#folder, name), proxy);
      station.writeJig(slots, proxy.address(withoutLogin(this.#database)));
      const address = proxy.address(this.#database);
      await this.#bootctlBeside(['fleet', 'join', '--station', name, '--database', address, '--yes'], station);
      this.#stations.push(station);
    }
    writeFileSync(join(office, 'lot.yaml'), lotFile(units));
    const assigned = names.flatMap((name) => ['--station', name]);
    this.#bootctl(['fleet', 'lot', 'create', 'lot.yaml', ...assigned], office, as);
    this.#bootctl(['fleet', 'lot', 'start', lot], office, as);
  }

  async #proxy(): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(this.#server.port);
    this.#proxies.push(proxy);
    return proxy;
  }

  #bootctl(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): void {
    const { status, stderr } = spawnSync(process.execPath, [bootctl, ...argv], {
      cwd,
      env: { ...process.env, NO_COLOR: '1', ...env },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`bootctl ${argv.join(' ')} ended with ${status}: ${stderr}`);
  }

  /** Through a proxy of this process, which has to work meanwhile. */
  async #bootctlBeside(argv: readonly string[], station: SoakStation): Promise<void> {
    const { spawn } = await import('node:child_process');
    const child = spawn(process.execPath, [bootctl, ...argv], { cwd: station.folder, env: station.environment() });
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    if (status !== 0) throw new Error(`bootctl ${argv.join(' ')} ended with ${status}: ${said}`);
  }

  #note(what: string, detail = ''): void {
    this.#blows[what] = (this.#blows[what] ?? 0) + 1;
    const seconds = ((Date.now() - this.#began) / 1_000).toFixed(1).padStart(7);
    this.#options.say(`${seconds} s  ${what}${detail === '' ? '' : `: ${detail}`}`);
  }

  get #passes(): number {
    return this.#stations.reduce((sum, { passes }) => sum + passes, 0);
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

  /** Waits until this part of the units is good somewhere, or nothing goes on any more. */
  async #atPart<Result>(part: number, then: () => Promise<Result>): Promise<Result> {
    const wanted = Math.floor(this.#options.units * part);
    let before = -1;
    let still = 0;
    while (this.#passes < wanted && still < 240) {
      still = this.#passes === before ? still + 1 : 0;
      before = this.#passes;
      await sleep(250);
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

  async #crash(): Promise<void> {
    const time = this.#between(200, 3_000);
    this.#note('database killed', `for ${time} ms`);
    await this.#server.stop('SIGKILL');
    await sleep(time);
    await this.#server.resume();
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
    await sleep(this.#between(4_000, 8_000));
    station.network.network = 'well';
    await sleep(6_000);
    this.#note('clock right', `${station.name}, which said: ${[...station.holds].at(-1) ?? 'nothing'}`);
    await station.end('SIGINT');
    this.#resting.delete(station);
  }

  async #dump(): Promise<string> {
    const file = join(this.#folder, 'centre.dump');
    writeFileSync(file, this.#server.run('pg_dump', this.#name, ['-Fc']));
    this.#note('database copied', `at ${this.#passes} good units`);
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
    this.#note('database put back', `at ${this.#passes} good units`);
  }

  /** The folder of a station is copied to a second computer, which works beside the first. */
  async #twoOfOneName(): Promise<void> {
    const station = this.#stations.at(-1)!;
    this.#resting.add(station);
    await station.end('SIGKILL');
    const twin = station.copy(join(this.#folder, 'twin'), station.network);
    this.#twin = twin;
    this.#start(station);
    await sleep(4_000);
    this.#note('second computer of one name', station.name);
    this.#start(twin);
    await sleep(12_000);
    this.#twinMade = twin.passes;
    this.#note(
      'second computer ended',
      `it made ${twin.passes} good units; it said: ${[...twin.holds].at(-1) ?? 'nothing'}; the first said: ${[...station.holds].at(-1) ?? 'nothing'}`,
    );
    await twin.end('SIGKILL');
    await station.end('SIGINT');
    // What the lead does after having looked.
    const lead = await this.#server.admin(this.#name);
    await lead.query('UPDATE bootctl.station SET held_by = NULL WHERE name = $1', [station.name]);
    await lead.end();
    this.#resting.delete(station);
  }

  /** Until nothing is unsent. */
  async #drain(): Promise<void> {
    for (const { network } of this.#stations) network.network = 'well';
    for (const station of this.#stations) {
      await station.end('SIGINT');
      this.#start(station);
    }
    this.#note('quiet', `${this.#passes} good units were shown`);
    for (let waited = 0; waited < 120_000; waited += 500) {
      await sleep(500);
      if ((await this.#unsent()) === 0) return;
    }
    this.#note('not drained', `${await this.#unsent()} records`);
  }

  async #unsent(): Promise<number> {
    const centre = await this.#server.admin(this.#name);
    const { rows } = await centre.query<{ name: string; seq: number }>(
      'SELECT name, seq::INT AS seq FROM bootctl.station',
    );
    await centre.end();
    const here = new Map(rows.map(({ name, seq }) => [name, seq]));
    return this.#stations.reduce((sum, { name, records }) => {
      using file = new RecordsFile(records);
      const [last] = file.rows<{ seq: number | null }>('SELECT max(seq) AS seq FROM chain');
      return sum + (last?.seq ?? 0) - (here.get(name) ?? 0);
    }, 0);
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
        'made by a second computer of one name': this.#twinMade,
      },
      folder: this.#folder,
      blows: this.#blows,
      holds: [...new Set(this.#stations.flatMap(({ holds }) => [...holds]))],
      seconds: Math.round((Date.now() - this.#began) / 1_000),
    };
  }
}

const withoutLogin = (address: string): string => {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
};

const lotFile = (units: number): string => `id: ${lot}
quantity: ${units}
profile: rc-cap
image: ${join(root, 'test/fixtures/firmware/blink-f405.hex')}
unit:
  serial: { from: range, first: 1, last: ${units * 4}, format: "SN{number:08}{check}" }
  patch: ["0x0800FF00=text:{serial}", "0x0800FF20=u32:{number}"]
limits: { enter: { high: 20s } }
`;
