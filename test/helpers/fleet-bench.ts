import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changeState, createLot } from '../../src/fleet/lot/change-lot.ts';
import { signDefinition, signerOf } from '../../src/fleet/lot/definition.ts';
import { readLot } from '../../src/fleet/lot/read-lot.ts';
import { stationLogins } from '../../src/fleet/station-login.ts';
import { firmware } from './command.ts';
import { TestFleet } from './fleet.ts';
import type { PostgresServer } from './postgres.ts';

export interface BenchLot {
  readonly quantity?: number;
  readonly first?: number;
  readonly last?: number;
  readonly lease?: string;
  /** Further lines of its lot.yaml. */
  readonly more?: string;
}

/** A fleet with an office that signs lots, and stations that have joined, each with a folder of its own. */
export class FleetBench implements AsyncDisposable {
  readonly fleet: TestFleet;
  readonly folder = mkdtempSync(join(tmpdir(), 'bootctl-fleet-'));
  readonly key = newKey();

  private constructor(fleet: TestFleet) {
    this.fleet = fleet;
  }

  static async make(server: PostgresServer): Promise<FleetBench> {
    const bench = new FleetBench(await TestFleet.make(server));
    const { id, publicKey } = signerOf(bench.key);
    await bench.fleet.office.query(
      "INSERT INTO signer (id, name, public_key) VALUES ($1, 'office', $2)",
      id,
      publicKey,
    );
    return bench;
  }

  /** Folder of a station, with its jig.yaml of two slots; `through` is the port by which it reaches the database. */
  async station(name: string, through?: number): Promise<string> {
    const address = new URL(await this.fleet.join(name));
    if (through !== undefined) address.port = String(through);
    const login = { user: decodeURIComponent(address.username), password: decodeURIComponent(address.password) };
    address.username = '';
    address.password = '';
    const folder = join(this.folder, name);
    mkdirSync(folder);
    await stationLogins.write(stateOf(folder), name, {
      ...{ database: address.href, ...login, signers: [signerOf(this.key)] },
    });
    writeFileSync(
      join(folder, 'jig.yaml'),
      `station: ${name}
fleet: ${address.href}
slots:
  A1: { adapter: "1-3.1", target: "1-2.1" }
  A2: { adapter: "1-3.2", target: "1-2.2" }
start: { on: [insert], settle: 10ms }
`,
    );
    return folder;
  }

  /** A signed lot that is open for these stations. */
  async lot(
    id: string,
    stations: readonly string[],
    { quantity = 100, first = 1, last = 1000, lease = '12h', more = '' }: BenchLot = {},
  ): Promise<void> {
    const { office } = this.fleet;
    const folder = join(this.folder, `lot-${id}`);
    mkdirSync(folder);
    copyFileSync(firmware, join(folder, 'boot.hex'));
    writeFileSync(
      join(folder, 'lot.yaml'),
      `id: ${id}
quantity: ${quantity}
lease: ${lease}
profile: rc-cap
image: boot.hex
unit:
  serial: { from: range, first: ${first}, last: ${last}, format: "{lot}-{number:06}" }
  patch: ["0x0800FF00=text:{serial}"]
${more}`,
    );
    const { definition, contents } = await readLot(join(folder, 'lot.yaml'));
    await createLot(office, signDefinition(definition, this.key), contents, stations, 'anna');
    await changeState(office, id, 'start', '', 'anna');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Where a station with `XDG_STATE_HOME=state` in this folder has its state. */
export const stateOf = (folder: string): string => join(folder, 'state', 'bootctl');

export const newKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
