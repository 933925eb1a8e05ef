import { dirname } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { version } from '../../base/version.ts';
import { beatView } from '../../fleet/link/beat-view.ts';
import { FleetLink } from '../../fleet/link/fleet-link.ts';
import { FleetStation } from '../../fleet/link/fleet-station.ts';
import { LotStore } from '../../fleet/link/lot-store.ts';
import { readStationLogin } from '../../fleet/station-login.ts';
import { systemClock } from '../../host/system/system-clock.ts';
import type { StationFile } from '../../jig/plan/station-file.ts';
import type { OpenRecords } from '../../records/open-records.ts';
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
  const { fleet: address, station, own } = file;
  const stateFolder = context.stateFolder ?? context.cwd;
  const login = readStationLogin(stateFolder, station);
  if (!login) throw new BootctlError('fleet-refused', `Station ${station} has not joined the fleet of its jig.yaml`);
  const folder = ownPlace(stateFolder, 'fleet', `${station}.lots`);
  const lots = new LotStore({ records, folder, signers: login.signers, own, ownFolder: dirname(path) });
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
