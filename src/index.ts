import { BootctlError } from './base/errors.ts';
import type { HostFacts } from './bench/host-facts.ts';
import type { BoardProfile } from './board/profile.ts';
import {
  type OnBench,
  type OnBoard,
  type OptionsOf,
  onBench,
  onBoard,
  portTroubleOf,
  profileOf,
  type WithImage,
  withImage,
} from './library/on-board.ts';
import { type CalibrateResult, type CalibrateSpec, calibrate as runCalibrate } from './ops/calibrate.ts';
import { type DoctorResult, doctor as runDoctor } from './ops/doctor.ts';
import { enter as runEnter } from './ops/enter.ts';
import { type EraseSpec, erase as runErase } from './ops/erase.ts';
import { type FlashSpec, flash as runFlash } from './ops/flash.ts';
import { type InfoResult, info as runInfo } from './ops/info.ts';
import type { RecoverResult } from './ops/job/events.ts';
import type { JobSpec } from './ops/job/job-spec.ts';
import { type LearnResult, type LearnSpec, learn as runLearn } from './ops/learn.ts';
import { type Inventory, list as runList } from './ops/list.ts';
import { type JobPlan, type PlanSpec, plan as runPlan } from './ops/plan.ts';
import { type ReadResult, type ReadSpec, read as runRead } from './ops/read.ts';
import { recover as runRecover } from './ops/recover.ts';
import { reset as runReset } from './ops/reset.ts';
import { verify as runVerify, type VerifySpec } from './ops/verify.ts';
import { writeMemory as runWriteMemory, type WriteMemoryResult, type WriteMemorySpec } from './ops/write-memory.ts';

export type { ErrorKind } from './base/error-catalog/row.ts';
export type { ErrorCode } from './base/errors.ts';
export { BootctlError, errorCodes, exitStatus, isBootctlError } from './base/errors.ts';
export type { Milliseconds } from './base/units.ts';
export type { Bench } from './bench/bench.ts';
export type { Clock } from './bench/clock.ts';
export type { HostFacts } from './bench/host-facts.ts';
export type { LinePlan, MethodName, Rung } from './board/circuit/plan.ts';
export { bootLadder } from './board/ladder.ts';
export { parseProfile } from './board/profile/parse-profile.ts';
export type { BoardProfile } from './board/profile.ts';
export type { FirmwareImage, Segment } from './image/firmware-image.ts';
export { parseImage, readImage } from './image/load-image.ts';
export { loadProfile, type OnBench, type OnBoard, type WithImage } from './library/on-board.ts';
export type { Memory, Written } from './ops/bootloader/dfu-memories.ts';
export type { CalibrateResult, Calibration } from './ops/calibrate.ts';
export type { Finding, Verdict } from './ops/doctor/doctor-check.ts';
export type { CheckedFinding, DoctorResult } from './ops/doctor.ts';
export type { KeptFiles } from './ops/engine/keep-files.ts';
export type { RestoredFile } from './ops/engine/restored-image.ts';
export type { InfoResult, TargetInfo } from './ops/info.ts';
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
export type { Learned, LearnResult } from './ops/learn.ts';
export type { Found, Inventory } from './ops/list.ts';
export type { JobPlan, PlannedErase } from './ops/plan.ts';
export type { ReadBytes, ReadResult } from './ops/read.ts';
export type { WriteMemoryResult } from './ops/write-memory.ts';
export { keptFiles } from './store/kept-files.ts';

/*
 * Every verb of the command line. One that works on a target resolves with a `RecoverResult`, also where the job has
 * failed: look at `ok` and `error`; whatever happens, RTS and DTR end idle and the port is closed. It rejects only with a
 * `BootctlError` of kind `usage`, for what is refused before anything has moved: `profile-unknown`, `profile-invalid`,
 * `scenario-unknown`, those of the image, and what each verb names. Times are in milliseconds, addresses and lengths in
 * bytes.
 */

export type EnterOptions = OptionsOf<JobSpec>;
export type InfoOptions = OptionsOf<JobSpec>;
export type ResetOptions = OptionsOf<JobSpec>;
export type CalibrateOptions = OptionsOf<CalibrateSpec>;
export type FlashOptions = OptionsOf<FlashSpec> & WithImage;
export type RecoverOptions = OptionsOf<FlashSpec> & Partial<WithImage>;
export type VerifyOptions = OptionsOf<VerifySpec> & Omit<WithImage, 'restore'>;
export type ReadOptions = OptionsOf<ReadSpec>;
export type EraseOptions = OptionsOf<EraseSpec>;
export type WriteMemoryOptions = OptionsOf<WriteMemorySpec>;
export type PlanOptions = Omit<OptionsOf<PlanSpec>, keyof OnBench | 'record'> & Partial<WithImage>;

/** On a simulated bench it needs the board that is to be learned. */
export type LearnOptions = Omit<LearnSpec, 'bench' | 'isSimulated'> &
  OnBench & { readonly world?: string | BoardProfile | undefined };

/** On a simulated bench it needs the profile that the bench is made of. */
export type ListOptions = OnBench & Partial<Omit<OnBoard, 'record'>>;

export interface DoctorOptions extends ListOptions {
  /** What is known of the computer; asked of this one unless said otherwise. */
  readonly host?: HostFacts | undefined;
}

/**
 * The main job: gets the target into its bootloader, flashes and verifies the image, leaves, and proves that the
 * application runs. Without an image the target stays in its bootloader.
 * @throws BootctlError of kind `usage`, before anything has moved
 */
export async function recover({ image, ...options }: RecoverOptions): Promise<RecoverResult> {
  if (image === undefined) return enter(options);
  return onBoard(await withImage({ ...options, image }), runRecover);
}

/**
 * Brings the target into its bootloader and leaves it there: `method` and `bootloader` of the result say how.
 * @throws BootctlError of kind `usage`, before anything has moved
 */
export const enter = (options: EnterOptions): Promise<RecoverResult> => onBoard(options, runEnter);

/**
 * Writes what differs of an image, verifies it, leaves the bootloader (with `stay` not) and sees the application run.
 * `flash` of the result says what the flash holds, after a failure as well.
 * @throws BootctlError of kind `usage`, before anything has moved: also the checks of the image, which `force` overrides
 */
export const flash = async (options: FlashOptions): Promise<RecoverResult> =>
  onBoard(await withImage(options), runFlash);

/**
 * Compares the flash with an image, byte for byte, and changes nothing. A difference is the error `verify-mismatch`.
 * @throws BootctlError of kind `usage`, before anything has moved
 */
export const verify = async (options: VerifyOptions): Promise<RecoverResult> =>
  onBoard(await withImage(options), runVerify);

/**
 * Reads `length` bytes from `address` on: all of the flash without them, or another memory by its number `alternate`.
 * `read` of the result has the bytes, or null where the job has failed. Changes nothing; of the flash each byte is read twice.
 * @throws BootctlError of kind `usage`, before anything has moved: `image-out-of-range`
 */
export const read = (options: ReadOptions): Promise<ReadResult> => onBoard(options, runRead);

/**
 * Erases the sectors that hold `length` bytes from `address` on, or all of the flash, and looks whether they are blank; the
 * target stays in its bootloader. There is no question and no way back.
 * @throws BootctlError of kind `usage`, before anything has moved: `image-out-of-range`
 */
export const erase = (options: EraseOptions): Promise<RecoverResult> => onBoard(options, runErase);

/**
 * Lists the memories of the target, and what is known of its ROM: `info` of the result, or null where the job has failed.
 * Changes nothing.
 * @throws BootctlError of kind `usage`, before anything has moved
 */
export const info = (options: InfoOptions): Promise<InfoResult> => onBoard(options, runInfo);

/**
 * Writes all bytes of option bytes, OTP or another memory, by its number in `info`, and reads them back where the ROM
 * allows that: `written` of the result, or null where the job has failed. Option bytes can lock a target for good.
 * @throws BootctlError of kind `usage`, before anything has moved
 */
export const writeMemory = (options: WriteMemoryOptions): Promise<WriteMemoryResult> =>
  onBoard(options, runWriteMemory);

/**
 * Resets the target with BOOT0 low, so that its application starts. `target` of the result is `application` only where the
 * USB has shown that the pulse reached it.
 * @throws BootctlError of kind `usage`, before anything has moved
 */
export const reset = (options: ResetOptions): Promise<RecoverResult> => onBoard(options, runReset);

/**
 * Measures a board by resets with changed timing: `calibration` of the result, or null where the job has failed. Nothing is
 * erased or written, also no profile; the board ends in its application.
 * @throws BootctlError of kind `usage`, before anything has moved: `board-not-measurable`
 */
export const calibrate = (options: CalibrateOptions): Promise<CalibrateResult> => onBoard(options, runCalibrate);

/**
 * Finds out what RTS and DTR do to a board that nobody has described, and makes the profile `id` of it: `learned` of the result
 * has its text, and what remains unknown; null where it was interrupted. It moves the lines of the adapter at once and many
 * times. Nothing is erased or written, also no file.
 * @throws BootctlError of kind `usage`, before anything has moved
 */
export async function learn({ world, ...options }: LearnOptions): Promise<LearnResult> {
  const board = world === undefined ? undefined : profileOf({ profile: world });
  const isSimulated = options.simulate !== undefined;
  return onBench(options, board, (bench) => runLearn({ ...options, isSimulated, bench }));
}

/**
 * Resolves with the serial ports and USB devices that are there, and with what speaks against using each. Nothing is moved:
 * no port is opened, and nothing is sent to a USB device.
 * @throws BootctlError of kind `usage`
 */
export async function list(options: ListOptions = {}): Promise<Inventory> {
  const { profile } = options;
  const known = profile === undefined ? undefined : profileOf({ ...options, profile });
  const portTrouble = await portTroubleOf(options);
  return onBench(options, known, (bench) => runList({ bench, portTrouble }));
}

/**
 * Resolves with what was found that stands in the way of a job: `ok` is false, and `error` is `host-not-ready`, where a
 * finding is a `problem`. A profile that cannot be read is such a finding. Nothing is moved, as with `list`.
 * @throws BootctlError `scenario-unknown`, `usage`
 */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorResult> {
  const profile = readProfile(options);
  const host = options.host ?? (await import('./host/system/host-facts.ts')).nodeHostFacts();
  const portTrouble = await portTroubleOf(options);
  const known = profile instanceof BootctlError ? undefined : profile;
  return onBench(options, known, async (bench) => runDoctor({ bench, portTrouble, host: await host, profile }));
}

function readProfile({ profile, ...options }: ListOptions) {
  if (profile === undefined) return undefined;
  try {
    return profileOf({ ...options, profile });
  } catch (error) {
    if (error instanceof BootctlError) return error;
    throw error;
  }
}

/**
 * Resolves with what a job would do: its ways in with the times of every edge, and the sectors that the image erases as far
 * as a layout of the target is known. Nothing is opened.
 * @throws BootctlError of kind `usage`, as the job itself would
 */
export async function plan({ image, ...options }: PlanOptions): Promise<JobPlan> {
  if (image !== undefined) return runPlan(await withImage({ ...options, image }));
  return runPlan({ ...options, profile: profileOf(options), restore: undefined });
}
