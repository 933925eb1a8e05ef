import type { Milliseconds } from '../../src/base/units.ts';
import type { Bench } from '../../src/bench/bench.ts';
import { sleep } from '../../src/bench/clock.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import { parseImage } from '../../src/image/load-image.ts';
import { adapterWires, type SimBoard } from '../../src/sim/board/sim-boards.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { type AdapterBehaviour, SimAdapter, simSerialPorts } from '../../src/sim/in-process/sim-serial.ts';
import { SimUsbBus } from '../../src/sim/in-process/sim-usb.ts';
import { type RackHost, rackBoard, rackEnumeration } from '../../src/sim/rack.ts';
import type { ScenarioDifferences } from '../../src/sim/scenarios.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { TruthLog } from '../../src/sim/truth.ts';

/** How one board of a rack differs from the others. */
export interface RackBoard {
  /** How much longer than usual its ROM takes before it shows on USB. */
  readonly slowerBy?: Milliseconds;
  readonly scenario?: ScenarioDifferences;
  readonly adapter?: AdapterBehaviour;
}

/** One board of a rack with its own adapter, and a profile for each way to name it. */
export interface Slot {
  /** Its name in the truth log. */
  readonly name: string;
  readonly own: SimBoard;
  readonly adapter: SimAdapter;
  /** Names the adapter only. */
  readonly unplaced: BoardProfile;
  /** Names the USB path of the target as well. */
  readonly placed: BoardProfile;
  /** No two slots have the same one. */
  readonly image: FirmwareImage;
}

/** Boards of one kind on one host: one bus whose hub enumerates one device at a time, one clock, an adapter each. */
export interface Rack {
  readonly bench: Bench & { readonly clock: SimClock };
  readonly slots: readonly Slot[];
  readonly truth: TruthLog;
}

const flashStart = 0x0800_0000;
/** An image that starts, small so that a job is short, and of this slot alone. */
export function imageOf(number: number, bytes = 2_048): FirmwareImage {
  const data = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 4)
    data.writeUInt32LE((Math.imul(at + 1, 0x9e37_79b1) ^ (number * 0x0101_0101)) >>> 0, at);
  data.writeUInt32LE(0x2002_0000, 0);
  data.writeUInt32LE(flashStart + 0x201, 4);
  return parseImage(data, `image-${number}`, { address: flashStart });
}

export function createRack(
  boards: readonly RackBoard[],
  profile: BoardProfile = findProfile('rc-cap', { cwd: '/' }),
): Rack {
  const clock = new SimClock();
  const truth = new TruthLog(clock);
  const bus = new SimUsbBus(clock, { enumeration: rackEnumeration, inTurn: true });
  const slots = boards.map((board, index) => slotOf(board, index, profile, { clock, truth, bus }));
  const serial = simSerialPorts(slots.map(({ adapter }) => adapter));
  return { bench: { clock, serial, usb: bus, [Symbol.asyncDispose]: async () => {} }, slots, truth };
}

function slotOf(
  { slowerBy = 0, scenario = {}, adapter: behaviour }: RackBoard,
  index: number,
  profile: BoardProfile,
  host: RackHost,
): Slot {
  const number = index + 1;
  const name = `board-${number}`;
  const serialNumber = `ADAPTER${number}`;
  const unplaced = { ...profile, adapter: { ...profile.adapter, serialNumber } };
  const placed = { ...unplaced, usb: { ...unplaced.usb, path: `1-2.${number}` } };
  const { F405 } = romPersonalities;
  const board = rackBoard(name, placed, scenario, host, { ...F405, usbConnection: F405.usbConnection + slowerBy });
  const info = {
    path: `/dev/ttySIM${number}`,
    vendorId: '0403',
    productId: '6001',
    serialNumber,
    usbPath: `1-1.${number}`,
  };
  const adapter = new SimAdapter(host.clock, info, adapterWires([board], `adapter-${number}`), behaviour);
  return { name, own: board, adapter, unplaced, placed, image: imageOf(number) };
}

/** Which slots' images a board's flash holds from its start on. */
export const imagesIn = ({ own }: Slot, slots: readonly Slot[]): readonly string[] =>
  slots
    .filter(({ image }) =>
      image.segments.every(
        ({ address, data }) => Buffer.compare(own.memory.flash.read(address, data.length), data) === 0,
      ),
    )
    .map(({ name }) => name);

/** Runs one job a slot, each so many ms of the rack's own time after the start. */
export const allAtOnce = <T>(
  { bench, slots }: Rack,
  job: (slot: Slot) => Promise<T>,
  startsAt: (index: number) => Milliseconds = () => 0,
): Promise<readonly T[]> =>
  Promise.all(
    slots.map(async (slot, index) => {
      await sleep(bench.clock, startsAt(index));
      return job(slot);
    }),
  );
