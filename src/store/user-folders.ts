import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where each platform keeps a user's files (XDG Base Directory 0.8; Apple's File System Programming Guide; APPDATA,
 * LOCALAPPDATA).
 */
type Owner = Pick<NodeJS.Process, 'platform' | 'env'>;

/** Profiles of the user's own. */
export const profileFolder = ({ platform, env }: Owner): string =>
  join((platform === 'win32' ? env.APPDATA : env.XDG_CONFIG_HOME) || join(homedir(), '.config'), 'bootctl', 'profiles');

/** Folder of files that have to outlive a run. */
export const stateFolder = ({ platform, env }: Owner): string =>
  join((platform === 'win32' ? env.LOCALAPPDATA : env.XDG_STATE_HOME) || join(homedir(), '.local', 'state'), 'bootctl');

/** Folder of files that may be deleted. */
export function cacheFolder({ platform, env }: Owner): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'bootctl', 'cache');
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'bootctl');
  return join(homedir(), ...(platform === 'darwin' ? ['Library', 'Caches'] : ['.cache']), 'bootctl');
}
