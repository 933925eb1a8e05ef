import { pairingMachine } from '../../../machines/pairing.machine.ts';
import type { Asked, PairingOutput } from '../../../machines/pairing.policy.ts';
import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Bench } from '../../bench/bench.ts';
import { sleep } from '../../bench/clock.ts';
import { isPortAt, type PortInfo, placeOfPort } from '../../bench/serial-link.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { isLineMethod } from '../../board/circuit/planner.ts';
import type { BoardProfile, UsbFilter } from '../../board/profile.ts';
import { whyNoDfu } from '../../ops/entry/awaited.ts';
import { knownAdapter } from '../../ops/job/adapter/known-adapters.ts';
import { isApart } from '../../ops/job/application-place.ts';
import { Effects } from '../../ops/job/effects.ts';
import { runMachine } from '../../ops/job/run-machine.ts';
import { runJob } from '../../ops/run-job.ts';
import { type IsBootloader, watchedBench } from './watched-bus.ts';

/** A port of an adapter that is asked. */
export interface AskedPort extends PortInfo {
  /** As a slot names it: `1-3.2`, or `1-3.2:1.1` where its adapter has several. */
  readonly place: string;
}

export interface PairSpec {
  readonly bench: Bench;
  /** Of all boards. */
  readonly profile: BoardProfile;
  /** USB paths of adapters and targets that are in slots already: they are left alone. */
  readonly taken: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Told before each adapter that is asked: its port, which one it is, and of how many. */
  readonly onAsk?: ((port: AskedPort, done: number, total: number) => void) | undefined;
}

export interface PairResult extends PairingOutput {
  /** Targets that were there before, and that no adapter has reset; those of described slots are none. */
  readonly unmoved: readonly UnmovedTarget[];
}

export interface UnmovedTarget {
  /** Its USB path. */
  readonly target: string;
  readonly runs: 'bootloader' | 'application';
}

/** A reset into the application is over, and the host has noticed that the bootloader has left. */
const leaveLimit: Milliseconds = 2_000;
const leavePeriod: Milliseconds = 50;

/**
 * The adapters that a pairing would ask, in the order of their places.
 * @throws BootctlError `adapter-missing` where there is none, `usage` where the targets are not on USB
 */
export async function adaptersToAsk({
  bench,
  profile,
  taken,
}: Pick<PairSpec, 'bench' | 'profile' | 'taken'>): Promise<readonly AskedPort[]> {
  const why = whyNoDfu(profile);
  if (why !== undefined) {
    throw new BootctlError('usage', `Targets are found by their bootloaders on USB, and ${why}`, {
      hint: 'Write the slots into jig.yaml by hand.',
    });
  }
  if (!profile.methods.some(isLineMethod)) {
    throw new BootctlError(
      'usage',
      `Boards are told apart by the lines of their adapters, and none of the methods of ${profile.id} moves lines`,
      {
        hint: 'Write the slots into jig.yaml by hand.',
      },
    );
  }
  const all = await bench.serial.list();
  const ports = all
    .filter((port) => isAsked(port, profile) && !taken.some((place) => isPortAt(place, port)))
    .map((port) => ({ ...port, place: placeOfPort(port, all) }));
  if (ports.length > 0) return ports.toSorted((a, b) => byPlace(a.place, b.place));
  const which = taken.length === 0 ? 'No adapter' : 'No adapter beside those of the slots';
  throw new BootctlError('adapter-missing', `${which} of this profile is plugged in`);
}

function isAsked(port: PortInfo, { adapter: { vendorId, productId } }: BoardProfile): boolean {
  if (port.usbPath === undefined) return false;
  if (vendorId === undefined && productId === undefined) return knownAdapter(port) !== undefined;
  return (vendorId ?? port.vendorId) === port.vendorId && (productId ?? port.productId) === port.productId;
}

/** `1-2.9` before `1-2.10`. */
export const byPlace = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Finds which adapter belongs to which target. Nothing is erased or written; the boards end in their applications. */
export async function pair(spec: PairSpec): Promise<PairResult> {
  const { bench, profile, signal, onAsk } = spec;
  const ports = await adaptersToAsk(spec);
  const isBootloader = isA(profile.usb);
  const first = await bench.usb.list();
  const effects = new Effects();
  let done = 0;
  const machine = pairingMachine.provide({
    actors: {
      askAdapter: effects.actor(async (_signal, { adapter }: { readonly adapter: string }) => {
        const port = ports.find(({ place }) => place === adapter)!;
        onAsk?.(port, done++, 2 * ports.length);
        return ask(spec, port, isBootloader);
      }),
    },
  });
  try {
    const adapters = ports.map(({ place }) => place);
    const output = await runMachine(machine, { adapters, taken: spec.taken }, { clock: bench.clock, signal });
    return { ...output, unmoved: unmovedIn(first, await bench.usb.list(), spec) };
  } finally {
    await effects.settled();
  }
}

const isA =
  (wanted: Pick<UsbFilter, 'vendorId' | 'productId'>): IsBootloader =>
  ({ vendorId, productId }) =>
    vendorId === wanted.vendorId && productId === wanted.productId;

/** A reset makes another instance of a device. An application at a connector of its own says nothing of the target's place. */
function unmovedIn(
  first: readonly UsbDeviceInfo[],
  last: readonly UsbDeviceInfo[],
  { profile, taken }: Pick<PairSpec, 'profile' | 'taken'>,
): readonly UnmovedTarget[] {
  const { application, usb } = profile;
  const isApplication = application.expect === 'usb' && !isApart(profile) ? isA(application) : () => false;
  const remaining = new Set(last.map(({ instance }) => instance));
  return first
    .filter(({ instance, path }) => remaining.has(instance) && !taken.includes(path))
    .flatMap((device): readonly UnmovedTarget[] => {
      if (isA(usb)(device)) return [{ target: device.path, runs: 'bootloader' }];
      return isApplication(device) ? [{ target: device.path, runs: 'application' }] : [];
    });
}

const bootloadersOf = async (bench: Bench, isBootloader: IsBootloader) => (await bench.usb.list()).filter(isBootloader);

/** One adapter brings what is on its lines into the bootloader and back; what has come meanwhile is its own. */
async function ask({ bench, profile, signal }: PairSpec, port: AskedPort, isBootloader: IsBootloader): Promise<Asked> {
  const before = new Set((await bootloadersOf(bench, isBootloader)).map(({ instance }) => instance));
  const watched = watchedBench(bench, isBootloader, before);
  const { path: _anywhere, ...usb } = profile.usb;
  const spec = {
    profile: { ...profile, adapter: {}, usb, methods: profile.methods.filter(isLineMethod) },
    bench: watched.bench,
    port: port.path,
    signal,
  };
  const result = await runJob(spec, { work: async () => {}, after: 'restore' });
  signal?.throwIfAborted();
  const newcomers = watched.newcomers();
  const stayed = await stillThere(bench, isBootloader, before, signal);
  const { error } = result;
  return {
    adapter: port.place,
    newcomers,
    stayed,
    error: error && { message: error.message, hint: error.hint },
  };
}

/** Bootloaders that came and are still there when a reset into the application is over. */
async function stillThere(
  bench: Bench,
  isBootloader: IsBootloader,
  before: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  for (let waited = 0; ; waited += leavePeriod) {
    const there = (await bootloadersOf(bench, isBootloader)).filter(({ instance }) => !before.has(instance));
    if (there.length === 0 || waited >= leaveLimit) return there.map(({ path }) => path);
    await sleep(bench.clock, leavePeriod, signal);
  }
}
