import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { version } from '../../base/version.ts';
import { beatView } from '../../fleet/link/beat-view.ts';
import { FleetLink } from '../../fleet/link/fleet-link.ts';
import { FleetStation } from '../../fleet/link/fleet-station.ts';
import { jigOfLot, type LotPlace, LotStore } from '../../fleet/link/lot-store.ts';
import { stationLogins } from '../../fleet/station-login.ts';
import { systemClock } from '../../host/system/system-clock.ts';
import type { Jig } from '../../jig/plan/read-jig.ts';
import type { StationFile } from '../../jig/plan/station-file.ts';
import { type FleetLot, fleetLots } from '../../records/fleet-state.ts';
import { migrations, schemaOf } from '../../records/migrations.ts';
import type { OpenRecords } from '../../records/open-records.ts';
import { readRecords } from '../../records/read-records.ts';
import type { Sqlite } from '../../records/sqlite.ts';
import { ownPlace } from '../../store/own-files.ts';
import type { CliContext } from '../context.ts';
import { type JigRunOptions, type JigStationRequest, jigStation } from './jig-station.ts';

export interface FleetStationRequest extends Pick<JigStationRequest, 'bus'> {
  readonly context: CliContext;
  /** Of its jig.yaml. */
  readonly path: string;
  readonly file: StationFile;
  readonly options: JigRunOptions;
  readonly records: OpenRecords;
}

/** A station with its link, which is at work until it is disposed of. */
export interface OpenFleetStation extends AsyncDisposable {
  readonly station: FleetStation;
}

/** @throws BootctlError `fleet-refused` where the station has not joined */
export function openFleetStation({
  context,
  path,
  file,
  options,
  records,
  bus,
}: FleetStationRequest): OpenFleetStation {
  const { fleet: address, station } = file;
  const { login, place } = joined(context, path, file);
  const lots = new LotStore({ ...place, records });
  const link = new FleetLink({
    ...{ station, address, login, records, version: version(), clock: systemClock, now: Date.now },
    view: () => beatView(handle.view()),
    keepLots: (rows, fetchImage) => lots.keep(rows, fetchImage),
  });
  const handle: FleetStation = new FleetStation({
    ...{ station, simulated: options.simulate === true, link, lots, wanted: options.units },
    open: async (jig, wanted) => {
      const { station: made, operate } = await jigStation({
        context,
        jig,
        options,
        records,
        bus,
        wanted,
        isGranted: true,
      });
      operate();
      return made;
    },
  });
  link.start();
  return { station: handle, [Symbol.asyncDispose]: () => link[Symbol.asyncDispose]() };
}

/**
 * What a station in a fleet would make now, from the lots that are here: nothing is asked of the database.
 * @throws BootctlError `fleet-refused` where the station has not joined, `lot-unknown` where it has none; those of `jigOfLot`
 */
export async function fleetJig(context: CliContext, path: string, file: StationFile): Promise<Jig> {
  const { place } = joined(context, path, file);
  const lots = existsSync(file.records) ? readRecords(file.records, (sqlite) => lotsIn(sqlite, file.records)) : [];
  const lot = lots.find(({ state }) => state === 'open') ?? lots.find(({ state }) => state === 'held');
  // What is seen here stands in the jig.yaml that a person has written, not in the one that was made of it.
  if (lot) return { ...(await jigOfLot(lot, place)), lineAt: file.lineAt };
  throw new BootctlError('lot-unknown', `No lot of its fleet that could be made is here at station ${file.station}`, {
    hint: 'Let `bootctl jig run` reach the fleet once; `bootctl fleet lot show` says which lots its stations have.',
  });
}

/** A file of before its station joined has no lots. */
const lotsIn = (sqlite: Sqlite, path: string): readonly FleetLot[] =>
  schemaOf(sqlite, path) < migrations.length ? [] : fleetLots(sqlite);

/** @throws BootctlError `fleet-refused` */
function joined({ stateFolder, cwd }: CliContext, path: string, { station, own }: StationFile) {
  const state = stateFolder ?? cwd;
  const login = stationLogins.read(state, station);
  if (!login) throw new BootctlError('fleet-refused', `Station ${station} has not joined the fleet of its jig.yaml`);
  const folder = ownPlace(state, 'fleet', `${station}.lots`);
  return { login, place: { folder, signers: login.signers, own, ownFolder: dirname(path) } satisfies LotPlace };
}
