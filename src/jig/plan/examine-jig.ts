import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { didYouMean } from '../../base/near-names.ts';
import { valueIssue, type YamlIssue } from '../../base/yaml-file/yaml-file.ts';
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
import type { JigFile } from './schema.ts';

/** A jig.yaml with the files that it names, and all that stands against it. */
export interface ExaminedJig {
  readonly plan: JigPlan;
  /** By the name of the slot. */
  readonly profiles: ReadonlyMap<string, BoardProfile>;
  /** Without the bytes of a unit; undefined where something stands against it. */
  readonly image: FirmwareImage | undefined;
  /** Of the CSV file. */
  readonly rows: readonly FieldValues[];
  readonly issues: readonly YamlIssue[];
}

/** Reads what a jig.yaml names; relative paths in it start from `folder`. */
export async function examineJig(
  content: JigFile,
  folder: string,
  userFolder: string | undefined,
): Promise<ExaminedJig> {
  const [plan, issues] = [resolvePlan(content, folder), planIssues(content, false)];
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
  return {
    ...{ plan, profiles: profiles.found, image: image.found, rows: csv.rows ?? [] },
    issues: [
      ...[...issues, ...profiles.issues, ...image.issues, ...csv.issues, ...patches],
      ...chipIssues(plan, distinct),
    ],
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
