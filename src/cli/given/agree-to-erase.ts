import { BootctlError } from '../../base/errors.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { CliContext } from '../context.ts';
import type { CliOptions } from './options.ts';

const word = 'erase';
const refuse = (message: string, hint: string): never => {
  throw new BootctlError('usage', message, { hint });
};

/**
 * Sees to it that a person has agreed to what `--unprotect` may do, before anything moves: by `--yes`, or by a word
 * typed at the terminal. @throws BootctlError `usage`
 */
export async function agreeToErase(
  { ask }: CliContext,
  { yes, json }: CliOptions,
  image: FirmwareImage | undefined,
): Promise<void> {
  if (!image) refuse('--unprotect is given without an image', 'Name the image that goes into the erased flash.');
  if (yes) return;
  if (!ask || json)
    refuse('--unprotect erases the whole flash, and nobody can be asked', 'Add `--yes` to agree to it.');
  const answer = await ask!(`This erases the whole flash of the target. Type '${word}' to go on:`);
  if (answer.trim() !== word)
    refuse('The erase was not agreed to; nothing has moved', `Type '${word}', or add \`--yes\`.`);
}
