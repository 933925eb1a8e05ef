import { failuresOf } from './checks.ts';
import { live } from './run.ts';
import type { World } from './world.ts';

/** Each makes a world smaller or more usual in one respect, and none undoes another: trying them comes to an end. */
function smaller(world: World): readonly World[] {
  const { profile, faults, neighbours, options, pieces, range } = world;
  const { base, family } = profile;
  const without = <T>(list: readonly T[], at: number) => list.filter((_, index) => index !== at);
  return [
    ...faults.map((_, index) => ({ ...world, faults: without(faults, index) })),
    ...neighbours.map((_, index) => ({ ...world, neighbours: without(neighbours, index) })),
    ...neighbours.map(({ moves: _, ...one }, index) => ({
      ...world,
      neighbours: neighbours.map((other, at) => (at === index ? one : other)),
    })),
    ...options
      .filter((option) => option !== '--json')
      .map((option) => ({ ...world, options: options.filter((other) => other !== option) })),
    ...(pieces.length > 1 ? pieces.map((_, index) => ({ ...world, pieces: without(pieces, index) })) : []),
    { ...world, scenario: 'crashed' as const },
    ...(world.scenario === 'crashed' ? [] : [{ ...world, scenario: 'healthy' as const }]),
    { ...world, rom: 'usual' as const },
    { ...world, content: 'scenario' as const },
    {
      ...world,
      family: 'F405_407' as const,
      profile: { ...profile, ...(family ? { family: 'F405_407' as const } : {}) },
    },
    { ...world, profile: { ...profile, family: world.family } },
    { ...world, profile: { base, family } },
    { ...world, profile: { ...profile, base: 'rc-cap' as const } },
    ...pieces.flatMap((piece, index) =>
      [
        { offset: 0 },
        { length: Math.min(piece.length, 256) },
        { length: Math.ceil(piece.length / 2) },
        { seed: 1 },
      ].map((change) => ({
        ...world,
        pieces: pieces.map((one, at) => (at === index ? { ...one, ...change } : one)),
      })),
    ),
    ...(range
      ? [
          { ...world, range: { offset: 0, length: range.length } },
          { ...world, range: { ...range, length: Math.min(range.length, 64) } },
        ]
      : []),
    ...faults.flatMap((fault, index) =>
      ('event' in fault ? [{ event: 0 }, { delay: 0 }, { delay: Math.floor(fault.delay / 2) }] : []).map((change) => ({
        ...world,
        faults: faults.map((one, at) => (at === index ? { ...one, ...change } : one)) as World['faults'],
      })),
    ),
  ];
}

const isSame = (a: World, b: World): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Whether a world still does not pass this check. */
export async function fails(world: World, check: string): Promise<boolean> {
  try {
    return failuresOf(await live(world)).some((failure) => failure.check === check);
  } catch {
    return false; // a world that cannot be made
  }
}

export interface Smallest {
  readonly world: World;
  /** Not every change was tried any more. */
  readonly isCut: boolean;
}

/** The smallest world found that `isFailing` still says yes to, by trying one change after the other until time is up. */
export async function shrink(
  world: World,
  isFailing: (world: World) => Promise<boolean>,
  isTimeUp: () => boolean = () => false,
): Promise<Smallest> {
  for (const candidate of smaller(world)) {
    if (isTimeUp()) return { world, isCut: true };
    if (!isSame(candidate, world) && (await isFailing(candidate))) return shrink(candidate, isFailing, isTimeUp);
  }
  return { world, isCut: false };
}
