import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { didYouMean } from '../../base/near-names.ts';
import { valueIssue, YamlFile, type YamlIssue } from '../../base/yaml-file/yaml-file.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { FieldValues } from '../unit-data/template.ts';
import { unitRows } from '../unit-data/unit-rows.ts';
import { chipIssues } from './chip-issues.ts';
import { lotImage, slotProfiles } from './file-issues.ts';
import type { JigPlan } from './jig-plan.ts';
import { patchIssues } from './patch-issues.ts';
import { planIssues } from './plan-issues.ts';
import { resolvePlan } from './resolve-plan.ts';
import { type JigFile, jigSchema } from './schema.ts';

/** A jig.yaml with all that it names, checked: what a station begins with. */
export interface Jig {
  readonly plan: JigPlan;
  /** Its text, whose hash stands in the records. */
  readonly text: string;
  /** By the name of the slot. */
  readonly profiles: ReadonlyMap<string, BoardProfile>;
  /** Without the bytes of a unit. */
  readonly image: FirmwareImage;
  /** Of the CSV file; none where serial numbers come from elsewhere. */
  readonly rows: readonly FieldValues[];
  /** A line for something that was seen at a place of the file: `jig.yaml:5:18: slots.A1.adapter: …`. */
  readonly lineAt: (path: readonly PropertyKey[], message: string) => string;
}

export interface ReadJigOptions {
  /** How messages name the file; default its path. */
  readonly name?: string;
  /** Folder of the user's own profiles. */
  readonly userFolder?: string | undefined;
}

/** @throws BootctlError `jig-invalid` where it cannot be read */
export async function jigText(path: string, name = path): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new BootctlError('jig-invalid', `${name} cannot be read (${cause.code ?? cause.message})`, {
      hint: 'Name the file behind the command, or go to the folder that has a jig.yaml.',
      cause,
    });
  });
}

/** A jig.yaml by its schema, and what no other file is needed for. */
function contentOf(
  text: string,
  path: string,
  { name = path, isPairing }: ReadJigOptions & { readonly isPairing: boolean },
) {
  const file = new YamlFile(text, name, { code: 'jig-invalid', name: 'a jig.yaml' });
  const content = file.checked(jigSchema);
  return { file, content, plan: resolvePlan(content, dirname(path)), issues: planIssues(content, isPairing) };
}

/** A jig.yaml by itself. */
export interface PlanOfJig {
  readonly plan: JigPlan;
  /** Of all slots, where it names one. */
  readonly profile: string | undefined;
}

/**
 * A jig.yaml from its text alone: no other file is read, and its slots may still be to be found.
 * @throws BootctlError `jig-invalid`, as `readJig`
 */
export function planOfJig(text: string, path: string, options: ReadJigOptions = {}): PlanOfJig {
  const { file, content, plan, issues } = contentOf(text, path, { ...options, isPairing: true });
  if (issues.length > 0) throw file.refused(issues);
  return { plan, profile: content.profile };
}

/**
 * A jig.yaml from its text, and all files that it names; `path` is where it lies, and relative paths in it start from its folder.
 * @throws BootctlError `jig-invalid` with every problem on a line of its own: file, line, column, what was found and what is
 *   allowed; details: `path`, `line` and `column` (from 1) of the first
 */
export async function readJig(text: string, path: string, options: ReadJigOptions = {}): Promise<Jig> {
  const { file, content, plan, issues } = contentOf(text, path, { ...options, isPairing: false });
  const folder = dirname(path);
  const { userFolder } = options;
  const profiles = slotProfiles(
    plan,
    { cwd: folder, ...(userFolder === undefined ? {} : { userFolder }) },
    (slot) => content.slots?.[slot]?.profile !== undefined,
  );
  const distinct = [...new Set(profiles.found.values())];
  const image = await lotImage(plan, distinct);
  const csv = await readRows(content, plan);
  const isNumbered = !issues.some(({ path: [, key] }) => key === 'serial');
  const patches = isNumbered ? patchIssues({ plan, profiles: distinct, image: image.found, rows: csv.rows }) : [];
  const chips = chipIssues(plan, distinct);
  const all = [...issues, ...profiles.issues, ...image.issues, ...csv.issues, ...patches, ...chips];
  if (all.length > 0 || !image.found) throw file.refused(all);
  return {
    plan,
    text,
    profiles: profiles.found,
    image: image.found,
    rows: csv.rows ?? [],
    lineAt: (where, message) => file.line(valueIssue(where, message)),
  };
}

async function readRows(
  { unit }: JigFile,
  { unit: { serial } }: JigPlan,
): Promise<{ readonly rows?: readonly FieldValues[]; readonly issues: readonly YamlIssue[] }> {
  if (serial?.from !== 'csv') return { issues: [] };
  const issue = (message: string) => valueIssue(['unit', 'serial', 'file'], `${basename(serial.file)}: ${message}`);
  const text = await readFile(serial.file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== 'string') return { issues: [issue(`it cannot be read (${text.code ?? text.message})`)] };
  const { columns, rows, problems } = unitRows(text, serial.column);
  if (problems.length > 0) return { issues: problems.map(issue) };
  const missing = (unit?.secret ?? []).flatMap((column, index): readonly YamlIssue[] =>
    columns.includes(column)
      ? []
      : [
          valueIssue(
            ['unit', 'secret', index],
            `found ${JSON.stringify(column)}${didYouMean(column, columns)}; the columns are ${columns.join(', ')}`,
          ),
        ],
  );
  return { rows, issues: missing };
}
