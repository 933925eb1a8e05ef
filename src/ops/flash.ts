import type { Bootloader } from '../../machines/bootloader.ts';
import type { RecoverInput } from '../../machines/recover.machine.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { idEvent, readUniqueId, type UniqueIdReading } from './bootloader/unique-id.ts';
import { checkImage, checkPlace, noteOverridden } from './engine/check-image.ts';
import { flashTarget } from './engine/flash.ts';
import { namedNotes } from './engine/image-notes.ts';
import { KeptAround } from './engine/keep-around.ts';
import type { KeptFiles, KeptFrom } from './engine/keep-files.ts';
import { type RestoredFile, withRestored } from './engine/restored-image.ts';
import { bytesOf } from './engine/runs.ts';
import { isProvable } from './engine/same-board.ts';
import type { KeptReport, RecoverResult } from './job/events.ts';
import type { Job } from './job/job.ts';
import type { JobSpec } from './job/job-spec.ts';
import { runJob, type Verb } from './run-job.ts';

export interface FlashSpec extends JobSpec {
  readonly image: FirmwareImage;
  /**
   * Asked as soon as the bootloader answers, and before anything is erased or written: what this very chip gets. It stands at places
   * of `image`, which is checked before. After a target was lost it is asked again.
   */
  readonly imageOf?: ((chip: UniqueIdReading, signal: AbortSignal) => Promise<FirmwareImage>) | undefined;
  /** Flash an image that looks wrong; each check that it overrides is a `note`. */
  readonly force?: boolean | undefined;
  /** Read back after programming; true unless said otherwise. */
  readonly verify?: boolean | undefined;
  /** Keep the bytes around the image in the sectors that it shares. */
  readonly keep?: boolean | undefined;
  /** A file whose bytes are put back beside the image, whatever stands there; the person has named it. Implies `keep`. */
  readonly restore?: RestoredFile | undefined;
  /** Where those bytes wait while the flash does not hold them; without it, only in memory. */
  readonly keptFiles?: KeptFiles | undefined;
  /** Erase and write every sector of the image, whatever it holds. */
  readonly full?: boolean | undefined;
  /** Remove readout protection where it is found; erases the whole flash. */
  readonly unprotect?: boolean | undefined;
  /** Leave the target in its bootloader afterwards. */
  readonly stay?: boolean | undefined;
}

/**
 * Writes what differs of the image, verifies it, leaves the bootloader and sees the application run.
 * @throws BootctlError of kind `usage`, before anything has moved
 */
export async function flash(spec: FlashSpec): Promise<RecoverResult> {
  const { image, profile, restore, unprotect, stay, onProgress } = spec;
  const overridden = checkImage(image, profile, spec);
  if (restore) checkPlace(restore.image, profile);
  noteOverridden(overridden, onProgress);
  for (const message of namedNotes(image, profile)) onProgress?.({ event: 'note', message });
  const after: RecoverInput['after'] = stay ? 'stay' : 'prove';
  return runJob(spec, { ...flashWork(spec), after, unprotect });
}

/** Brings the image into the flash. What stood around it outlives a bootloader that is lost. */
function flashWork(spec: FlashSpec): Required<Pick<Verb, 'work' | 'kept' | 'image'>> {
  const { verify = true, keep, full, restore, keptFiles, imageOf } = spec;
  let image = spec.image;
  let around: KeptAround | undefined;
  let left: readonly KeptReport[] = [];
  return {
    image: () => image,
    work: async (job, bootloader, onCondition, signal) => {
      if (imageOf) image = await imageOf(await identify(job, bootloader, signal), signal);
      if (keep || restore) around ??= await aroundOf(job, bootloader, spec, signal);
      else left = await tellOfKept(job, bootloader, spec);
      const { unread, condition } = job;
      const options = { verify, around, full, condition, unread, onCondition };
      const wanted = restore ? withRestored(image, restore.image) : image;
      const { error, condition: reached } = await flashTarget(job, bootloader, wanted, options, signal);
      if (error) throw error;
      if (reached !== 'verified') return;
      await around?.forget();
      if (restore) await keptFiles?.remove(restore.path);
    },
    kept: async (condition) => {
      if (condition === 'untouched') await around?.discard();
      return around?.left(condition) ?? left;
    },
  };
}

/** A chip that is protected against being read shows no id either: that is said first. */
async function identify(job: Job, bootloader: Bootloader, signal: AbortSignal): Promise<UniqueIdReading> {
  await bootloader.probe(signal);
  const reading = await readUniqueId(bootloader, job.profile.target?.family, signal);
  job.report(idEvent(reading));
  return reading;
}

async function aroundOf(
  job: Job,
  bootloader: Bootloader,
  { keptFiles, restore }: FlashSpec,
  signal: AbortSignal,
): Promise<KeptAround> {
  const { id: uniqueId } = await readUniqueId(bootloader, job.profile.target?.family, signal);
  const from = { ...keptFrom(job, bootloader), uniqueId };
  const around = new KeptAround(job.report, from, keptFiles);
  await around.open(bootloader.layout.sectors, restore?.path);
  return around;
}

/** An interrupted job has left bytes, and this job was not asked to put them back. */
async function tellOfKept(job: Job, bootloader: Bootloader, { keptFiles }: FlashSpec): Promise<readonly KeptReport[]> {
  const from = keptFrom(job, bootloader);
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
