import { BootctlError } from '../../base/errors.ts';
import { sha256Hex } from '../../base/sha256.ts';
import { amount } from '../../base/text.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { combineImages } from '../../image/combine.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import { parseImage } from '../../image/load-image.ts';
import { knownOf } from '../../ops/engine/image-target.ts';
import type { JobImage } from './board-job.ts';

/** A file of a job with its bytes. */
export interface JobImageFile extends JobImage {
  readonly content: Uint8Array;
}

/** The most bytes of one file: Intel HEX of 2 MB of flash, the largest of any STM32 here, has less than 6 MB. */
const mostBytes = 8 * 2 ** 20;

/** @throws BootctlError `image-too-large` */
export function jobImageFile(content: Uint8Array, name: string, address: number | undefined): JobImageFile {
  if (content.length > mostBytes)
    throw new BootctlError(
      'image-too-large',
      `${name} has ${amount(content.length, 'bytes')}, and a job from afar takes ${amount(mostBytes, 'bytes')} a file`,
      { hint: '`bootctl image convert` makes a file without debug information, which no board needs.' },
    );
  return { sha256: sha256Hex(content), name, content, ...(address === undefined ? {} : { address }) };
}

/**
 * The files of a job as one image, as the command line reads them; undefined where there is none.
 * @throws BootctlError `image-unreadable` where a file is not what was submitted; those of `parseImage` and `combineImages`
 */
export function jobImage(files: readonly JobImageFile[], profile: BoardProfile): FirmwareImage | undefined {
  const known = knownOf(profile);
  const [first, ...rest] = files.map(({ sha256, name, address, content }) => {
    if (sha256Hex(content) !== sha256)
      throw new BootctlError('image-unreadable', `${name} is not the file that was submitted: its SHA-256 differs`);
    return parseImage(content, name, { ...known, ...(address === undefined ? {} : { address }) });
  });
  return first && combineImages([first, ...rest]);
}
