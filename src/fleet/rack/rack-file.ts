import { dirname } from 'node:path';
import { z } from 'zod';
import { strict, text } from '../../base/yaml-file/checked-values.ts';
import { valueIssue, YamlFile, type YamlIssue } from '../../base/yaml-file/yaml-file.ts';
import { deviceOf, type ResolvePlace } from '../../bench/usb-place.ts';
import { findProfile, type ProfilePlaces } from '../../board/profile/find-profile.ts';
import { overrideProfile } from '../../board/profile/override-profile.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { madeUpPlaces } from '../../jig/places.ts';
import { refusalOf } from '../../jig/plan/refusal.ts';
import { placeIssues } from '../../jig/plan/slot-issues.ts';
import { adapterPlace, name, place } from '../../jig/plan/values.ts';

/** A board of a rack, with the places of its adapter and its target in its profile. */
export interface RackBoard {
  readonly name: string;
  readonly profile: BoardProfile;
}

/** A boards.yaml: the boards that this host owns, and as which worker. */
export interface Rack {
  readonly worker: string;
  readonly boards: readonly RackBoard[];
}

/** `board:` and this are the name of a queue, of 128 characters at most (graphile-worker 0.16.6, sql/000011.sql). */
const boardName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const boardSchema = strict(
  {
    profile: text('the id or file of a profile', 'Board profile'),
    adapter: adapterPlace('Where its adapter is plugged in'),
    target: place('Where its target comes up on USB'),
  },
  'A board: its profile, and where its adapter and its target are plugged in',
);

const rackSchema = strict(
  {
    worker: name('Name of this computer in the fleet, as `bootctl fleet join --worker` knows it'),
    boards: z
      .record(z.string(), boardSchema, {
        error: 'a mapping from the name of a board to its profile, adapter and target',
      })
      .describe('The boards of this computer'),
  },
  'The boards of a rack that one computer owns',
);

export interface ReadRackOptions {
  /** How messages name the file; default its path. */
  readonly name?: string;
  /** Folder of the user's own profiles. */
  readonly userFolder?: string | undefined;
  /** The places of this host; without it they are made up, for simulated boards. */
  readonly places?: ResolvePlace | undefined;
}

/**
 * A boards.yaml from its text, and the profiles that it names; `path` is where it lies, and relative paths in it start from its folder.
 * @throws BootctlError `rack-invalid` with every problem on a line of its own: file, line, column, what was found and what is
 *   allowed; details: `path`, `line` and `column` (from 1) of the first
 */
export function readRack(content: string, path: string, options: ReadRackOptions = {}): Rack {
  const file = new YamlFile(content, options.name ?? path, { code: 'rack-invalid', name: 'a boards.yaml' });
  const { worker, boards } = file.checked(rackSchema);
  const places = options.places ?? madeUpPlaces(Object.values(boards));
  const { userFolder } = options;
  const folders = { cwd: dirname(path), ...(userFolder === undefined ? {} : { userFolder }) };
  const found: RackBoard[] = [];
  const issues: YamlIssue[] = [...placeIssues(boards, 'boards')];
  if (Object.keys(boards).length === 0) issues.push(valueIssue(['boards'], 'no board is described'));
  for (const [board, given] of Object.entries(boards)) {
    if (!boardName.test(board)) issues.push(badName(board));
    const placed = placedBoard(given, folders, places);
    if ('key' in placed) issues.push(valueIssue(['boards', board, placed.key], placed.message));
    else found.push({ name: board, profile: placed });
  }
  if (issues.length > 0) throw file.refused(issues);
  return { worker, boards: found };
}

const badName = (board: string): YamlIssue => ({
  path: ['boards', board],
  at: 'key',
  message: 'the name of a board has letters, digits, - . and _, 100 at most',
});

type GivenBoard = z.output<typeof boardSchema>;

/** The profile of a board with its places, or what stands against it. */
function placedBoard(
  given: GivenBoard,
  folders: ProfilePlaces,
  places: ResolvePlace,
): BoardProfile | { readonly key: keyof GivenBoard; readonly message: string } {
  let profile: BoardProfile | undefined;
  const message = refusalOf(() => {
    profile = findProfile(given.profile, folders);
  });
  if (!profile) return { key: 'profile', message: (message ?? '').replaceAll('\n', '; ') };
  const [adapter, target] = [places(given.adapter), places(given.target)];
  if (adapter === undefined) return noController('adapter', given.adapter);
  if (target === undefined) return noController('target', given.target);
  return { ...overrideProfile(profile, { usbPath: deviceOf(target) }), adapter: { path: adapter } };
}

const noController = (key: 'adapter' | 'target', text: string) => ({
  key,
  message: `this computer has no controller of the place ${text}; \`bootctl jig check\` shows its controllers`,
});
