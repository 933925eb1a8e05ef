import { resolve } from 'node:path';
import type { Bench } from './bench/bench.ts';
import { findProfile } from './board/profile/find-profile.ts';
import type { BoardProfile } from './board/profile.ts';
import type { FirmwareImage } from './image/firmware-image.ts';
import { parseImage, readImage } from './image/load-image.ts';
import type { RecoverResult } from './ops/job/events.ts';
import { type RecoverSpec as JobSpec, recover as runRecover } from './ops/recover.ts';
import type { ScenarioName } from './sim/scenarios.ts';

export type { ErrorKind } from './base/error-catalog/row.ts';
export type { ErrorCode } from './base/errors.ts';
export { BootctlError, errorCodes, exitStatus, isBootctlError } from './base/errors.ts';
export type { Milliseconds } from './base/units.ts';
export type { Bench } from './bench/bench.ts';
export type { Clock } from './bench/clock.ts';
export type { LinePlan, MethodName, Rung } from './board/circuit/plan.ts';
export { bootLadder } from './board/ladder.ts';
export { parseProfile } from './board/profile/parse-profile.ts';
export type { BoardProfile } from './board/profile.ts';
export type { FirmwareImage, Segment } from './image/firmware-image.ts';
export { parseImage, readImage } from './image/load-image.ts';
export type {
  AttemptReport,
  FlashCondition,
  FlashPhase,
  KeptReason,
  KeptReport,
  OnProgress,
  ProgressEvent,
  RecoverResult,
} from './ops/job/events.ts';

/** The options of a job, with what it works on by name. */
export interface RecoverOptions extends Omit<JobSpec, 'profile' | 'image' | 'bench'> {
  /** An id, a path, or a profile that has been loaded. */
  readonly profile: string | BoardProfile;
  /** A path, the content of an image file, or a parsed image; without one the target stays in its bootloader. */
  readonly image?: string | Uint8Array | FirmwareImage | undefined;
  /** Where a raw binary goes. */
  readonly address?: number | undefined;
  /** Scenario of a simulated bench; `bootctl simulate` lists them. */
  readonly simulate?: ScenarioName | (string & {}) | undefined;
  /** The caller's own bench, which stays open; this host's unless said otherwise. */
  readonly bench?: Bench | undefined;
  /** USB path of the target, such as `1-2.3`. */
  readonly usbPath?: string | undefined;
  /** Line of the target, such as `F405_407`, instead of the profile's. */
  readonly target?: string | undefined;
}

/**
 * The main job: gets the target into its bootloader, flashes and verifies the image, leaves, and proves that the
 * application runs. A job that fails resolves too: look at `ok` and `error` of the result.
 * @throws BootctlError of kind `usage`, before anything has moved
 */
export async function recover(options: RecoverOptions): Promise<RecoverResult> {
  const { profile: wanted, bench, usbPath, target, ...rest } = options;
  const given = typeof wanted === 'string' ? loadProfile(wanted) : wanted;
  const profile = {
    ...given,
    ...(target === undefined ? {} : { target: { family: target } }),
    ...(usbPath === undefined ? {} : { usb: { ...given.usb, path: usbPath } }),
  };
  const job = { ...rest, profile, image: await imageOf(options) };
  if (bench) return runRecover({ ...job, bench });
  const own = await openBench(profile, options);
  try {
    return await runRecover({ ...job, bench: own });
  } finally {
    await own[Symbol.asyncDispose]();
  }
}

/**
 * A profile by id, built in or in `./bootctl/profiles`, or by path.
 * @throws BootctlError `profile-unknown`, `profile-invalid`
 */
export const loadProfile = (profile: string): BoardProfile => findProfile(profile, { cwd: resolve('.') });

async function imageOf({ image, address }: RecoverOptions): Promise<FirmwareImage | undefined> {
  const options = address === undefined ? {} : { address };
  if (typeof image === 'string') return readImage(image, options);
  return image instanceof Uint8Array ? parseImage(image, 'image', options) : image;
}

async function openBench(profile: BoardProfile, { simulate, port }: RecoverOptions): Promise<Bench> {
  if (simulate === undefined) return (await import('./host/node-bench.ts')).nodeBench();
  const { createSimBench } = await import('./sim/sim-bench.ts');
  return createSimBench({ profile, scenario: simulate, ...(port === undefined ? {} : { port }) });
}
