import { errorCodes } from '../../base/errors.ts';
import { didYouMean } from '../../base/near-names.ts';
import { valueIssue, type YamlIssue } from '../../base/yaml-file/yaml-file.ts';
import { serialFormat } from '../unit-data/serial-format.ts';
import { ownFigures } from './jig-plan.ts';
import { refusalOf } from './refusal.ts';
import type { JigFile } from './schema.ts';
import { slotIssues } from './slot-issues.ts';

/** Faults of a jig.yaml that no schema finds, and for which no other file is read. `isPairing`: its slots are still to be found. */
export const planIssues = (file: JigFile, isPairing: boolean): readonly YamlIssue[] => [
  ...(isPairing ? [] : fleetIssues(file)),
  ...slotIssues(file, isPairing),
  ...startIssues(file),
  ...serialIssues(file),
  ...secretIssues(file),
  ...stepIssues(file),
  ...limitIssues(file),
  ...goldenIssues(file),
];

/** What such a station makes comes from its lots: read as a file by itself it would give out numbers of its own. */
const fleetIssues = ({ fleet }: JigFile): readonly YamlIssue[] =>
  fleet === undefined
    ? []
    : [
        {
          path: ['fleet'],
          at: 'key',
          message:
            'what this station makes comes from the lots of its fleet: `bootctl jig run` makes them; leave this out to make what stands in this file',
        },
      ];

const startIssues = ({ start, mode, together, unit }: JigFile): readonly YamlIssue[] => [
  ...(mode === 'sequential' && together !== undefined && together > 1
    ? [valueIssue(['together'], `found ${together}, but with \`mode: sequential\` one slot works at a time`)]
    : []),
  ...(unit?.serial?.from === 'scan' && !(start?.on ?? ['insert']).includes('scan')
    ? [valueIssue(['start', 'on'], 'the serial number is scanned, so that a slot has to wait for the scan: add `scan`')]
    : []),
];

function serialIssues({ station, lot = station, unit }: JigFile): readonly YamlIssue[] {
  const serial = unit?.serial;
  if (serial?.from !== 'range') return [];
  const message = refusalOf(() => serialFormat(serial.format ?? '{number}', lot, serial));
  const key = serial.first > serial.last ? 'last' : 'format';
  return message === undefined ? [] : [valueIssue(['unit', 'serial', key], message)];
}

function secretIssues({ unit }: JigFile): readonly YamlIssue[] {
  const { secret = [], serial } = unit ?? {};
  return secret.flatMap((column, index) => {
    if (serial?.from !== 'csv')
      return [valueIssue(['unit', 'secret', index], 'secrets are columns of a CSV file, and `unit.serial` names none')];
    return column === serial.column
      ? [valueIssue(['unit', 'secret', index], 'the serial number is no secret: it is the name of the unit')]
      : [];
  });
}

const stepsOf = ({ before = [], after = [] }: JigFile) => [
  ...before.map((step, index) => ({ step, path: ['before', index] as const })),
  ...after.map((step, index) => ({ step, path: ['after', index] as const })),
];

function stepIssues(file: JigFile): readonly YamlIssue[] {
  const steps = stepsOf(file);
  return steps.flatMap(({ step, path }, index) =>
    steps.slice(0, index).some((other) => other.step.name === step.name)
      ? [valueIssue([...path, 'name'], `another step is named ${step.name} as well`)]
      : [],
  );
}

/** Names of the measurements that the steps take; undefined where a program may report any. */
function measured(file: JigFile): readonly string[] | undefined {
  const steps = stepsOf(file).map(({ step }) => step);
  if (steps.some(({ command }) => command)) return undefined;
  const expressions = steps.flatMap(({ talk = [] }) => talk.flatMap(({ expect }) => expect?.source ?? []));
  return expressions.flatMap((source) =>
    [...source.matchAll(/\(\?<([A-Za-z_$][\w$]*)>/g)].map(([, name = '']) => name),
  );
}

function limitIssues(file: JigFile): readonly YamlIssue[] {
  const captured = measured(file);
  const known = [...Object.keys(ownFigures), ...(captured ?? [])];
  return Object.entries(file.limits ?? {}).flatMap(([name, limit]): readonly YamlIssue[] => {
    if (limit === undefined) return [];
    const path = ['limits', name];
    if (captured && !known.includes(name)) {
      return [
        { path, at: 'key', message: `nothing measures it${didYouMean(name, known)}; there are: ${known.join(', ')}` },
      ];
    }
    const { low, high } = limit;
    if (low === undefined && high === undefined) return [valueIssue(path, 'a limit has `low`, `high` or both')];
    if (low !== undefined && high !== undefined && low > high)
      return [valueIssue(path, `the lower limit, ${low}, is above the upper one, ${high}`)];
    return [];
  });
}

function goldenIssues({ hold }: JigFile): readonly YamlIssue[] {
  const golden = hold?.golden;
  if (!golden) return [];
  const outcomes = ['pass', ...errorCodes];
  const labels = Object.entries(golden.units);
  if (labels.length === 0) return [valueIssue(['hold', 'golden', 'units'], 'no golden unit is named')];
  return labels.flatMap(([label, outcome]) =>
    outcomes.includes(outcome)
      ? []
      : [
          valueIssue(
            ['hold', 'golden', 'units', label],
            `found ${JSON.stringify(outcome)}${didYouMean(outcome, outcomes)}; allowed: pass, or the code of an error such as application-not-seen`,
          ),
        ],
  );
}
