import type { FirmwareImage } from '../image/firmware-image.ts';
import { enter } from './enter.ts';
import { type FlashSpec, flash } from './flash.ts';
import type { RecoverResult } from './job/events.ts';

export interface RecoverSpec extends Omit<FlashSpec, 'image'> {
  /** Without an image the target stays in its bootloader. */
  readonly image?: FirmwareImage | undefined;
}

/**
 * The main job: gets the target into its bootloader, flashes and verifies the image, leaves, and proves that the
 * application runs. @throws BootctlError of kind `usage`, before anything has moved
 */
export const recover = ({ image, ...spec }: RecoverSpec): Promise<RecoverResult> =>
  image ? flash({ ...spec, image }) : enter(spec);
