import { amount } from '../../base/text.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { JobSpec } from './job-spec.ts';

/** The first that is said of a job: board, image, and whether its bench is simulated. */
export function tellBeginning(
  {
    profile,
    image,
    onProgress,
  }: Pick<JobSpec, 'profile' | 'onProgress'> & { readonly image?: FirmwareImage | undefined },
  scenario: string | undefined,
): void {
  const note = (message: string) => onProgress?.({ event: 'note', message });
  note(`profile ${profile.id}, ${image ? `image ${image.name}, ${amount(image.bytes, 'bytes')}` : 'no image'}`);
  for (const text of image?.notes ?? []) note(`image: ${text}`);
  if (scenario) note(`simulated bench, scenario ${scenario}: no hardware is used`);
}
