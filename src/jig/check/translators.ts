import type { TreeDevice, UsbTree } from '../../bench/usb-tree.ts';
import type { JigFacts } from './jig-finding.ts';

/** kB/s. Control transfers of 64 bytes at full speed, 13 in each frame of 1 ms (USB 2.0 table 5-2). */
export const fullSpeedControl = 832;
/** kB/s. What a job moves over its whole time: 0.5 MB in 4.5 s. */
export const jobSpeed = 115;

/** One bus of full speed: that of a translator, or of a root port. */
export interface FullSpeedBus {
  readonly what: string;
  /** Slots whose targets are on it, in the order of jig.yaml. */
  readonly slots: readonly string[];
}

/** The buses of full speed on which the targets of slots are. One that is at high speed now is on none. */
export function fullSpeedBuses({ slots, tree }: Pick<JigFacts, 'slots' | 'tree'>): readonly FullSpeedBus[] {
  const found = new Map<string, string[]>();
  for (const { slot, target } of slots) {
    if (target === undefined || tree.devices.some(({ path, speed }) => path === target && speed >= 480)) continue;
    const what = busOf(target, tree);
    found.set(what, [...(found.get(what) ?? []), slot.name]);
  }
  return [...found].map(([what, names]) => ({ what, slots: names }));
}

/** Nobody knows which kind it is. */
const missingHub = 'behind a hub that is not there now, at';

function busOf(target: string, tree: UsbTree): string {
  const hub = nearestTranslator(target, tree);
  const above = target.slice(0, Math.max(0, target.lastIndexOf('.')));
  if (above !== '' && !tree.devices.some(({ path }) => path === above)) return `${missingHub} ${above}`;
  if (!hub) return `root port ${target.split('.')[0]}`;
  if (hub.translators !== 'multi') return `hub at ${hub.path}, one translator`;
  return `port ${target.slice(hub.path.length + 1).split('.')[0]} of the hub at ${hub.path}`;
}

/** The hub of high speed that is next above a place. */
export const nearestTranslator = (place: string, { devices }: UsbTree): TreeDevice | undefined =>
  devices
    .filter(({ path, isHub, speed }) => isHub && speed >= 480 && place.startsWith(`${path}.`))
    .toSorted((a, b) => b.path.length - a.path.length)[0];

/** How the jobs on one bus share it, by reckoning; nothing is measured. */
export interface SpeedRow extends FullSpeedBus {
  /** Jobs that run at once. */
  readonly atOnce: number;
  /** kB/s that each of them has at least; undefined behind a hub that is not there. */
  readonly each: number | undefined;
  /** So many times as long as alone a job takes at most; likewise. */
  readonly factor: number | undefined;
}

export const speedRows = (facts: Pick<JigFacts, 'slots' | 'tree' | 'jig'>): readonly SpeedRow[] =>
  fullSpeedBuses(facts).map((bus) => {
    const atOnce = Math.min(bus.slots.length, facts.jig.plan.together);
    if (bus.what.startsWith(missingHub)) return { ...bus, atOnce, each: undefined, factor: undefined };
    const each = Math.floor(fullSpeedControl / atOnce);
    return { ...bus, atOnce, each, factor: Math.max(1, Math.round((10 * jobSpeed * atOnce) / fullSpeedControl) / 10) };
  });
