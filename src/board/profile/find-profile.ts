import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { hardwareFolder } from '../../base/hardware-folder.ts';
import { didYouMean } from '../../base/near-names.ts';
import type { BoardProfile } from '../profile.ts';
import { builtInProfile } from './built-in-profile.ts';
import type { CheckOptions } from './check-profile.ts';
import { parseProfile } from './parse-profile.ts';

/** Where profiles may be, besides the built-in ones. */
export interface ProfilePlaces {
  /** Working directory: `bootctl/profiles` in it is searched, and relative paths start from it. */
  readonly cwd: string;
  /** Folder of the user's own profiles, such as `~/.config/bootctl/profiles`. */
  readonly userFolder?: string;
}

/** A profile file, not parsed. */
export interface ProfileEntry {
  readonly id: string;
  readonly path: string;
  readonly origin: 'built in' | 'project' | 'user';
}

const extension = /\.ya?ml$/;
const isPath = (name: string): boolean => /[/\\]/.test(name) || extension.test(name);

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => extension.test(file))
      .sort();
  } catch {
    return []; // most people have no profiles of their own
  }
}

/** All profile files: built in, then `./bootctl/profiles`, then the user's. The first file of an id counts. */
export function listProfiles({ cwd, userFolder }: ProfilePlaces): readonly ProfileEntry[] {
  const folders: readonly (readonly [ProfileEntry['origin'], string])[] = [
    ['built in', hardwareFolder('profiles')],
    ['project', join(cwd, 'bootctl', 'profiles')],
    ...(userFolder === undefined ? [] : [['user', userFolder] as const]),
  ];
  const entries = folders.flatMap(([origin, folder]) =>
    filesIn(folder).map((file) => ({ id: file.replace(extension, ''), path: join(folder, file), origin })),
  );
  return entries.filter(({ id }, index) => entries.findIndex((entry) => entry.id === id) === index);
}

function unknownProfile(name: string, places: ProfilePlaces): BootctlError {
  const ids = listProfiles(places).map(({ id }) => id);
  const message = `No profile is named "${name}"${didYouMean(name, ids)}; there are: ${ids.join(', ')}.`;
  return new BootctlError('profile-unknown', message, { details: { profile: name } });
}

/** The file of a profile that is not built in; undefined for one that is, or that does not exist. */
export function profileFile(name: string, places: ProfilePlaces): string | undefined {
  if (isPath(name)) return resolve(places.cwd, name);
  return listProfiles(places).find(({ id, origin }) => id === name && origin !== 'built in')?.path;
}

/**
 * A profile by its id, or by a path (it contains a slash or ends in .yaml or .yml).
 * @throws BootctlError `profile-unknown`, `profile-invalid`
 */
export function findProfile(name: string, places: ProfilePlaces, options: CheckOptions = {}): BoardProfile {
  const builtIn = builtInProfile(name);
  if (builtIn) return builtIn;
  const path = isPath(name) ? resolve(places.cwd, name) : listProfiles(places).find(({ id }) => id === name)?.path;
  if (path === undefined) throw unknownProfile(name, places);
  return parseProfile(readProfile(path), isPath(name) ? name : path, options);
}

function readProfile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new BootctlError('profile-unknown', `The profile ${path} cannot be read (${code}).`, {
      details: { path },
      hint: 'Check the path and that you may read the file.',
      cause,
    });
  }
}
