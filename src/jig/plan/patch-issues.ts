import { BootctlError } from '../../base/errors.ts';
import { didYouMean } from '../../base/near-names.ts';
import { valueIssue, type YamlIssue } from '../../base/yaml-file/yaml-file.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import { makeImage } from '../../image/make-image.ts';
import { applyPatches, type Patch } from '../../image/patch.ts';
import { checkPlace } from '../../ops/engine/check-image.ts';
import { fieldValues, type UnitData, unitFields } from '../unit-data/fields.ts';
import { serialFormat } from '../unit-data/serial-format.ts';
import type { FieldValues } from '../unit-data/template.ts';
import { type PatchTemplate, patchTemplate, unitPatch } from '../unit-data/unit-patches.ts';
import type { JigPlan } from './jig-plan.ts';
import { refusalOf } from './refusal.ts';

const at = (index: number, message: string): YamlIssue => valueIssue(['unit', 'patch', index], message);

/** What the patches of a lot are checked against. */
export interface PatchChecks {
  readonly plan: JigPlan;
  readonly profiles: readonly BoardProfile[];
  readonly image: FirmwareImage | undefined;
  /** Rows of the CSV file; undefined where there is none, or it could not be read. */
  readonly rows: readonly FieldValues[] | undefined;
}

/** Faults of the patches: unknown fields, values that do not fit, places outside the flash, two at one address. */
export function patchIssues(checks: PatchChecks): readonly YamlIssue[] {
  const { plan, image } = checks;
  const known = knownFields(checks);
  const samples = sampleUnits(checks);
  const issues: YamlIssue[] = [];
  const first: Patch[] = [];
  for (const [index, text] of plan.unit.patch.entries()) {
    const message = refusalOf(() => {
      const template = patchTemplate(text, `patch ${index + 1}`);
      if (known === undefined) return;
      refuseUnknown(template, known, checks);
      const patches = samples.map(({ unit, name }) => sampled(template, unit, name));
      for (const patch of [patches[0]!, patches.at(-1)!]) refusePlace(patch, checks.profiles);
      first.push(patches[0]!);
    });
    if (message !== undefined) issues.push(at(index, message));
  }
  if (issues.length > 0 || !image) return issues;
  const message = refusalOf(() => applyPatches(image, first));
  return message === undefined ? [] : [valueIssue(['unit', 'patch'], message)];
}

/** Undefined where columns may come beside them that could not be read. */
function knownFields({ plan, rows }: PatchChecks): readonly string[] | undefined {
  const { serial } = plan.unit;
  if (serial?.from === 'csv' && rows === undefined) return undefined;
  const own = unitFields.filter(
    (field) => (field !== 'serial' || serial) && (field !== 'number' || serial?.from === 'range'),
  );
  return [...own, ...Object.keys(rows?.[0] ?? {})];
}

const why: Readonly<Record<string, string>> = {
  serial: 'units have no serial number without `unit.serial`',
  number: 'only units of a range have a number',
};

function refuseUnknown({ origin, fields }: PatchTemplate, known: readonly string[], { rows }: PatchChecks): void {
  for (const field of fields) {
    const isOwn = (unitFields as readonly string[]).includes(field);
    if (isOwn && field !== 'serial' && Object.hasOwn(rows?.[0] ?? {}, field)) {
      throw new BootctlError(
        'image-patch',
        `${origin}: {${field}} is a field of every unit, and a column has the same name: rename the column`,
      );
    }
    if (known.includes(field)) continue;
    const reason = why[field] ?? `there are {${known.join('}, {')}}`;
    throw new BootctlError('image-patch', `${origin}: {${field}} is no field${didYouMean(field, known)}: ${reason}`);
  }
}

interface Sample {
  readonly unit: UnitData;
  /** For messages: `row 3 of the CSV file`. */
  readonly name: string;
}

/** Text and digits of the shortest kind, for what is only known when the unit is there. */
const unknown = '00';

/** Units whose patches are made for trial: the ends of a range, every row of a file. */
function sampleUnits({ plan, rows }: PatchChecks): readonly Sample[] {
  const { lot, unit } = plan;
  const sample = (name: string, known: Partial<UnitData>): Sample => ({
    name,
    unit: { serial: unit.serial && unknown, number: undefined, lot, at: 0, uid: 'f'.repeat(24), row: {}, ...known },
  });
  const { serial } = unit;
  if (serial?.from === 'range') {
    const serialOf = serialFormat(serial.format, lot, serial);
    return [serial.first, serial.last].map((number) =>
      sample(`number ${number}`, { number, serial: serialOf(number) }),
    );
  }
  if (serial?.from !== 'csv' || !rows?.length) return [sample('a unit', {})];
  return rows.map((row, index) =>
    sample(`row ${index + 1} of the CSV file`, { row, serial: row[serial.column] ?? '' }),
  );
}

function sampled(template: PatchTemplate, unit: UnitData, name: string): Patch {
  try {
    return unitPatch(template, fieldValues(unit));
  } catch (error) {
    if (!(error instanceof BootctlError)) throw error;
    throw error.with({ message: `${error.message} (${name})` });
  }
}

/** @throws BootctlError `image-out-of-range`, `image-not-writable` */
function refusePlace({ address, data, origin }: Patch, profiles: readonly BoardProfile[]): void {
  const image = makeImage(origin, 'binary', { segments: [{ address, data, origin }] });
  for (const profile of profiles) checkPlace(image, profile);
}
