import { AdapterLines } from './adapter/adapter-lines.ts';
import { refuseWithoutLines } from './adapter/network-adapter.ts';
import { openAdapter } from './adapter/open-adapter.ts';
import { BesideOthers } from './beside-others.ts';
import { Effects } from './effects.ts';
import type { Job } from './job.ts';
import type { JobSpec } from './job-spec.ts';
import { boardOf } from './present-only.ts';

const waitsForTurn =
  'another job is finding out which board is its own: this one waits; the USB path of each board saves that';

/** The job of a specification. Nothing is opened yet. @throws BootctlError `port-without-lines`, `usage` */
export function beginJob({ onProgress = () => {}, interactive = false, noEntry, ...given }: JobSpec): Job {
  const { port, timeout, confirm, trace, inspect } = given;
  const { profile, only } = boardOf({ ...given, noEntry });
  refuseWithoutLines(port, profile);
  const beside = new BesideOthers(given.bench, profile.usb.path !== undefined, () =>
    onProgress({ event: 'note', message: waitsForTurn }),
  );
  const bench = beside.without(given.bench);
  const presentOnly = only && { presentOnly: only };
  const shared = { profile, bench, port, timeout, confirm, trace, inspect, report: onProgress, interactive };
  return {
    ...shared,
    ...presentOnly,
    beside,
    proves: false,
    effects: new Effects(),
    adapter: new AdapterLines(
      (onOpened) => openAdapter({ ...shared, ...presentOnly }, onOpened),
      () => bench.usb.list(),
    ),
    asked: { isDone: false },
    fasterRates: { areTried: false },
    romStartUp: {},
    unnoticed: {},
  };
}

/** The board of a profile that says where it is plugged in is this job's. @throws BootctlError `usb-busy` */
export function claimPlace({ beside, profile: { usb } }: Pick<Job, 'beside' | 'profile'>): void {
  if (usb.path !== undefined) beside.claim(usb.path);
}
