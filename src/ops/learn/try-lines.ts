import type { Wanted } from '../../../machines/learning.policy.ts';
import type { Edge, Observation, SeenRom } from '../../../machines/learning-evidence.policy.ts';
import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { idleLines } from '../../board/circuit/wiring.ts';
import { experimentText } from '../../board/learning/experiment.ts';
import type { LineDriver } from '../job/adapter/line-driver.ts';
import type { Job } from '../job/job.ts';
import { BusRecord, keyOf } from './bus-record.ts';
import { answerToCall } from './call-once.ts';
import type { Hearing } from './hearing.ts';

/** How often the bus record is looked at. */
const lookPeriod: Milliseconds = 20;
/** A high-speed hub tells of a device that has left after 256 ms at most (USB 2.0 §11.23.1), and this host of it. */
const tellsOfLeaving: Milliseconds = 400;
/** A twin on the same lines is as slow as the ROM that has just shown, or a little slower. Our choice, as at the entry of a job. */
const settling: Milliseconds = 300;
/** A ROM that is to be called has to run. Our choice, as for a ROM without a start-up time in its documents. */
const beforeCalling: Milliseconds = 500;

/** The two ends of an open adapter. */
export interface Ends {
  readonly lines: LineDriver;
  readonly hearing: Hearing;
}

/**
 * Holds the lines as the experiment says, lets them go, and records what followed. It ends as soon as nothing more is to come.
 * @throws BootctlError those of moving lines and of the USB bus, `dfu-ambiguous`; the signal's reason
 */
export async function tryLines(
  job: Job,
  { lines, hearing }: Ends,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Observation> {
  const { bench } = job;
  const { clock } = bench;
  await idleFor(job, lines, wanted.idle, signal);
  await using bus = await BusRecord.begin(bench);
  await hearing.begin();
  const edges = await job.beside.inTurn(() => drive(job, lines, wanted, signal), signal);
  const released = clock.now();
  const overUsb = wanted.rom?.over === 'usart' ? null : await awaitOnUsb(job, bus, wanted, released, signal);
  const { text, at } = await hearing.end();
  const onUsb = overUsb && { ...overUsb, at: clock.now() };
  const rom = onUsb ?? (isCallable(wanted, bus) ? await callRom(job, lines, wanted, signal) : null);
  return {
    experiment: wanted.experiment,
    edges,
    ...bus.changes(),
    rom: rom && { over: rom.over, place: rom.place, isFresh: rom.isFresh },
    watched: (rom?.isFresh ? rom.at : clock.now()) - released,
    text,
    heardAfter: text === '' ? null : Math.max(0, at - released),
  };
}

/** Since the last move, so that whatever a capacitor held has gone. */
async function idleFor({ bench: { clock } }: Job, lines: LineDriver, time: Milliseconds, signal: AbortSignal) {
  const last = lines.edges.at(-1)?.to ?? clock.now();
  const left = last + time - clock.now();
  if (left > 0) await sleep(clock, left, signal);
}

async function drive({ bench }: Job, lines: LineDriver, { experiment }: Wanted, signal: AbortSignal) {
  const edges: Edge[] = [];
  const purpose = experimentText(experiment);
  for (const { lines: state, hold } of experiment.steps) {
    signal.throwIfAborted();
    edges.push(await lines.move(state, purpose));
    await sleep(bench.clock, hold, signal);
  }
  signal.throwIfAborted();
  edges.push(await lines.move(idleLines, 'idle'));
  return edges;
}

const isDfu = ({ vendorId, productId }: UsbDeviceInfo): boolean => vendorId === '0483' && productId === 'df11';

/** The ROM's DFU device: one that is new, or where it is known to be, the one that has stayed. */
async function awaitOnUsb(
  { bench }: Job,
  bus: BusRecord,
  { rom, watch, witnesses }: Wanted,
  released: Milliseconds,
  signal: AbortSignal,
): Promise<(SeenRom & { at: Milliseconds }) | null> {
  const { clock } = bench;
  const isHere = (device: UsbDeviceInfo) => isDfu(device) && (rom === null || device.path === rom.place);
  for (;;) {
    const [first] = bus.newcomers().filter(isHere);
    if (first) {
      const at = clock.now();
      await sleep(clock, settling, signal);
      const here = bus.newcomers().filter(isHere);
      refuseTwins(here);
      // One that came while the lines were held, and is leaving.
      if (here.length === 0) continue;
      return { over: 'dfu', place: first.path, isFresh: true, at };
    }
    const passed = clock.now() - released;
    if (passed >= tellsOfLeaving) {
      const stayed = bus.stayed();
      const standing = rom && stayed.find(isHere);
      if (standing) return { over: 'dfu', place: standing.path, isFresh: false, at: clock.now() };
      if (bus.cameBack(witnesses) || stayed.some((device) => witnesses.includes(keyOf(device)))) return null;
    }
    if (passed >= watch) return null;
    await sleep(clock, lookPeriod, signal);
  }
}

function refuseTwins(devices: readonly UsbDeviceInfo[]): void {
  const places = [...new Set(devices.map(({ path }) => path))];
  if (places.length < 2) return;
  throw new BootctlError('dfu-ambiguous', `After one move of the lines DFU devices came at ${places.join(' and ')}`, {
    hint: 'Unplug the other board: what the lines do can be learned of one at a time.',
  });
}

/** The USART is called where the ROM may be on it, and no application is known to run. */
const isCallable = ({ rom, witnesses }: Wanted, bus: BusRecord): boolean =>
  rom?.over === 'usart' || (rom === null && !bus.isThere(witnesses));

async function callRom(
  { bench: { clock } }: Job,
  lines: LineDriver,
  { rom, watch }: Wanted,
  signal: AbortSignal,
): Promise<(SeenRom & { at: Milliseconds }) | null> {
  const isKnown = rom?.over === 'usart';
  if (isKnown) await sleep(clock, Math.min(beforeCalling, watch), signal);
  const answer = await answerToCall(lines.link, clock, isKnown ? watch : 0, signal);
  if (answer === 'none') return null;
  return { over: 'usart', place: lines.link.path, isFresh: answer === 'fresh', at: clock.now() };
}
