import type { Milliseconds } from '../base/units.ts';
import type { Bench } from '../bench/bench.ts';
import type { BoardProfile } from '../board/profile.ts';
import { adapterWires, buildBoards, type SimBoard } from './board/sim-boards.ts';
import type { AdapterWires } from './board/target-program.ts';
import type { RomPersonality } from './chip/rom-personality.ts';
import { placeOf, SimAdapter, simSerialPorts } from './in-process/sim-serial.ts';
import { SimUsbBus } from './in-process/sim-usb.ts';
import type { ScenarioDifferences } from './scenarios.ts';
import { SimClock } from './sim-clock.ts';
import { TruthLog } from './truth.ts';

/** An adapter of a rack, and the boards on its lines: one, none where its slot is empty, two where the wiring is wrong. Places are USB paths, with the interface of a port of several behind it. */
export interface RackLine {
  readonly adapter: string;
  readonly targets: readonly string[];
}

export interface RackSetup {
  /** Of all boards. */
  readonly profile: BoardProfile;
  readonly lines: readonly RackLine[];
  /** Places of boards that are on the lines of no adapter. */
  readonly apart?: readonly string[];
  /** How the board at this place differs from a usual one. */
  readonly scenarioAt?: (target: string) => ScenarioDifferences;
}

/** Boards of one kind on one host: one bus whose hub enumerates one device at a time, one clock. */
export interface SimRack {
  readonly bench: Bench & { readonly clock: SimClock };
  readonly truth: TruthLog;
}

/** What a full-speed device takes on Linux: 100 ms of debounce, two resets, its descriptors (drivers/usb/core/hub.c). */
export const rackEnumeration: Milliseconds = 300;

/** A rack whose boards run their applications. */
export function createSimRack({ profile, lines, apart = [], scenarioAt = () => ({}) }: RackSetup): SimRack {
  const clock = new SimClock();
  const truth = new TruthLog(clock);
  const bus = new SimUsbBus(clock, { enumeration: rackEnumeration, inTurn: true });
  const boardAt = (path: string): SimBoard =>
    rackBoard(path, { ...profile, usb: { ...profile.usb, path } }, scenarioAt(path), { clock, truth, bus });
  const adapters = lines.map(({ adapter, targets }, index) => {
    const info = { path: `/dev/ttySIM${index}`, vendorId: '0403', productId: '6001', ...placeOf(adapter) };
    const wires = targets.length === 0 ? loose(adapter) : adapterWires(targets.map(boardAt), adapter);
    return new SimAdapter(clock, info, wires);
  });
  for (const path of apart) boardAt(path);
  const serial = simSerialPorts(adapters);
  return { bench: { clock, serial, usb: bus, [Symbol.asyncDispose]: async () => {} }, truth };
}

/** What the boards of a rack share. */
export interface RackHost {
  readonly clock: SimClock;
  readonly truth: TruthLog;
  readonly bus: SimUsbBus;
}

/** A board at its place of the bus, which has `name` in the truth of all. */
export function rackBoard(
  name: string,
  profile: BoardProfile,
  differences: ScenarioDifferences,
  { clock, truth, bus }: RackHost,
  personality?: RomPersonality,
): SimBoard {
  const own = new TruthLog(clock);
  own.onEvent(({ t: _t, board: _target, ...event }) => truth.add(name, event));
  const [board] = buildBoards({
    profile,
    scenario: { name, summary: '', ...differences },
    clock,
    truth: own,
    socketFor: (place) => bus.socket(place, (event) => truth.add(name, event)),
    ...(personality && { personality }),
  });
  return board;
}

/** The wires of an adapter end nowhere. */
const loose = (adapter: string): AdapterWires => ({
  adapter,
  setLines: () => {},
  transmit: () => {},
  onReceive: () => () => {},
});
