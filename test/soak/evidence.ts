import type { SimBoard } from '../../src/sim/board/sim-boards.ts';
import type { SimBench } from '../../src/sim/sim-bench.ts';
import type { TimedTruth } from '../../src/sim/truth.ts';
import type { Request } from './doors.ts';
import type { World } from './world.ts';

/** What one board is at one moment, told by its silicon. */
export interface BoardState {
  readonly name: string;
  readonly flash: Buffer;
  /** Option bytes, OTP and what else survives a reset, without RAM. */
  readonly memories: Buffer;
  readonly isReadoutProtected: boolean;
  readonly protectedSectors: readonly number[];
  /** Name of the program; undefined in reset and where nothing runs. */
  readonly running: string | undefined;
  readonly boot0Volts: number;
  /** A reset with BOOT0 low would start what the flash holds. */
  readonly starts: boolean;
}

/** A file that the job left, beside those that were there before. */
export interface FileState {
  readonly path: string;
  readonly content: Buffer;
  /** Rights of the file and of its folder. */
  readonly mode: number;
  readonly folderMode: number;
}

export type JsonLine = Readonly<Record<string, unknown>>;

/** What a run printed and came to, and what physically happened meanwhile; what a check may look at. */
export interface Run {
  readonly world: World;
  /** Name of the board that the run is about, by all that the host could observe; mostly `target`. */
  readonly meant: string;
  /** Boards on the same USART of which the host could not know. */
  readonly unseenOnTheWires: readonly string[];
  /** 0 is the run with the faults. */
  readonly index: number;
  readonly argv: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Each line of `--json`, undefined where it does not parse. */
  readonly lines: readonly (JsonLine | undefined)[] | undefined;
  readonly result: JsonLine | undefined;
  readonly started: number;
  readonly ended: number;
  /** Until the command had ended. */
  readonly truth: readonly TimedTruth[];
  readonly before: readonly BoardState[];
  /** Once applications have had the time to start. */
  readonly after: readonly BoardState[];
  /** Lines that were still asserted at the end, by adapter. */
  readonly linesAtEnd: readonly string[];
  /** NRST of the target, once its capacitor has charged. */
  readonly nrstAtEnd: 0 | 1;
  readonly requests: readonly Request[];
  readonly openedUsb: readonly string[];
  readonly bytesSent: number;
  readonly portsOpen: number;
  readonly usbOpen: number;
  readonly benchOpened: boolean;
  readonly files: readonly FileState[];
  readonly rejections: readonly unknown[];
  /** When it was interrupted, by the bench's clock. */
  readonly abortedAt: number | undefined;
  /** Names of the faults that really happened before the end. */
  readonly faults: readonly string[];
  /** What the image is to be, by address. */
  readonly image: readonly { readonly address: number; readonly data: Uint8Array }[];
  /** Start addresses and sizes of the target's real sectors. */
  readonly sectors: readonly { readonly address: number; readonly size: number }[];
}

/** The whole story of a world. */
export interface Story {
  readonly world: World;
  readonly runs: readonly Run[];
  /** Timers that are left when every board is without power. */
  readonly timersLeft: number;
  /** Exit status of the same job without its faults and neighbours; undefined where none was needed to judge. */
  readonly control: number | undefined;
}

export function stateOf({ name, board, memory }: SimBoard): BoardState {
  const { flash, others } = memory;
  const lasting = others.filter(({ region }) => region.kind !== 'ram');
  const reset = flash.word(flash.address + 4);
  return {
    name,
    flash: Buffer.from(flash.read(flash.address, flash.size)),
    memories: Buffer.concat(lasting.map((one) => one.read(one.region.address, one.region.size))),
    isReadoutProtected: memory.readoutProtected,
    protectedSectors: [...flash.protectedSectors],
    running: board.running,
    boot0Volts: board.boot0Volts,
    starts: memory.hasStackPointer(flash.address) && reset % 2 === 1 && flash.contains(reset - 1),
  };
}

/** Lines that are still asserted, by the last that each adapter did. */
export function assertedLines({ truth }: SimBench): readonly string[] {
  const last = new Map<string, string>();
  for (const event of truth.of('lines')) last.set(event.adapter, `rts ${event.rts}, dtr ${event.dtr}`);
  return [...last].filter(([, lines]) => lines.includes('asserted')).map(([adapter, lines]) => `${adapter}: ${lines}`);
}

export const targetBefore = ({ before, meant }: Run): BoardState => before.find(({ name }) => name === meant)!;
export const targetAfter = ({ after, meant }: Run): BoardState => after.find(({ name }) => name === meant)!;

/** The board that the last run was about, as it was before the first. */
export const firstState = (runs: readonly Run[]): BoardState =>
  targetBefore({ ...runs[0]!, meant: runs.at(-1)!.meant });
