import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sleep } from '../../src/bench/clock.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';
import type { SimBoard } from '../../src/sim/board/sim-boards.ts';
import type { SimBench } from '../../src/sim/sim-bench.ts';
import type { SimClock } from '../../src/sim/sim-clock.ts';
import { arrange, benchOf, bytesOf, type Weather } from './bench.ts';
import { Doors } from './doors.ts';
import { assertedLines, type FileState, type JsonLine, type Run, type Story, stateOf } from './evidence.ts';
import { meantBoard, type Seen, unseenOnTheWires } from './meant.ts';
import { profileText } from './profiles.ts';
import { flashBase } from './silicon.ts';
import type { World } from './world.ts';

/** Applications have started by then, and capacitors are empty. */
const settling = 4_000;
/** Real time after which a job that does nothing more is given up, in ms. */
const patience = 30_000;
/** The run with the faults, and those that finish it. */
const mostRuns = 3;

/** What is changed to prove that a check can fail. */
export interface Tampering {
  /** Before the command starts. */
  readonly arrange?: (scene: Stage) => void;
  /** After it has ended, before anything is looked at. */
  readonly tamper?: (scene: Stage) => void;
  /** Of what was printed and returned. */
  readonly report?: (printed: Printed) => Printed;
}

export interface Printed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A world on its bench. */
export interface Stage {
  readonly world: World;
  readonly profile: BoardProfile;
  readonly bench: SimBench;
  readonly doors: Doors;
  readonly folder: string;
  readonly boards: readonly SimBoard[];
  /** What a mutant makes of a run: how much longer ago it began and was interrupted, what it left behind, what it opened. */
  readonly pretence: Pretence;
}

interface Pretence {
  startedEarlier: number;
  interruptedEarlier: number;
  opensBench: boolean;
  readonly rejections: unknown[];
}

const parent = mkdtempSync(join(tmpdir(), 'bootctl-soak-'));
process.on('exit', () => rmSync(parent, { recursive: true, force: true }));
let stages = 0;

/** Lives through a world: the job with its faults, and then the same job until it is done. */
export async function live(world: World, tampering: Tampering = {}): Promise<Story> {
  const stage = setUp(world);
  try {
    const runs: Run[] = [];
    for (let index = 0; index < mostRuns; index++) {
      const run = await runOnce(stage, index, runs, tampering);
      runs.push(run);
      if (!isWorthAnother(run)) break;
    }
    for (const { board } of stage.boards) board.powerOff();
    await sleep(stage.bench.clock, 1); // the host is told what has left
    // A third run that was needed is judged as well.
    const isJudged = runs.length > 2 || (runs.length > 1 && runs.at(-1)!.status !== 0);
    const control = isJudged ? (await live({ ...world, faults: [], neighbours: [] })).runs[0]!.status : undefined;
    return { world, runs, timersLeft: (stage.bench.clock as SimClock).pending, control };
  } finally {
    rmSync(stage.folder, { recursive: true, force: true });
  }
}

function setUp(world: World): Stage {
  stages += 1;
  const folder = join(parent, `world-${stages}`);
  mkdirSync(folder);
  const text = profileText(world.profile);
  writeFileSync(join(folder, 'board.yaml'), text);
  world.pieces.forEach((piece, index) => {
    writeFileSync(join(folder, `piece${index}.bin`), bytesOf(piece));
  });
  writeFileSync(join(folder, 'memory.bin'), new Uint8Array(16).fill(0x5a));
  const profile = parseProfile(text, 'board.yaml');
  const bench = benchOf(world, profile);
  const pretence = { startedEarlier: 0, interruptedEarlier: 0, opensBench: false, rejections: [] };
  return { world, profile, bench, folder, doors: new Doors(bench.clock), boards: bench.boards, pretence };
}

/** A fault has ended the job, or a hint says what to add: a person would run it again. */
const isWorthAnother = (run: Run): boolean =>
  run.status !== 0 &&
  run.status !== 2 &&
  (run.world.faults.length > 0 || run.world.neighbours.length > 0) &&
  !run.argv.includes('--dry-run');

function argvOf({ world, folder }: Stage, earlier: readonly Run[]): readonly string[] {
  const { command, pieces, range, options } = world;
  const images = pieces.map(({ offset }, index) => `${join(folder, `piece${index}.bin`)}@${flashBase + offset}`);
  const files = { read: ['out.bin'], 'write-memory': [join(folder, 'memory.bin'), '--alt', '1'] };
  const file = command === 'read' || command === 'write-memory' ? files[command] : [];
  const part = range ? ['--address', `${flashBase + range.offset}`, '--length', `${range.length}`] : [];
  const given = options.flatMap((option) => option.split(' '));
  // What a hint of the run before says to add; a person knows which of the paths is this board.
  const advice = /add `--usb-path (1-2)`/.exec(`${earlier.at(-1)?.stderr}${earlier.at(-1)?.stdout}`)?.[1];
  const added = advice && !given.includes('--usb-path') ? ['--usb-path', advice] : [];
  return [
    ...[command, ...images, ...file, ...part, '--profile', join(folder, 'board.yaml')],
    ...given,
    ...added,
    ...restoring(world, earlier),
  ];
}

/** Every second person does what the run before says of the file that it has left, as this is the same board. */
function restoring({ seed }: World, earlier: readonly Run[]): readonly string[] {
  if (seed % 2 !== 0) return [];
  const said = earlier.map(({ stdout, stderr }) => stdout + stderr).join('');
  const path = [...said.matchAll(/`--restore (\S+?\.hex)`/g)].at(-1)?.[1];
  return path && existsSync(path) ? ['--restore', path] : [];
}

async function runOnce(stage: Stage, index: number, earlier: readonly Run[], tampering: Tampering): Promise<Run> {
  const { world, bench, doors, boards, folder, pretence } = stage;
  const { clock, truth } = bench;
  const controller = new AbortController();
  const argv = argvOf(stage, earlier);
  const known = new Set(filesIn(folder).map(({ path }) => path));
  const before = boards.map(stateOf);
  const marks = { truth: truth.events.length, requests: doors.requests.length, opened: doors.opened.length };
  const sentBefore = doors.bytesSent.length;
  const started = clock.now();
  doors.startRun();
  const weather = arrange(bench, doors, index === 0 ? world.faults : [], (reason) => controller.abort(reason));
  if (index === 0) tampering.arrange?.(stage);
  const { rejections } = pretence;
  const onRejection = (reason: unknown) => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  const ran = await runCommand(stage, argv, controller.signal);
  const ended = clock.now();
  weather.end();
  if (index === 0) tampering.tamper?.(stage);
  const printed = index === 0 ? (tampering.report?.(ran) ?? ran) : ran;
  const atEnd = {
    truth: truth.events.slice(marks.truth),
    linesAtEnd: assertedLines(bench),
    portsOpen: doors.portsOpen,
    usbOpen: doors.usbOpen,
  };
  await sleep(clock, settling);
  process.off('unhandledRejection', onRejection);
  const isNamed = stage.profile.usb.path !== undefined || argv.includes('--usb-path');
  const seen: Seen = { ...stage, truth: atEnd.truth, listed: doors.listed, isNamed };
  const meant = meantBoard(seen);
  const run: Run = {
    world,
    meant,
    unseenOnTheWires: unseenOnTheWires(seen),
    index,
    argv,
    ...printed,
    ...parsed(argv, printed.stdout),
    started: started - pretence.startedEarlier,
    ended,
    ...atEnd,
    before,
    after: boards.map(stateOf),
    nrstAtEnd: nrstOf(bench),
    requests: doors.requests.slice(marks.requests),
    openedUsb: doors.opened.slice(marks.opened),
    bytesSent: doors.bytesSent.length - sentBefore,
    benchOpened: ran.benchOpened || pretence.opensBench,
    files: filesIn(folder).filter(({ path }) => !known.has(path) || path.startsWith(join(folder, 'state'))),
    rejections,
    abortedAt: weather.abortedAt === undefined ? undefined : weather.abortedAt - pretence.interruptedEarlier,
    faults: weather.happened,
    image: world.pieces.map((piece) => ({ address: flashBase + piece.offset, data: bytesOf(piece) })),
    sectors: boards.find(({ name }) => name === meant)!.memory.flash.geometry.sectors,
  };
  await heal(weather, clock);
  return run;
}

async function heal(weather: Weather, clock: SimBench['clock']): Promise<void> {
  weather.heal();
  await sleep(clock, settling);
}

const nrstOf = ({ truth }: SimBench): 0 | 1 => truth.of('nrst').findLast(({ board }) => board === 'target')?.level ?? 1;

async function runCommand(stage: Stage, argv: readonly string[], signal: AbortSignal) {
  const text = { stdout: '', stderr: '' };
  const output = (name: keyof typeof text) => ({
    write: (more: string) => {
      text[name] += more;
    },
    isTTY: false,
    columns: undefined,
  });
  let benchOpened = false;
  const context: CliContext = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    cwd: stage.folder,
    stateFolder: join(stage.folder, 'state'),
    signal,
    now: () => 0,
    standardInput: async () => new Uint8Array(0),
    openBench: async () => {
      benchOpened = true;
      return { ...stage.doors.around(stage.bench), [Symbol.asyncDispose]: async () => {} };
    },
    portTrouble: async () => undefined,
    usbTree: async () => ({ rootHubs: [], devices: [], switches: {} }),
    hostFacts: async () => {
      throw new Error('no job asks the host for its facts');
    },
  };
  const status = await within(patience, main(argv, context));
  return { status, ...text, benchOpened };
}

/** A job that waits for nothing that could come has no end: it is told by a status that no job has. */
async function within(time: number, job: Promise<number>): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<number>((resolve) => {
    timer = setTimeout(() => resolve(Number.NaN), time);
  });
  try {
    return await Promise.race([job, never]);
  } finally {
    clearTimeout(timer);
  }
}

function parsed(argv: readonly string[], stdout: string): Pick<Run, 'lines' | 'result'> {
  if (!argv.includes('--json')) return { lines: undefined, result: undefined };
  const lines = stdout.trimEnd().split('\n').map(parseLine);
  return { lines, result: lines.findLast((line) => line?.event === 'result') };
}

function parseLine(line: string): JsonLine | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** What lies in the folder of a world and below. */
function filesIn(folder: string): readonly FileState[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.flatMap((name) => {
    const path = join(folder, name);
    const state = statSync(path);
    if (!state.isFile()) return [];
    const folderMode = statSync(dirname(path)).mode & 0o777;
    return [{ path, content: readFileSync(path), mode: state.mode & 0o777, folderMode }];
  });
}
