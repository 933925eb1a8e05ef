import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { valueIssue, YamlFile } from '../../base/yaml-file/yaml-file.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { FieldValues } from '../unit-data/template.ts';
import { checkedFile } from './checked-file.ts';
import { examineJig } from './examine-jig.ts';
import type { JigPlan } from './jig-plan.ts';
import { planIssues } from './plan-issues.ts';
import { resolvePlan } from './resolve-plan.ts';

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

const jigFile = (text: string, name: string) => new YamlFile(text, name, { code: 'jig-invalid', name: 'a jig.yaml' });

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
export function planOfJig(text: string, path: string, { name = path }: ReadJigOptions = {}): PlanOfJig {
  const file = jigFile(text, name);
  const content = checkedFile(file);
  const issues = planIssues(content, true);
  if (issues.length > 0) throw file.refused(issues);
  return { plan: resolvePlan(content, dirname(path)), profile: content.profile };
}

/**
 * A jig.yaml from its text, and all files that it names; `path` is where it lies, and relative paths in it start from its folder.
 * @throws BootctlError `jig-invalid` with every problem on a line of its own: file, line, column, what was found and what is
 *   allowed; details: `path`, `line` and `column` (from 1) of the first
 */
export async function readJig(text: string, path: string, options: ReadJigOptions = {}): Promise<Jig> {
  const { name = path, userFolder } = options;
  const file = jigFile(text, name);
  const { plan, profiles, image, rows, issues } = await examineJig(checkedFile(file), dirname(path), userFolder);
  if (issues.length > 0 || !image) throw file.refused(issues);
  return {
    ...{ plan, text, profiles, image, rows },
    lineAt: (where, message) => file.line(valueIssue(where, message)),
  };
}
