import { basename } from 'node:path';
import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { BootctlError } from '../../base/errors.ts';
import type { BoardProfile } from '../profile.ts';
import { type CheckOptions, type ProfileIssue, profileIssues } from './check-profile.ts';
import { resolveProfile } from './resolve-profile.ts';
import { profileSchema } from './schema.ts';
import { describeFound, findPlace, linePosition, yamlProblems } from './yaml-position.ts';

interface PlacedIssue {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `wiring.table["rts released, dtr released"].boot0`, `methods[1]`. */
const label = (path: readonly PropertyKey[]): string =>
  path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`;
      const key = String(segment);
      if (!/^\w+$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');

/** Adds the value found to a schema issue, whose message names the allowed values. */
function schemaIssues(document: Document, issue: z.core.$ZodIssue): readonly ProfileIssue[] {
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => ({ path: [...issue.path, key], at: 'key', message: messages[index] ?? '' }));
  }
  const place = findPlace(document, issue.path);
  const found = place.found ? `found ${describeFound(place)}` : 'missing';
  return [{ path: issue.path, at: 'value', message: `${found}; allowed: ${issue.message}` }];
}

/** All problems in one error, in the order of the file; `details` has the place of the first. */
function invalid(path: string, issues: readonly PlacedIssue[]): BootctlError {
  const sorted = [...issues].sort((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`);
  const { line = 1, column = 1 } = sorted[0] ?? {};
  const message = [...new Set(lines)].join('\n');
  return new BootctlError('profile-invalid', message, { details: { path, line, column, problems: lines.length } });
}

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
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' });
  if (!looksLikeProfile(document)) throw invalid(path, [{ line: 1, column: 1, message: notAProfile(document) }]);
  const broken = yamlProblems(document);
  if (broken.length > 0) {
    const issues = broken.map(({ offset, message }): PlacedIssue => {
      const { line, col } = lineCounter.linePos(offset);
      return { line, column: col, message };
    });
    throw invalid(path, issues);
  }
  const placed = ({ path: where, at, message }: ProfileIssue): PlacedIssue => ({
    ...linePosition(findPlace(document, where), at, lineCounter),
    message: where.length === 0 ? message : `${label(where)}: ${message}`,
  });
  const parsed = profileSchema.safeParse(document.toJS());
  if (!parsed.success) {
    throw invalid(path, parsed.error.issues.flatMap((issue) => schemaIssues(document, issue)).map(placed));
  }
  const profile = resolveProfile(parsed.data);
  const issues = profileIssues(profile, basename(path).replace(/\.ya?ml$/, ''), options);
  if (issues.length > 0) throw invalid(path, issues.map(placed));
  return profile;
}
