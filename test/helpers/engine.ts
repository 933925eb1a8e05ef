import type { FlashOutput } from '../../machines/flash.machine.ts';
import { isNewlyUnread, type Unread, unreadBy } from '../../machines/reading.policy.ts';
import { BootctlError } from '../../src/base/errors.ts';
import type { Bench } from '../../src/bench/bench.ts';
import { sleep } from '../../src/bench/clock.ts';
import type { UsbBus, UsbDevice } from '../../src/bench/usb-bus.ts';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import type { DfuBootloader } from '../../src/ops/bootloader/dfu-bootloader.ts';
import { openDfu } from '../../src/ops/bootloader/open-dfu.ts';
import { type FlashOptions, flashTarget } from '../../src/ops/engine/flash.ts';
import { Effects } from '../../src/ops/job/effects.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import type { Job } from '../../src/ops/job/job.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { RomBootloader, type RomOptions } from '../../src/sim/chip/rom.ts';
import type { RomDfuPersonality, RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { TargetMemory, type TargetMemoryOptions } from '../../src/sim/chip/target-memory.ts';
import { SimUsbBus } from '../../src/sim/in-process/sim-usb.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { TruthLog } from '../../src/sim/truth.ts';

export { imageOf } from './plain-image.ts';

/** A control transfer as the host sent it: `DNLOAD 2`, `GETSTATUS`, with its time. */
export interface Sent {
  readonly name: string;
  readonly t: number;
  readonly length: number;
}

const names = ['DETACH', 'DNLOAD', 'UPLOAD', 'GETSTATUS', 'CLRSTATUS', 'GETSTATE', 'ABORT'];

/** How many control transfers the host has left before it dies. */
interface Life {
  left: number;
}

/** Remembers what goes to the interface; standard requests are left out. */
function counting(usb: UsbBus, clock: SimClock, sent: Sent[], life: Life): UsbBus {
  const note = (
    { requestType, request, value }: { requestType: number; request: number; value: number },
    n: number,
  ) => {
    if (life.left-- <= 0) throw new BootctlError('target-lost', 'the host is dead');
    if ((requestType & 0x60) !== 0x20) return;
    const data = names[request] === 'DNLOAD' || names[request] === 'UPLOAD';
    sent.push({ name: `${names[request]}${data ? ` ${value}` : ''}`, t: clock.now(), length: n });
  };
  return {
    list: () => usb.list(),
    onChange: (listener) => usb.onChange(listener),
    async open(info): Promise<UsbDevice> {
      const device = await usb.open(info);
      return {
        info: device.info,
        keepsOrder: device.keepsOrder === true,
        claimInterface: (number) => device.claimInterface(number),
        selectAlternate: (number, setting) => device.selectAlternate(number, setting),
        ...(device.reset ? { reset: () => device.reset!() } : {}),
        controlIn: async (request, length, timeout) => {
          note(request, length);
          return device.controlIn(request, length, timeout);
        },
        controlOut: async (request, data, timeout) => {
          note(request, data.length);
          return device.controlOut(request, data, timeout);
        },
        [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
      };
    },
  };
}

export interface EngineSetup extends RomOptions, TargetMemoryOptions {
  readonly personality?: RomPersonality;
  readonly dfu?: Partial<RomDfuPersonality>;
  readonly family?: string;
  /** What the flash holds at first. */
  readonly content?: Uint8Array;
}

/** A ROM in DFU mode on a simulated bus, opened; what the host sends is counted. */
export async function engine({
  personality: base = romPersonalities.F405,
  dfu,
  family,
  content,
  ...options
}: EngineSetup = {}) {
  const personality: RomPersonality = { ...base, dfu: { ...base.dfu, ...dfu } };
  const clock = new SimClock();
  const truth = new TruthLog(clock);
  const memory = new TargetMemory(personality, options);
  if (content) memory.flash.preload(memory.flash.address, content);
  const sent: Sent[] = [];
  const bus = new SimUsbBus(clock, {});
  const socket = bus.socket('1-2', (event) => truth.add('target', event));
  const rom = new RomBootloader(memory, options);
  const context = {
    clock,
    socket,
    record: (event: Parameters<TruthLog['add']>[1]) => truth.add('target', event),
    usartTransmit: () => {},
    jump: () => {},
    systemReset: () => {},
    chargeBoot0: () => {},
  };
  rom.start(context);
  await sleep(clock, personality.usbConnection + 500);
  const life: Life = { left: Number.POSITIVE_INFINITY };
  const usb = counting(bus, clock, sent, life);
  const bench = { clock, usb } as unknown as Bench;
  const open = async () => openDfu(bench, (await bus.list())[0]!, undefined, family);
  const target = await open();
  let current = target;
  /** The supply fails, which cuts off what the flash is doing; then the ROM is entered again, by a host that lives. */
  const powerCycle = async () => {
    rom.stop();
    socket.detach();
    life.left = Number.POSITIVE_INFINITY;
    rom.start(context);
    await sleep(clock, personality.usbConnection + 500);
    current = await open();
  };
  const events: ProgressEvent[] = [];
  const job = {
    bench,
    profile: family ? { target: { family } } : {},
    report: (event: ProgressEvent) => void events.push(event),
    effects: new Effects(),
  } as unknown as Job;
  /** Flashes and counts from zero. */
  const flash = (
    image: FirmwareImage,
    flashOptions: Partial<FlashOptions> = {},
    signal?: AbortSignal,
  ): Promise<FlashOutput> => {
    sent.length = 0;
    return flashTarget(job, current, image, { verify: true, ...flashOptions }, signal);
  };
  /** As a job does it: a read that ends the ROM is answered by entering it again and erasing that sector unread. */
  const flashUnread = async (image: FirmwareImage, flashOptions: Partial<FlashOptions> = {}): Promise<FlashOutput> => {
    for (let unread: Unread = []; ; await powerCycle()) {
      const output = await flash(image, { ...flashOptions, unread });
      if (!output.error || !isNewlyUnread(unread, output.error)) return output;
      unread = unreadBy(unread, output.error);
    }
  };
  const holds = (image: FirmwareImage): boolean =>
    image.segments.every(({ address, data }) => Buffer.from(memory.flash.read(address, data.length)).equals(data));
  return {
    personality,
    clock,
    truth,
    memory,
    rom,
    context,
    sent,
    life,
    powerCycle,
    target: target as DfuBootloader,
    flash,
    flashUnread,
    holds,
    events,
    job,
    bench,
  };
}

/** Bytes in which no two blocks are alike and none is erased. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed * 0x2545_f491;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0x7f;
  }
  return bytes;
}

/** The same bytes behind a vector table that starts on this silicon: the end of its first RAM, and a Thumb address. */
export function startable({ ram }: RomPersonality, data: Uint8Array): Uint8Array {
  const bytes = data.slice();
  const table = new DataView(bytes.buffer);
  table.setUint32(0, ram[0]!.address + ram[0]!.size, true);
  table.setUint32(4, flashBase + 0x201, true);
  return bytes;
}

export const flashBase = 0x0800_0000;
