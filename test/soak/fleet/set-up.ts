import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../../../src/fleet/centre/migrations.ts';
import { type Database, openDatabase } from '../../../src/fleet/database.ts';
import { joinStation } from '../../../src/fleet/join.ts';
import { changeState, createLot } from '../../../src/fleet/lot/change-lot.ts';
import { signDefinition, signerOf } from '../../../src/fleet/lot/definition.ts';
import { readLot } from '../../../src/fleet/lot/read-lot.ts';
import { stationLogins } from '../../../src/fleet/station-login.ts';
import { root, type SoakStation } from './soak-station.ts';

export const lot = 'SOAK';

/** A fleet whose lot has so many units, and four times as many numbers. The stations have joined, each through its own network. */
export async function setUpFleet(
  address: string,
  folder: string,
  stations: readonly SoakStation[],
  units: number,
): Promise<void> {
  await using office = await openDatabase(address, { name: 'soak' });
  await migrate(office);
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const signer = signerOf(key);
  await office.query("INSERT INTO signer (id, name, public_key) VALUES ($1, 'soak', $2)", signer.id, signer.publicKey);
  for (const { name, network, folder: own } of stations) {
    const login = await joinStation(office, name, 'soak');
    const database = withoutLogin(network.address(address));
    await stationLogins.write(join(own, 'state/bootctl'), name, { database, ...login, signers: [signer] });
  }
  await makeLot(
    office,
    folder,
    key,
    units,
    stations.map(({ name }) => name),
  );
}

export function withoutLogin(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}

async function makeLot(
  office: Database,
  folder: string,
  key: string,
  units: number,
  stations: readonly string[],
): Promise<void> {
  const path = join(folder, 'lot.yaml');
  writeFileSync(
    path,
    `id: ${lot}
quantity: ${units}
profile: rc-cap
image: ${join(root, 'test/fixtures/firmware/blink-f405.hex')}
unit:
  serial: { from: range, first: 1, last: ${units * 4}, format: "SN{number:08}{check}" }
  patch: ["0x0800FF00=text:{serial}", "0x0800FF20=u32:{number}"]
limits: { enter: { high: 20s } }
`,
  );
  const { definition, contents } = await readLot(path);
  await createLot(office, signDefinition(definition, key), contents, stations, 'soak');
  await changeState(office, lot, 'start', '', 'soak');
}
