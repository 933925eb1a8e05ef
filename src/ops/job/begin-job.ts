import { AdapterLines } from './adapter/adapter-lines.ts';
import { openAdapter } from './adapter/open-adapter.ts';
import { Effects } from './effects.ts';
import type { Job } from './job.ts';
import type { JobSpec } from './job-spec.ts';

/** The job of a specification. Nothing is opened yet. */
export function beginJob({ onProgress = () => {}, interactive = false, ...given }: JobSpec): Job {
  const { profile, bench, port, timeout, confirm, trace, inspect } = given;
  const shared = { profile, bench, port, timeout, confirm, trace, inspect, report: onProgress, interactive };
  return {
    ...shared,
    effects: new Effects(),
    adapter: new AdapterLines(
      (onOpened) => openAdapter(shared, onOpened),
      () => bench.usb.list(),
    ),
    asked: { isDone: false },
    fasterRates: { areTried: false },
  };
}
