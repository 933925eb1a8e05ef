import type { Move, Neighbour } from '../../src/sim/neighbours.ts';
import type { ScenarioName } from '../../src/sim/scenarios.ts';
import { drawProfile, type ProfileChoice } from './profiles.ts';
import { type Random, randomOf } from './random.ts';
import { type Family, familyNames, flashSizeOf, type RomVariant, romVariantNames, siliconOf } from './silicon.ts';

/** A run of bytes of the image; offsets count from the start of the flash. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly seed: number;
}

/** Something that happens once, `delay` ms after so many things have happened since the job began. */
interface Moment {
  /** Counted in the truth log; 0 is the start of the job. */
  readonly event: number;
  readonly delay: number;
}
export type Fault =
  | ({ readonly kind: 'usb-unplugged' | 'power-cut'; readonly back: number | null } & Moment)
  | ({ readonly kind: 'adapter-lost' | 'interrupted' } & Moment)
  /** One control transfer is refused, or never answered; one byte on the wires is garbled. */
  | { readonly kind: 'stall' | 'no-answer'; readonly transfer: number }
  | { readonly kind: 'garbled-byte'; readonly after: number };

export const commandNames = [
  'recover',
  'flash',
  'verify',
  'read',
  'erase',
  'info',
  'enter',
  'reset',
  'write-memory',
] as const;
export type CommandName = (typeof commandNames)[number];

/** What the flash holds at first: as the scenario says, or something else. */
export const contents = ['scenario', 'other', 'image', 'half', 'half-started'] as const;
export type Content = (typeof contents)[number];

/** Everything about one job, and the runs that follow it; plain data, so that it can be printed and made smaller. */
export interface World {
  readonly seed: number;
  readonly profile: ProfileChoice;
  /** The silicon on the board, which the profile may name wrongly. */
  readonly family: Family;
  readonly rom: RomVariant;
  readonly scenario: ScenarioName;
  readonly content: Content;
  readonly pieces: readonly Piece[];
  readonly command: CommandName;
  readonly options: readonly string[];
  /** Of `read` and `erase`, where they are not about the whole flash. */
  readonly range?: { readonly offset: number; readonly length: number };
  /** Other boards on the same host. */
  readonly neighbours: readonly Neighbour[];
  readonly faults: readonly Fault[];
}

/** Of each kind those that bench and command can be given at random. */
const scenarioWeights: Readonly<Partial<Record<ScenarioName, number>>> = {
  crashed: 24,
  healthy: 24,
  'blank-flash': 8,
  'already-dfu': 5,
  'dfu-error': 2,
  'app-crashes': 2,
  'flaky-entry': 3,
  'window-missed': 2,
  'slow-host': 1,
  'readout-protected': 3,
  'write-protected': 3,
  'stuck-bit': 2,
  stranger: 5,
  'two-new-devices': 4,
  'two-adapters': 1,
  'adapter-missing': 1,
  'adapter-busy': 1,
  'adapter-lost': 1,
  'lines-unsupported': 1,
  'boot0-stuck-low': 1,
  'boot0-stuck-low-running': 1,
  'nrst-open': 1,
  'nrst-open-running': 1,
  'no-usb': 2,
  'bad-crystal': 1,
  'usb-denied': 1,
  'target-lost': 2,
  'target-lost-once': 3,
  'noisy-usart': 2,
};

const commandWeights: Readonly<Record<CommandName, number>> = {
  recover: 30,
  flash: 40,
  verify: 6,
  read: 8,
  erase: 5,
  info: 2,
  enter: 3,
  reset: 3,
  'write-memory': 1,
};

/** Names of options with how often each is given. */
const optionWeights: Readonly<Record<string, { readonly of: readonly CommandName[]; readonly often: number }>> = {
  '--json': { of: commandNames, often: 0.75 },
  '--dry-run': { of: commandNames, often: 0.02 },
  '--usb-path 1-2': { of: commandNames, often: 0.25 },
  '--keep': { of: ['flash'], often: 0.35 },
  '--full': { of: ['flash'], often: 0.1 },
  '--stay': { of: ['flash'], often: 0.05 },
  '--no-verify': { of: ['flash', 'recover', 'erase'], often: 0.06 },
  '--force': { of: ['flash', 'recover', 'verify'], often: 0.5 },
  '--unprotect': { of: ['flash', 'recover'], often: 0.08 },
  '--yes': { of: ['erase', 'write-memory', 'flash', 'recover'], often: 0.9 },
  '--verbose': { of: commandNames, often: 0.05 },
};

const withImage: readonly CommandName[] = ['recover', 'flash', 'verify'];

/** The world of this seed. */
export function drawWorld(seed: number): World {
  const random = randomOf(seed);
  const family = random.chance(0.3) ? 'F405_407' : random.pick(familyNames);
  const rom = random.chance(0.85) ? 'usual' : random.pick(romVariantNames);
  const profile = drawProfile(random, family);
  const command = random.weighted(commandWeights);
  const size = flashSizeOf(siliconOf(family, rom));
  const content = random.chance(0.5) ? 'scenario' : random.pick(contents);
  const options = Object.entries(optionWeights)
    .filter(([, { of, often }]) => of.includes(command) && random.chance(often))
    .map(([name]) => name);
  const scenario = drawScenario(random, profile);
  return {
    seed,
    profile,
    family,
    rom,
    scenario,
    content,
    command,
    options,
    pieces: withImage.includes(command) ? drawPieces(random, family, size) : [],
    ...(command === 'read' || command === 'erase' ? { range: drawRange(random, size) } : {}),
    faults: drawFaults(random),
    neighbours: drawNeighbours(random),
  };
}

function drawScenario(random: Random, { base }: ProfileChoice): ScenarioName {
  const weights = { ...scenarioWeights, ...(base === 'rc-cap' ? { 'slow-rc': 2, 'weak-capacitor': 2 } : {}) };
  return random.weighted(weights as Record<ScenarioName, number>);
}

/** Where images begin: mostly at the start of the flash, else at a sector, anywhere, or in the second half. */
function drawOffset(random: Random, family: Family, size: number): number {
  const { sectors } = siliconOf(family, 'usual').geometry;
  const kind = random.weighted({ start: 62, sector: 12, anywhere: 14, 'second-half': 12 });
  if (kind === 'start') return 0;
  if (kind === 'sector') return random.pick(sectors.slice(0, 40)).address - 0x0800_0000;
  const from = kind === 'second-half' ? size / 2 : 0;
  return from + random.below(Math.min(size / 2, 0x2_0000) / 4) * 4;
}

function drawPieces(random: Random, family: Family, size: number): readonly Piece[] {
  const pieces: Piece[] = [];
  const count = random.chance(0.75) ? 1 : 2 + random.below(2);
  for (let index = 0; index < count; index++) {
    const offset = drawOffset(random, family, size);
    const longest = random.pick([64, 600, 5_000, 12_000, 40_000]);
    const length = Math.min(size - offset, 16 + random.below(longest));
    const isFree = pieces.every((one) => offset + length <= one.offset || one.offset + one.length <= offset);
    if (isFree && length > 0) pieces.push({ offset, length, seed: random.below(1_000_000) });
  }
  return pieces.sort((a, b) => a.offset - b.offset);
}

function drawRange(random: Random, size: number): { offset: number; length: number } {
  const offset = random.chance(0.4) ? 0 : random.below(size / 2 / 4) * 4;
  return { offset, length: Math.min(size - offset, 1 + random.below(random.pick([100, 5_000, 70_000]))) };
}

function drawFaults(random: Random): readonly Fault[] {
  const count = random.weighted({ 0: 45, 1: 45, 2: 10 });
  return Array.from({ length: Number(count) }, () => drawFault(random));
}

function drawFault(random: Random): Fault {
  const kind = random.weighted({
    'usb-unplugged': 16,
    'power-cut': 26,
    interrupted: 28,
    'adapter-lost': 8,
    stall: 8,
    'no-answer': 4,
    'garbled-byte': 6,
  });
  if (kind === 'stall' || kind === 'no-answer') return { kind, transfer: random.below(random.pick([20, 200])) };
  if (kind === 'garbled-byte') return { kind, after: random.below(random.pick([50, 500, 20_000])) };
  const moment = {
    event: random.below(random.pick([3, 12, 60])),
    delay: random.below(random.pick([2, 30, 400, 3_000])),
  };
  if (kind === 'interrupted' || kind === 'adapter-lost') return { kind, ...moment };
  return { kind, back: random.chance(0.5) ? random.pick([30, 400, 3_000]) : null, ...moment };
}

function drawNeighbours(random: Random): readonly Neighbour[] {
  if (random.chance(0.8)) return [];
  return Array.from({ length: random.chance(0.8) ? 1 : 2 }, (_, index) => drawNeighbour(random, index + 1));
}

function drawNeighbour(random: Random, number: number): Neighbour {
  const onLines = random.chance(0.3);
  const moves = Array.from({ length: random.below(3) }, () => drawMove(random));
  return {
    name: `neighbour ${number}`,
    ...(onLines ? { onLines } : {}),
    ...(random.chance(0.5) ? { personality: random.pick(['F405', 'H743', 'G0B1', 'L072'] as const) } : {}),
    ...(random.chance(0.3) ? { slowerBy: random.pick([50, 400, 2_000]) } : {}),
    runs: random.pick(['rom', 'application', 'nothing'] as const),
    ...(random.chance(0.4) ? { unplugged: true as const } : {}),
    moves,
  };
}

const drawMove = (random: Random): Move => ({
  what: random.pick(['plug', 'unplug', 'enter-rom', 'restart'] as const),
  when: random.chance(0.6)
    ? { sampling: 1 + random.below(3), after: random.below(random.pick([30, 400, 3_000])) }
    : { at: random.below(random.pick([300, 5_000])) },
});
