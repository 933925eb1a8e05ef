import { BootctlError, isBootctlError } from '../base/errors.ts';
import { type Database, openDatabase, sharedAddress, shown } from './database.ts';
import { joinStation, type Login } from './join.ts';
import { type KnownSigner, knownSigners } from './signers.ts';
import { stationLogins } from './station-login.ts';

/** What `bootctl fleet join` has done at this computer. */
export interface Joined {
  /** File with the login. */
  readonly path: string;
  readonly user: string;
  /** It was a station of this fleet already: only its keys and the address are new. */
  readonly wasHere: boolean;
  /** Whose lots it runs from now on. */
  readonly signers: readonly KnownSigner[];
}

export interface JoinRequest {
  readonly station: string;
  /** Of the database, as `office` was opened with. */
  readonly address: string;
  readonly stateFolder: string;
  readonly person: string;
}

/**
 * Makes this computer a station of a fleet: its login, and the keys that it trusts, go into the state folder.
 * @throws BootctlError `station-joined` where another computer has the name, or this one has it in another fleet
 */
export async function joinComputer(office: Database, request: JoinRequest): Promise<Joined> {
  const { station, address, stateFolder, person } = request;
  const signers = await knownSigners(office);
  const known = stationLogins.read(stateFolder, station);
  const wasHere = known !== undefined && (await isStationOf(office, request, known));
  if (known && !wasHere) await refuseOtherFleet(office, request, known.database);
  const login: Login = wasHere ? known : await joinStation(office, station, person);
  const path = await stationLogins.write(stateFolder, station, {
    database: sharedAddress(address),
    ...{ user: login.user, password: login.password },
    signers: signers.map(({ id, publicKey }) => ({ id, publicKey })),
  });
  return { path, user: login.user, wasHere, signers };
}

/** Fleets of one cluster share its logins: this one has to belong to the station here, and its password has to be good. */
async function isStationOf(office: Database, { station, address }: JoinRequest, login: Login): Promise<boolean> {
  const here = await office.query(
    'SELECT 1 FROM station WHERE name = $1 AND login = $2 AND left_at IS NULL',
    ...[station, login.user],
  );
  if (here.length === 0) return false;
  try {
    await using _station = await openDatabase(address, { name: 'fleet join', login });
    return true;
  } catch (error) {
    if (isBootctlError(error, 'fleet-refused')) return false;
    throw error;
  }
}

/** A login that is no longer good is replaced only in its own fleet: in another one it may still be in use. */
async function refuseOtherFleet(office: Database, { station, address }: JoinRequest, database: string): Promise<void> {
  const here = await office.query('SELECT 1 FROM station WHERE name = $1', station);
  if (database === sharedAddress(address) || here.length > 0) return;
  throw new BootctlError(
    'station-joined',
    `This computer is station ${station} of ${database}, and not of ${shown(address)}`,
    {
      hint: `Take another name, or move the file fleet/${station}.json of the state folder away if that fleet is gone.`,
    },
  );
}
