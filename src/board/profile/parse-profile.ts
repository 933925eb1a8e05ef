import { basename } from 'node:path';
import { type Document, isMap } from 'yaml';
import { YamlFile } from '../../base/yaml-file/yaml-file.ts';
import type { BoardProfile } from '../profile.ts';
import { type CheckOptions, profileIssues } from './check-profile.ts';
import { resolveProfile } from './resolve-profile.ts';
import { profileSchema } from './schema.ts';

/** True if the file has any of the keys that every profile has. A file with none of them is another kind of file. */
const looksLikeProfile = ({ contents }: Document): boolean =>
  contents === null || (isMap(contents) && ['id', 'description', 'wiring', 'methods'].some((key) => contents.has(key)));

/** The message does not quote the file: it may contain secrets, and the message may end up in a public log. */
const notAProfile = ({ contents }: Document): string =>
  `this is not a board profile: ${isMap(contents) ? 'it has none of the keys id, description, wiring and methods' : 'it is not a mapping'}`;

/**
 * A board profile from the text of its file; `path` names the file in messages and gives the id that it must have.
 * @throws BootctlError `profile-invalid` with every problem on a line of its own: file, line, column, what was found
 *   and what is allowed; details: `path`, `line` and `column` (from 1) of the first
 */
export function parseProfile(text: string, path: string, options: CheckOptions = {}): BoardProfile {
  const file = new YamlFile(text, path, { code: 'profile-invalid', name: 'a profile' });
  if (!looksLikeProfile(file.document)) {
    throw file.invalid([{ line: 1, column: 1, message: notAProfile(file.document) }]);
  }
  const profile = resolveProfile(file.checked(profileSchema));
  const issues = profileIssues(profile, basename(path).replace(/\.ya?ml$/, ''), options);
  if (issues.length > 0) throw file.refused(issues);
  return profile;
}
