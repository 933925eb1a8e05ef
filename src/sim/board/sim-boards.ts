import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { eccPersonalities } from '../chip/ecc-personalities.ts';
import { f7Personalities } from '../chip/f7-personalities.ts';
import { romPersonalities } from '../chip/personalities.ts';
import { quirkyPersonalities } from '../chip/quirky-personalities.ts';
import { RomBootloader } from '../chip/rom.ts';
import type { RomPersonality } from '../chip/rom-personality.ts';
import { TargetMemory } from '../chip/target-memory.ts';
import { applicationFor, crashed } from '../firmware/applications.ts';
import { profileApplication } from '../firmware/profile-application.ts';
import { animate, movableOf, type Neighbour, placed } from '../neighbours.ts';
import type { Scenario } from '../scenarios.ts';
import type { TruthLog } from '../truth.ts';
import { Board } from './board.ts';
import { Cable } from './cable.ts';
import { FixedPullUp } from './fixed-pull-up.ts';
import { circuitOf } from './profile-circuit.ts';
import type { AdapterWires } from './target-program.ts';
import { TwoConnectors } from './two-connectors.ts';
import type { UsbSocket } from './usb-function.ts';

/** A board of the bench, with the memory of its target. */
export interface SimBoard {
  /** Name in the truth log: `target`, or that of a neighbour. */
  readonly name: string;
  /** Whether the adapter's lines reach it: the target's, and those of a twin. */
  readonly onLines: boolean;
  readonly board: Board;
  readonly memory: TargetMemory;
  /** Its own USB cable. */
  readonly cable: Cable;
}

export interface BoardsSetup {
  readonly profile: BoardProfile;
  readonly scenario: Scenario;
  readonly clock: Clock;
  readonly truth: TruthLog;
  /** The host's socket at this USB path; its device belongs to this board in the truth log. */
  readonly socketFor: (path: string, board: string) => UsbSocket;
  /** The ROM, if neither the profile nor the scenario defines it. */
  readonly personality?: RomPersonality | undefined;
  /** Of the target, twelve bytes. */
  readonly uniqueId?: Uint8Array | undefined;
}

/** The simulated ROM for a row of hardware/targets. An F405 for all others. */
export const personalityOfFamily = {
  C55x_562: quirkyPersonalities.C562,
  F072: quirkyPersonalities.F072,
  F405_407: romPersonalities.F405,
  F42x_43x: quirkyPersonalities.F427,
  F72x_73x: f7Personalities.F722,
  F74x_75x: f7Personalities.F745,
  G07x_08x: quirkyPersonalities.G071,
  G0B0: quirkyPersonalities.G0B0,
  G0B1_0C1: romPersonalities.G0B1,
  H74x_75x: romPersonalities.H743,
  G47x_48x: eccPersonalities.G474,
  H563_573: eccPersonalities.H563,
  H7A3_B3_B0: quirkyPersonalities.H7A3,
  L07x_08x_usb: romPersonalities.L072,
  L1_cat3: quirkyPersonalities.L152,
  L47x_48x: quirkyPersonalities.L476,
  L552_562: eccPersonalities.L552,
  U575_585: eccPersonalities.U575,
  WB55: quirkyPersonalities.WB55,
} as const satisfies Readonly<Record<string, RomPersonality>>;
const targetPath = '1-2';
const secondPath = '1-4';

/** Deterministic garbage from end to end: no stack pointer in front, and nothing that is erased already. */
function garbage(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = (index * 197 + 13) & 0x7f;
  return bytes;
}

/** SP at the end of the first RAM, reset vector behind the table with the Thumb bit. */
function vectors({ personality: { ram }, flash }: TargetMemory): Uint8Array {
  const table = new DataView(new ArrayBuffer(8));
  table.setUint32(0, ram[0]!.address + ram[0]!.size, true);
  table.setUint32(4, flash.address + 0x201, true);
  return new Uint8Array(table.buffer);
}

/** The ROM of the setup, the scenario or the profile's target. */
export function romOf({
  profile,
  scenario,
  personality,
}: Pick<BoardsSetup, 'profile' | 'scenario' | 'personality'>): RomPersonality {
  if (personality) return personality;
  if (scenario.personality) return romPersonalities[scenario.personality];
  const standIns: Readonly<Record<string, RomPersonality>> = personalityOfFamily;
  return standIns[profile.target?.family ?? ''] ?? romPersonalities.F405;
}

function memoryOf(setup: BoardsSetup): TargetMemory {
  const { scenario } = setup;
  const found = romOf(setup);
  const personality = { ...found, dfu: { ...found.dfu, ...scenario.rom?.dfu } };
  const memory = new TargetMemory(personality, scenario.memory);
  const { flash } = memory;
  if (scenario.flash !== 'blank') flash.preload(flash.address, garbage(flash.size));
  if (scenario.flash === 'healthy') flash.preload(flash.address, vectors(memory));
  return memory;
}

/** Where the application of the profile's own board is plugged in, if not where its ROM is. */
function applicationSocket({ profile, scenario, socketFor }: BoardsSetup, name: string, cable: Cable): UsbSocket {
  const { application } = profile;
  const own =
    application.expect === 'usb' ? (application.path ?? (application.isAnywhere ? secondPath : undefined)) : undefined;
  const path = scenario.applicationPath ?? own ?? cable.path;
  return name !== 'target' || path === cable.path ? cable : socketFor(path, name);
}

/** The ROM of each start: where its USB is faulty, that may be all but every n-th. */
function romsOf(memory: TargetMemory, { rom, startsInRom: initialState = 'dfuIDLE', enumeratesEvery }: Scenario) {
  const usual = new RomBootloader(memory, { ...rom, initialState });
  if (enumeratesEvery === undefined) return () => usual;
  const good = new RomBootloader(memory, { ...rom, usb: true, initialState });
  let starts = 0;
  return () => (++starts % enumeratesEvery === 0 ? good : usual);
}

/** One board of this profile's kind, under power. By default it runs its application. */
function boardOf(setup: BoardsSetup, name: string, cable: Cable, runs?: Neighbour['runs']): SimBoard {
  const { profile, scenario, clock, truth } = setup;
  const memory = memoryOf(setup);
  const rom = romsOf(memory, scenario);
  const toRom = () => board.enterRom();
  const flashed = scenario.flashedCrashes ? crashed() : profileApplication(profile, toRom, scenario.firmware);
  const isBlank = (address: number) => memory.flash.read(address, 8).every((byte) => byte === 0xff);
  const connectors = new TwoConnectors(cable, applicationSocket(setup, name, cable));
  const board = new Board({
    name,
    clock,
    truth,
    socket: scenario.pullUpStays ? new FixedPullUp(connectors) : connectors,
    circuit: circuitOf(profile, scenario, memory.personality.id),
    programs: {
      rom: () => connectors.rom(rom()),
      application: (address, start) =>
        connectors.application(isBlank(address) ? undefined : applicationFor(memory, address, flashed, start)),
    },
  });
  board.powerOn(runs ?? (scenario.startsInRom ? 'rom' : 'application'));
  return { name, board, memory, cable, onLines: true };
}

/** The cable is pulled when the ROM has programmed its first block. */
function pullWhileProgramming({ clock, truth, scenario }: BoardsSetup, cable: Cable): void {
  const unsubscribe = truth.onEvent(({ what, board }) => {
    if (what !== 'programmed' || board !== 'target') return;
    unsubscribe();
    // Not during an operation of the ROM.
    clock.setTimeout(() => {
      truth.add(board, { what: 'fault', name: 'usb-cable-pulled' });
      cable.pull();
      if (scenario.cablePulled === 'for-a-moment') clock.setTimeout(() => cable.plug(), 50);
    }, 0);
  });
}

/** Sends on and on, whatever the target runs. */
function talk(clock: Clock, board: Board, every: Milliseconds): void {
  clock.setTimeout(() => {
    if (!board.isPowered) return;
    board.sendElsewhere();
    talk(clock, board, every);
  }, every);
}

/** A person holds BOOT0 and taps reset once, after bootctl has given up moving the lines. */
function operatorHelps({ clock, truth }: BoardsSetup, board: Board, patience: Milliseconds): void {
  const help = () => {
    unsubscribe();
    if (board.running === undefined) return; // the bench has been switched off
    truth.add('target', { what: 'fault', name: 'operator-held-boot0' });
    board.enterRom();
  };
  let timer: unknown;
  const unsubscribe = truth.onEvent(({ what }) => {
    if (what !== 'lines') return;
    clock.clearTimeout(timer);
    timer = clock.setTimeout(help, patience);
  });
}

/** A ROM that is another board's: its kind, its serial number, and how soon it shows. */
function romOfNeighbour(setup: BoardsSetup, { personality, serialNumber, slowerBy = 0 }: Neighbour): RomPersonality {
  const kind = personality ? romPersonalities[personality] : romOf(setup);
  const { startup, usbConnection, dfu } = kind;
  return {
    ...kind,
    startup: startup + slowerBy,
    usbConnection: usbConnection + slowerBy,
    dfu: { ...dfu, serialNumber: serialNumber ?? dfu.serialNumber },
  };
}

/** A board beside the target, without the target's faults. */
function neighbourOf(setup: BoardsSetup, neighbour: Neighbour & { path: string }, target: Cable): SimBoard {
  const { name, path, onLines = false, runs, unplugged, moves = [] } = neighbour;
  const cable = new Cable(setup.socketFor(path, name));
  if (unplugged) cable.pull();
  const { flash } = onLines ? setup.scenario : { flash: 'healthy' as const };
  const scenario = { name: setup.scenario.name, summary: '', ...(flash ? { flash } : {}) };
  const own = boardOf({ ...setup, scenario, personality: romOfNeighbour(setup, neighbour) }, name, cable, runs);
  animate(setup, moves, movableOf(own.board, cable, path === target.path ? target : undefined));
  return { ...own, onLines };
}

/**
 * The boards of a scenario, under power: first the profile's own, `target`, then its neighbours. They work with any bus
 * for their USB and with any clock.
 * @throws BootctlError `usage` if the profile lacks the part that the scenario breaks
 */
export function buildBoards(setup: BoardsSetup): readonly [SimBoard, ...SimBoard[]] {
  const { profile, scenario, socketFor } = setup;
  const path = scenario.usbPath ?? profile.usb.path ?? targetPath;
  const cable = new Cable(socketFor(path, 'target'));
  const target = boardOf(setup, 'target', cable);
  if (setup.uniqueId) target.memory.burnUniqueId(setup.uniqueId);
  if (scenario.cablePulled) pullWhileProgramming(setup, cable);
  if (scenario.talksEvery) talk(setup.clock, target.board, scenario.talksEvery);
  if (scenario.operatorAfter) operatorHelps(setup, target.board, scenario.operatorAfter);
  const neighbours = placed(scenario.neighbours ?? [], path);
  return [target, ...neighbours.map((neighbour) => neighbourOf(setup, neighbour, cable))];
}

/** The adapter's wires: to the target and, side by side, to its twins; only the target's TX comes back. */
export function adapterWires(boards: readonly SimBoard[], adapter: string): AdapterWires {
  const ends = boards.filter(({ onLines }) => onLines).map(({ board }) => board.wires(adapter));
  const [target] = ends;
  return {
    adapter,
    setLines: (lines) => {
      for (const end of ends) end.setLines(lines);
    },
    setPower: (isOn) => {
      for (const end of ends) end.setPower?.(isOn);
    },
    transmit: (bytes, format) => {
      for (const end of ends) end.transmit(bytes, format);
    },
    onReceive: (listener) => target!.onReceive(listener),
    record: (event) => target!.record?.(event),
  };
}
