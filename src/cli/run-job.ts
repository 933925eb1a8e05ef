import { BootctlError } from '../base/errors.ts';
import { builtInProfile } from '../board/profile/built-in-profile.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { agreeToErase } from './agree-to-erase.ts';
import type { CliContext } from './context.ts';
import type { CliOptions } from './options.ts';
import type { TaskMaker } from './target-jobs.ts';

export interface JobRequest {
  /** Several are flashed as one; without an image the target stays in its bootloader. */
  readonly images?: readonly string[] | undefined;
  readonly options: CliOptions;
  /** What to do with the target; the main job without it. */
  readonly task?: TaskMaker | undefined;
}

/** The main job, or with `--dry-run` what it would be; resolves with the exit status. @throws BootctlError of kind `usage` */
export async function runJob(context: CliContext, { images = [], options, task }: JobRequest): Promise<number> {
  const scenario = await scenarioOf(options, images[0]);
  const profile = await readProfile(context, options);
  const image = images.length === 0 ? undefined : await readImagesFor(context, images, profile, options);
  if (options.dryRun) {
    const [{ dryRun }, { restoredFile }] = await Promise.all([import('./dry-run.ts'), import('./restored-file.ts')]);
    return dryRun(context, { profile, image, restored: (await restoredFile(context, options))?.image, options });
  }
  if (options.unprotect) await agreeToErase(context, options, image);
  context.signal.throwIfAborted();
  const { runOnBench } = await import('./run-on-bench.ts');
  return runOnBench(context, { profile, image, scenario, options, task });
}

/** The profile of `--profile`, with `--target`, `--usb-path` and `--baud` in it. @throws BootctlError `usage`, `profile-unknown`, `profile-invalid` */
export async function readProfile(context: CliContext, options: CliOptions): Promise<BoardProfile> {
  if (options.profile === undefined) {
    throw new BootctlError('usage', 'No board profile is given', {
      hint: 'Add `--profile <id|path>`; `bootctl profile list` shows the ids.',
    });
  }
  const profile = builtInProfile(options.profile) ?? (await ownProfile(context, options.profile));
  const { usbPath, baud, target } = options;
  return {
    ...profile,
    ...(target === undefined ? {} : { target: { family: await lineNamed(target) } }),
    ...(usbPath === undefined ? {} : { usb: { ...profile.usb, path: usbPath } }),
    ...(baud === undefined ? {} : { usart: { ...profile.usart, baudRate: baud, fastestBaudRate: baud } }),
  };
}

/** @throws BootctlError `usage` */
async function lineNamed(key: string): Promise<string> {
  const { targetNamed } = await import('./target-named.ts');
  return targetNamed(key).key;
}

async function ownProfile({ cwd, profileFolder }: CliContext, name: string): Promise<BoardProfile> {
  const { findProfile } = await import('../board/profile/find-profile.ts');
  return findProfile(name, { cwd, ...(profileFolder ? { userFolder: profileFolder } : {}) });
}

/** The profile's target chooses the part of a UF2 file that serves several chips. */
async function readImagesFor(
  context: CliContext,
  texts: readonly string[],
  { target }: BoardProfile,
  options: CliOptions,
): Promise<FirmwareImage> {
  const [{ readImages }, { imageTarget }, { findTarget }] = await Promise.all([
    import('./image-files.ts'),
    import('../ops/engine/check-image.ts'),
    import('../chips/targets.ts'),
  ]);
  return readImages(context, texts, options, imageTarget(target && findTarget(target.family)).uf2Families);
}

/** Name of the scenario; undefined for real hardware. */
export async function scenarioOf({ simulate }: CliOptions, image?: string): Promise<string | undefined> {
  if (simulate === undefined) return undefined;
  if (simulate === true) return (await import('../sim/scenarios.ts')).defaultScenario;
  if (image === undefined && /[./\\]/.test(simulate)) {
    throw new BootctlError('usage', `--simulate took ${JSON.stringify(simulate)} for the name of a scenario`, {
      hint: `Put the image before it: \`bootctl recover ${simulate} --simulate\`.`,
    });
  }
  return simulate;
}
