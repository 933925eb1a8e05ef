import { BootctlError } from '../../src/base/errors.ts';
import type { Clock } from '../../src/bench/clock.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { SimBoard } from '../../src/sim/board/sim-boards.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import type { Doors } from './doors.ts';
import { patternOf } from './random.ts';
import { flashBase, siliconOf } from './silicon.ts';
import type { Fault, Piece, World } from './world.ts';

/** A stack pointer that is in the RAM of every family, and a reset vector behind the table with the Thumb bit. */
const stackPointer = 0x2000_1000;
const smallestTable = 0x40;

/** The bytes of a piece; one at the start of the flash begins with vectors that start it. */
export function bytesOf({ offset, length, seed }: Piece): Uint8Array {
  const bytes = patternOf(length, seed);
  // A hole of erased flash, as linkers leave them.
  if (seed % 3 === 0 && length > 4_096) bytes.fill(0xff, 1_024, 1_024 + 2_048);
  if (offset === 0 && length >= smallestTable) bytes.set(vectorsFor(length));
  return bytes;
}

function vectorsFor(length: number): Uint8Array {
  const table = new DataView(new ArrayBuffer(8));
  table.setUint32(0, stackPointer, true);
  table.setUint32(4, flashBase + (Math.min(length, 0x200) - 4) + 1, true);
  return new Uint8Array(table.buffer);
}

/** Puts into the flash what the world says, as if it had been there for long. */
function fill({ memory: { flash } }: SimBoard, { content, pieces, seed }: World): void {
  if (content === 'scenario') return;
  if (content === 'other') {
    const other = patternOf(flash.size, seed ^ 0x77);
    other.set(vectorsFor(0x200));
    flash.preload(flash.address, other);
  }
  for (const piece of pieces) {
    const bytes = bytesOf(piece);
    const half = Math.floor(bytes.length / 2);
    // Cut by the job that wrote it: before its vectors, or by one that wrote them first.
    if (content === 'half' && half > 0) flash.preload(flashBase + piece.offset + half, bytes.subarray(half));
    if (content === 'half-started') flash.preload(flashBase + piece.offset, bytes.subarray(0, half));
    if (content === 'image') flash.preload(flashBase + piece.offset, bytes);
  }
}

/** The bench of a world, under power for long. */
export function benchOf(world: World, profile: BoardProfile): SimBench {
  const personality = siliconOf(world.family, world.rom);
  const scenario = scenarioNamed(world.scenario);
  const bench = createSimBench({
    profile,
    scenario: world.scenario,
    personality,
    ...(world.neighbours.length > 0 ? { neighbours: world.neighbours } : {}),
  });
  const [target] = bench.boards;
  fill(target, world);
  if (world.content !== 'scenario') {
    target.board.powerOff();
    target.board.powerOn(scenario.startsInRom ? 'rom' : 'application');
  }
  return bench;
}

/** What a world's faults have done, and how it is made good again. */
export interface Weather {
  readonly happened: string[];
  abortedAt: number | undefined;
  /** From now on nothing more happens. */
  end(): void;
  /** Cables, adapters and supplies are back, and strangers gone. */
  heal(): void;
}

/** Arranges the faults of a world on its bench; they count from now on. */
export function arrange(
  bench: SimBench,
  doors: Doors,
  faults: readonly Fault[],
  abort: (reason: BootctlError) => void,
): Weather {
  const { clock, truth } = bench;
  const [target] = bench.boards;
  const endings: (() => void)[] = [];
  const weather: Weather = {
    happened: [],
    abortedAt: undefined,
    end: () => {
      for (const end of endings) end();
      doors.failing.clear();
    },
    heal: () => {
      for (const { cable } of bench.boards.slice(1)) cable.pull();
      target.cable.plug();
      target.board.powerReturns();
      for (const adapter of bench.adapters) adapter.plugIn();
    },
  };
  const happen = (fault: Fault) => {
    weather.happened.push(fault.kind);
    strike(fault, { bench, doors, weather, abort });
  };
  for (const fault of faults) {
    if ('event' in fault) endings.push(atMoment(clock, truth, fault, () => happen(fault)));
    else happen(fault);
  }
  return weather;
}

/** Calls back once, so long after so many events. Returns what prevents it. */
function atMoment(
  clock: Clock,
  truth: SimBench['truth'],
  { event, delay }: { readonly event: number; readonly delay: number },
  act: () => void,
): () => void {
  let timer: unknown;
  let left = event;
  const wait = () => {
    timer = clock.setTimeout(act, delay);
  };
  if (left === 0) wait();
  const unsubscribe = truth.onEvent(() => {
    left -= 1;
    if (left === 0) wait();
  });
  return () => {
    unsubscribe();
    clock.clearTimeout(timer);
  };
}

interface Scene {
  readonly bench: SimBench;
  readonly doors: Doors;
  readonly weather: Weather;
  readonly abort: (reason: BootctlError) => void;
}

/** The supply, a cable: gone, and back after a while or not before all is made good again. */
function backAfter(clock: Clock, back: number | null, act: () => void): void {
  if (back !== null) clock.setTimeout(act, back);
}

const strikes: { readonly [K in Fault['kind']]: (fault: Extract<Fault, { kind: K }>, scene: Scene) => void } = {
  'usb-unplugged': ({ back }, { bench: { clock, boards } }) => {
    boards[0].cable.pull();
    backAfter(clock, back, () => boards[0].cable.plug());
  },
  'power-cut': ({ back }, { bench: { clock, boards } }) => {
    boards[0].board.powerOff();
    backAfter(clock, back, () => boards[0].board.powerReturns());
  },
  'adapter-lost': (_, { bench }) => bench.adapters[0]?.unplug(),
  interrupted: (_, { bench, weather, abort }) => {
    weather.abortedAt ??= bench.clock.now();
    abort(new BootctlError('aborted', 'Interrupted by SIGINT'));
  },
  stall: ({ transfer }, { doors }) => doors.failAfter(transfer, 'stall'),
  'no-answer': ({ transfer }, { doors }) => doors.failAfter(transfer, 'no-answer'),
  'garbled-byte': ({ after }, { bench }) => bench.adapters[0]?.noise.hitOnceAfter(after),
};

const strike = (fault: Fault, scene: Scene): void =>
  (strikes[fault.kind] as (fault: Fault, scene: Scene) => void)(fault, scene);
