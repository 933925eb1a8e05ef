import { LoginFiles } from './login-files.ts';
import type { Signer } from './lot/definition.ts';

/** What `bootctl fleet join` leaves at a station: how it logs in, and whose lots it runs. */
export interface StationLogin {
  /** Address without user and password. */
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Pinned: a lot that none of them has signed is not run. */
  readonly signers: readonly Signer[];
}

export const stationLogins = new LoginFiles<StationLogin>('station', 'fleet');
