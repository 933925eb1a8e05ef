import type { Bootloader } from '../../../machines/bootloader.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import { uniqueIdOf } from '../bootloader/unique-id.ts';
import type { FlashCondition, KeptReport } from '../job/events.ts';
import type { Job, TargetWork } from '../job/job.ts';
import { flashTarget } from './flash.ts';
import { KeptAround } from './keep-around.ts';
import type { KeptFiles, KeptFrom } from './keep-files.ts';
import { withRestored } from './restored-image.ts';
import { bytesOf } from './runs.ts';
import { isProvable } from './same-board.ts';

/** What the flashing of one job holds across boot entries. */
export interface FlashHands {
  condition: FlashCondition;
  /** What stood around the image in sectors that are shared. */
  around: KeptAround | undefined;
  /** What an earlier job was to keep, where this one keeps nothing. */
  left: readonly KeptReport[];
}

export interface FlashImageOptions {
  /** Without an image the target stays in its bootloader. */
  readonly image?: FirmwareImage | undefined;
  /** Read back after programming; true unless said otherwise. */
  readonly verify?: boolean | undefined;
  /** Keep the bytes around the image in the sectors that it shares. */
  readonly keep?: boolean | undefined;
  /** A file whose bytes are put back beside the image, whatever stands there; the person has named it. Implies `keep`. */
  readonly restore?: { readonly path: string; readonly image: FirmwareImage } | undefined;
  /** Where those bytes wait while the flash does not hold them; without it, only in memory. */
  readonly keptFiles?: KeptFiles | undefined;
  /** Erase and write every sector of the image, whatever it holds. */
  readonly full?: boolean | undefined;
}

/** The work of the main job: brings the image into the flash. */
export function flashImage(hands: FlashHands, options: FlashImageOptions): TargetWork {
  const { image, verify = true, keep, full, restore, keptFiles } = options;
  const wanted = restore ? withRestored(image!, restore.image) : image!;
  return async (job, target, onCondition, signal) => {
    if (keep || restore) hands.around ??= await aroundOf(job, target, options, signal);
    else hands.left = await tellOfKept(job, target, options);
    const { around, condition } = hands;
    const flashOptions = { verify, around, isFull: full, condition, unread: job.unread, onCondition };
    const { error, condition: reached } = await flashTarget(job, target, wanted, flashOptions, signal);
    if (error) throw error;
    if (reached !== 'verified') return;
    await around?.forget();
    if (restore) await keptFiles?.remove(restore.path);
  };
}

async function aroundOf(
  job: Job,
  target: Bootloader,
  { keptFiles, restore }: FlashImageOptions,
  signal: AbortSignal,
): Promise<KeptAround> {
  const from = { ...keptFrom(job, target), uniqueId: await uniqueIdOf(target, job.profile.target?.family, signal) };
  const around = new KeptAround(job.report, from, keptFiles);
  await around.open(target.layout.sectors, restore?.path);
  return around;
}

/** An interrupted job has left bytes, and nobody asks for them. */
async function tellOfKept(
  job: Job,
  target: Bootloader,
  { keptFiles }: FlashImageOptions,
): Promise<readonly KeptReport[]> {
  const from = keptFrom(job, target);
  const files = (await keptFiles?.find(from)) ?? [];
  for (const { path } of files) {
    job.report({
      event: 'note',
      message: `${path} holds what an interrupted job was to keep of a target at this place: --keep puts it back where this is provably that target, --restore ${path} in any case`,
    });
  }
  return files.map(({ path, runs }) => ({
    path,
    bytes: bytesOf(runs),
    reason: 'not-asked',
    isProvable: isProvable(from),
  }));
}

const keptFrom = ({ profile }: Job, { place, usb }: Bootloader): KeptFrom => ({
  profile: profile.id,
  place,
  serialNumber: usb?.serialNumber,
});
