import type { FirmwareImage } from '../../image/firmware-image.ts';
import { outside } from './runs.ts';

/** The image, and beside it what a person wants back. */
export function withRestored(image: FirmwareImage, restored: FirmwareImage): FirmwareImage {
  const own = [...image.segments].sort((a, b) => a.address - b.address);
  const beside = outside(restored.segments, own).map((run) => ({ ...run, origin: restored.name }));
  return { ...image, segments: [...own, ...beside] };
}
