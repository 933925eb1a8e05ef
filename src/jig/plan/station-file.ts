import { dirname } from 'node:path';
import { valueIssue, YamlFile } from '../../base/yaml-file/yaml-file.ts';
import { checkedFile, isInFleet } from './checked-file.ts';
import type { JigPlan } from './jig-plan.ts';
import { planIssues } from './plan-issues.ts';
import type { Jig, ReadJigOptions } from './read-jig.ts';
import { resolvePlan } from './resolve-plan.ts';

/** What a jig.yaml says of a station in a fleet: what is made comes from the lots of the fleet. */
export interface StationFile extends Pick<JigPlan, 'station' | 'page' | 'records'> {
  /** Address of the database. */
  readonly fleet: string;
  /** As it is written, parsed and not resolved. */
  readonly own: Readonly<Record<string, unknown>>;
  /** Keys of it that say what is made; they are not used. */
  readonly unused: readonly string[];
  /** A line for something that was seen at a place of the file. */
  readonly lineAt: Jig['lineAt'];
}

/** Keys of a jig.yaml that say what is made: of a station in a fleet they come from the lot. */
export const ofTheLot: readonly string[] = [
  'lot',
  'quantity',
  'profile',
  'image',
  'unit',
  'gate',
  'before',
  'after',
  'limits',
  'retests',
];

/** Undefined where it names no fleet. @throws BootctlError `jig-invalid` */
export function stationFile(text: string, path: string, { name = path }: ReadJigOptions = {}): StationFile | undefined {
  const file = new YamlFile(text, name, { code: 'jig-invalid', name: 'a jig.yaml' });
  const own: unknown = file.document.toJS();
  if (!isInFleet(own)) return undefined;
  const { fleet, ...kept } = checkedFile(file);
  const made = Object.fromEntries(ofTheLot.map((key) => [key, undefined]));
  const checked = { ...kept, ...made, image: [], profile: '-' };
  const issues = planIssues(checked, false);
  if (issues.length > 0) throw file.refused(issues);
  const { station, page, records } = resolvePlan(checked, dirname(path));
  return {
    ...{ station, page, records, fleet: fleet!, own },
    unused: ofTheLot.filter((key) => key in own),
    lineAt: (where, message) => file.line(valueIssue(where, message)),
  };
}
