import { resolve } from 'node:path';
import type { Milliseconds } from '../../base/units.ts';
import { parseImageArgument } from '../../image/image-argument.ts';
import { hasChipId } from '../unit-data/unit-patches.ts';
import { type JigPlan, type JigStep, type Limit, ownFigures, type SerialSource, type UnitPlan } from './jig-plan.ts';
import { pageAddress, usualPage } from './page-address.ts';
import type { JigFile } from './schema.ts';

/** Defaults of jig.yaml. */
const settle: Milliseconds = 500;
const exchangeTimeout: Milliseconds = 2_000;
const stepTimeout: Milliseconds = 30_000;
const gateTimeout: Milliseconds = 10_000;
const talkBaudRate = 115_200;

/** A file with the defaults in it, and the paths in it absolute: `folder` is that of jig.yaml. */
export function resolvePlan(file: JigFile, folder: string): JigPlan {
  const { station, lot = station, quantity, adapters = 'jig', mode = 'parallel', retests = 2 } = file;
  const slots = Object.entries(file.slots ?? {}).map(([name, { adapter, target, power, profile }]) => ({
    name,
    adapter,
    target,
    power,
    profile: profileName(profile ?? file.profile ?? '', folder),
  }));
  return {
    station,
    lot,
    quantity,
    image: [file.image].flat().map((text) => absoluteImage(text, folder)),
    slots,
    adapters,
    start: { on: file.start?.on ?? ['insert'], settle: file.start?.settle ?? settle },
    mode,
    together: mode === 'sequential' ? 1 : Math.min(file.together ?? slots.length, Math.max(slots.length, 1)),
    unit: unitPlan(file.unit, folder),
    gate: file.gate && {
      name: 'gate',
      command: commandOf(file.gate.command, folder),
      timeout: file.gate.timeout ?? gateTimeout,
    },
    before: (file.before ?? []).map((step) => stepOf(step, folder)),
    after: (file.after ?? []).map((step) => stepOf(step, folder)),
    limits: limitsOf(file.limits ?? {}),
    retests,
    hold: { failuresInARow: file.hold?.failuresInARow ?? 3, golden: file.hold?.golden },
    page: pageOf(file.page),
    records: resolve(folder, file.records ?? 'records.db'),
  };
}

function pageOf({ listen = usualPage, token }: NonNullable<JigFile['page']> = {}): JigPlan['page'] {
  const { host, port } = pageAddress(listen)!; // the schema has refused every other text
  return { host, port, token };
}

/** A path is absolute, an id stays one. */
const profileName = (name: string, folder: string): string =>
  /[/\\]|\.ya?ml$/.test(name) ? resolve(folder, name) : name;

function absoluteImage(text: string, folder: string): string {
  const { path } = parseImageArgument(text);
  return resolve(folder, path) + text.slice(path.length);
}

function unitPlan(
  { serial, identify, patch = [], secret = [], again = 'refuse', failed = 'retry' }: NonNullable<JigFile['unit']> = {},
  folder: string,
): UnitPlan {
  const identifies = identify === 'chip' || patch.some(hasChipId);
  return { serial: serial && serialSource(serial, folder), identifies, patch, secret, again, failed };
}

function serialSource(serial: NonNullable<NonNullable<JigFile['unit']>['serial']>, folder: string): SerialSource {
  if (serial.from === 'range') return { format: '{number}', ...serial };
  if (serial.from === 'scan') return { ...serial, check: serial.check };
  return { ...serial, file: resolve(folder, serial.file) };
}

/** A program with a path lies beside jig.yaml; one without is found by PATH. */
const commandOf = ([program = '', ...rest]: readonly string[], folder: string): readonly string[] => [
  program.includes('/') ? resolve(folder, program) : program,
  ...rest,
];

type StepFile = NonNullable<JigFile['before']>[number];

function stepOf(
  { name, command, timeout = stepTimeout, talk = [], baudRate = talkBaudRate }: StepFile,
  folder: string,
): JigStep {
  if (command) return { name, command: commandOf(command, folder), timeout };
  return {
    name,
    baudRate,
    talk: talk.map(({ send, expect, timeout: limit = exchangeTimeout }) => ({ send, expect, timeout: limit })),
  };
}

const limitsOf = (limits: NonNullable<JigFile['limits']>): readonly Limit[] =>
  Object.entries(limits).flatMap(([name, limit]) => {
    if (limit === undefined) return [];
    const own = Object.hasOwn(ownFigures, name) ? ownFigures[name as keyof typeof ownFigures] : undefined;
    const unit = own ?? ('unit' in limit ? limit.unit : undefined) ?? '';
    return [{ name, low: limit.low, high: limit.high, unit }];
  });
