import { resolve } from 'node:path';
import { BootctlError } from '../base/errors.ts';
import type { Bench } from '../bench/bench.ts';
import { findProfile } from '../board/profile/find-profile.ts';
import { overrideProfile, type ProfileOverrides } from '../board/profile/override-profile.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { parseImage, readImage } from '../image/load-image.ts';
import { knownOf } from '../ops/engine/image-target.ts';
import { type RestoredFile, readRestored } from '../ops/engine/restored-image.ts';
import type { RecoverResult } from '../ops/job/events.ts';
import type { JobSpec } from '../ops/job/job-spec.ts';
import type { PortTrouble } from '../ops/list.ts';
import type { ScenarioName } from '../sim/scenarios.ts';
import { type FlightRecorder, openFlightRecorder } from '../trace/flight-recorder.ts';

/** Where a verb works: this computer, a simulated bench, or the caller's own. */
export interface OnBench {
  /** The caller's own bench, which stays open. Default: this computer. */
  readonly bench?: Bench | undefined;
  /** Scenario of a simulated bench, such as `crashed`; `bootctl simulate` lists them. */
  readonly simulate?: ScenarioName | (string & {}) | undefined;
}

/** The board that a verb works on. */
export interface OnBoard extends OnBench, ProfileOverrides {
  /** An id (built in, or in `./bootctl/profiles`), a path, or a profile that has been loaded. */
  readonly profile: string | BoardProfile;
  /** File that records the job. `bootctl trace` shows it. It may replace an older trace, but no other file. */
  readonly record?: string | undefined;
}

/** The image that a verb works with. */
export interface WithImage {
  /** A path, the content of an image file, or an image that has been parsed. */
  readonly image: string | Uint8Array | FirmwareImage;
  /** Address of a raw binary. Refused for a format that carries its own addresses. */
  readonly address?: number | undefined;
  /** A file whose bytes are put back beside the image, or its path. */
  readonly restore?: string | RestoredFile | undefined;
}

/** Options of a verb: its specification, with the board, the bench and the image as a caller names them. */
export type OptionsOf<Spec> = Omit<Spec, 'profile' | 'bench' | 'image' | 'restore'> & OnBoard;

/**
 * A profile by id, built in or in `./bootctl/profiles`, or by path.
 * @throws BootctlError `profile-unknown`, `profile-invalid`
 */
export const loadProfile = (profile: string): BoardProfile => findProfile(profile, { cwd: resolve('.') });

/** The chosen profile, with the values that the options replace. @throws BootctlError of kind `usage` */
export const profileOf = (options: OnBoard): BoardProfile =>
  overrideProfile(typeof options.profile === 'string' ? loadProfile(options.profile) : options.profile, options);

/** Runs an operation on the board and the bench that the options name. It closes the bench if it opened it. */
export async function onBoard<
  Options extends OnBoard & Pick<JobSpec, 'port' | 'onProgress'>,
  Result extends RecoverResult,
>(
  options: Options,
  operation: (spec: Options & { readonly profile: BoardProfile; readonly bench: Bench }) => Promise<Result>,
): Promise<Result> {
  const profile = profileOf(options);
  const recorder = options.record === undefined ? undefined : await recorderOf(options.record, options.onProgress);
  try {
    return await onBench(options, profile, (bench) => {
      const spec = { ...options, profile, bench };
      return recorder ? recorder.record(spec, operation) : operation(spec);
    });
  } finally {
    await recorder?.[Symbol.asyncDispose]();
  }
}

/** A failed write to the file ends the trace, but never the job. */
const recorderOf = (name: string, onProgress: JobSpec['onProgress']): Promise<FlightRecorder> =>
  openFlightRecorder({ path: resolve(name), name, argv: ['(library)'] }, (reason) => {
    const why = reason instanceof Error ? reason.message : String(reason);
    onProgress?.({ event: 'note', message: `the trace ${name} ends here: ${why}; the job goes on` });
  });

/** The same with a bench only. A simulated bench is made from the profile. */
export async function onBench<Result>(
  { bench, simulate, port }: OnBench & Pick<JobSpec, 'port'>,
  profile: BoardProfile | undefined,
  operation: (bench: Bench) => Promise<Result>,
): Promise<Result> {
  if (bench) return operation(bench);
  const own = simulate === undefined ? await realBench() : await simulatedBench(profile, simulate, port);
  try {
    return await operation(own);
  } finally {
    await own[Symbol.asyncDispose]();
  }
}

/** The options with the profile, the image and the file to be restored read. @throws BootctlError of kind `usage` */
export async function withImage<Options extends OnBoard & WithImage>(options: Options) {
  const profile = profileOf(options);
  const { restore } = options;
  return {
    ...options,
    profile,
    image: await imageOf(options, profile),
    restore: typeof restore === 'string' ? await readRestored(resolve(restore)) : restore,
  };
}

async function imageOf({ image, address }: WithImage, profile: BoardProfile): Promise<FirmwareImage> {
  const options = { ...(address === undefined ? {} : { address }), ...knownOf(profile) };
  if (typeof image === 'string') return readImage(image, options);
  return image instanceof Uint8Array ? parseImage(image, 'image', options) : image;
}

/** Why a port of this computer would not open. Other benches are not checked. */
export async function portTroubleOf({ bench, simulate }: OnBench): Promise<PortTrouble> {
  if (bench || simulate !== undefined) return async () => undefined;
  const { portTrouble } = await import('../host/serial/port-access.ts');
  return async (path) => portTrouble(path);
}

const realBench = async (): Promise<Bench> => (await import('../host/node-bench.ts')).nodeBench();

async function simulatedBench(
  profile: BoardProfile | undefined,
  scenario: string,
  port: string | undefined,
): Promise<Bench> {
  if (!profile) {
    throw new BootctlError('usage', 'A simulated bench is made of a profile, and none is given', {
      hint: 'Add `profile`, such as `rc-cap`.',
    });
  }
  const { createSimBench } = await import('../sim/sim-bench.ts');
  return createSimBench({ profile, scenario, ...(port === undefined ? {} : { port }) });
}
