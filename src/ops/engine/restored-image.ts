import type { FirmwareImage } from '../../image/firmware-image.ts';
import { readImage } from '../../image/load-image.ts';
import { outside } from './runs.ts';

/** A file whose bytes are put back beside the image. */
export interface RestoredFile {
  readonly path: string;
  readonly image: FirmwareImage;
}

/** @throws BootctlError those of `readImage` */
export const readRestored = async (path: string): Promise<RestoredFile> => ({ path, image: await readImage(path) });

/** The image, together with the bytes that a person restores. */
export function withRestored(image: FirmwareImage, restored: FirmwareImage): FirmwareImage {
  const own = [...image.segments].sort((a, b) => a.address - b.address);
  const beside = outside(restored.segments, own).map((run) => ({ ...run, origin: restored.name }));
  return { ...image, segments: [...own, ...beside] };
}
