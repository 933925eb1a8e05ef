import { valueIssue, type YamlIssue } from '../../base/yaml-file/yaml-file.ts';
import { partsOfPort } from '../../bench/hub-ports.ts';
import { parseUsbPlace } from '../../bench/usb-place.ts';
import type { JigFile } from './schema.ts';

/** A place that a slot takes. */
interface TakenPlace {
  readonly path: readonly PropertyKey[];
  /** `the adapter of A1`. */
  readonly whose: string;
  readonly place: string;
  /** Of an adapter with several ports. */
  readonly port: string | undefined;
}

/** One text a place: the interface of an ID_PATH and the revision of USB do not make another one. */
function normal(place: string): string {
  const parsed = parseUsbPlace(place);
  if (!parsed) return place;
  return 'path' in parsed ? parsed.path : `${parsed.controller}-usb-0:${parsed.ports}`;
}

/** Two ports of one adapter are two places; the whole of it and one of its ports are not. */
const areSame = (a: TakenPlace, b: TakenPlace): boolean =>
  a.place === b.place && (a.port === undefined || b.port === undefined || a.port === b.port);

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$/;

/** Faults of the slots that no schema finds: names, doubled places, places behind other places. The profile of a station in a fleet is its lot's. */
export function slotIssues(
  { slots = {}, profile, adapters, fleet }: JigFile,
  isPairing: boolean,
): readonly YamlIssue[] {
  const names = Object.keys(slots);
  if (names.length === 0 && !isPairing) {
    return [valueIssue(['slots'], 'no slot is described; `bootctl jig pair` finds them and writes this')];
  }
  return [
    ...names.flatMap((name): readonly YamlIssue[] =>
      nameForm.test(name)
        ? []
        : [
            {
              path: ['slots', name],
              at: 'key',
              message: 'the name of a slot has letters, digits, - . and _, 16 at most',
            },
          ],
    ),
    ...names.flatMap((name) =>
      fleet === undefined && (profile ?? slots[name]!.profile) === undefined
        ? [valueIssue(['slots', name], 'no profile: give it here, or one for all slots as `profile` at the top')]
        : [],
    ),
    ...placeIssues(slots, 'slots'),
    ...(adapters === 'unit' ? sharedIssues(slots) : []),
    ...powerIssues(slots),
  ];
}

/** A unit with an adapter on its board has it alone. */
const sharedIssues = (slots: NonNullable<JigFile['slots']>): readonly YamlIssue[] =>
  Object.entries(slots).flatMap(([name, { adapter }], index, all) => {
    const [other] =
      all.slice(0, index).find(([, one]) => one.adapter !== adapter && normal(one.adapter) === normal(adapter)) ?? [];
    return other === undefined
      ? []
      : [
          valueIssue(
            ['slots', name, 'adapter'],
            `with \`adapters: unit\` each unit brings its own, and ${other} has this one`,
          ),
        ];
  });

/** From the root hub to a device: five hubs between them (USB 2.0 §4.1.1, figure 4-1). */
const mostPorts = 6;

/** Places of boards that exclude each other; `key` is where the boards stand in their file, by their names. */
export function placeIssues(
  boards: Readonly<Record<string, { readonly adapter: string; readonly target: string }>>,
  key: string,
): readonly YamlIssue[] {
  const taken = Object.entries(boards).flatMap(([name, { adapter, target }]): readonly TakenPlace[] => [
    {
      ...{ path: [key, name, 'adapter'], whose: `the adapter of ${name}` },
      ...{ place: normal(adapter), port: parseUsbPlace(adapter)?.interface },
    },
    { path: [key, name, 'target'], whose: `the target of ${name}`, place: normal(target), port: undefined },
  ]);
  return taken.flatMap((one, index) => {
    const ports = one.place.split('-').at(-1)!.replace(/^0:/, '').split('.').length;
    if (ports > mostPorts)
      return [valueIssue(one.path, `${ports - 1} hubs in a row; USB has ${mostPorts - 1} at most`)];
    const same = taken.slice(0, index).find((other) => areSame(other, one));
    if (same) return [valueIssue(one.path, `${same.whose} is there as well`)];
    const behind = taken.find(({ place }) => place.startsWith(`${one.place}.`));
    return behind
      ? [valueIssue(one.path, `a hub has to be there: ${behind.whose} is plugged in behind it, at ${behind.place}`)]
      : [];
  });
}

/** What hangs on a port loses its power with it: the lines of the adapter have to hold BOOT0 high meanwhile, and other units work. */
function powerIssues(slots: NonNullable<JigFile['slots']>): readonly YamlIssue[] {
  const powered = Object.entries(slots).flatMap(([name, { power }]) => {
    const { hub, number } = partsOfPort(power ?? '');
    return power === undefined ? [] : [{ name, port: `${normal(hub)}#${number}`, behind: `${normal(hub)}.${number}` }];
  });
  return powered.flatMap(({ name, port, behind }, index) => {
    const same = powered.slice(0, index).find((one) => one.port === port);
    const also = same ? same.name : cutAsWell(slots, name, behind);
    return also === undefined ? [] : [valueIssue(['slots', name, 'power'], `it switches the power of ${also} as well`)];
  });
}

function cutAsWell(slots: NonNullable<JigFile['slots']>, own: string, behind: string): string | undefined {
  const isCut = (place: string) => normal(place) === behind || normal(place).startsWith(`${behind}.`);
  const [adapterOf] = Object.entries(slots).find(([, { adapter }]) => isCut(adapter)) ?? [];
  if (adapterOf !== undefined) return `the adapter of ${adapterOf}`;
  const [targetOf] = Object.entries(slots).find(([name, { target }]) => name !== own && isCut(target)) ?? [];
  return targetOf && `the target of ${targetOf}`;
}
