import { BootctlError } from '../../base/errors.ts';
import { builtInProfile } from '../../board/profile/built-in-profile.ts';
import type { CheckOptions } from '../../board/profile/check-profile.ts';
import { overrideProfile } from '../../board/profile/override-profile.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { CliContext } from '../context.ts';
import type { CliOptions } from './options.ts';

/** The profile of `--profile`, with `--target`, `--usb-path` and `--baud` in it. @throws BootctlError `usage`, `profile-unknown`, `profile-invalid` */
export async function givenProfile(
  context: CliContext,
  options: CliOptions,
  check: CheckOptions = {},
): Promise<BoardProfile> {
  if (options.profile === undefined) {
    throw new BootctlError('usage', 'No board profile is given', {
      hint: 'Add `--profile <id|path>`; `bootctl profile list` shows the ids.',
    });
  }
  const profile = builtInProfile(options.profile) ?? (await ownProfile(context, options.profile, check));
  return overrideProfile(profile, options);
}

/** Only a profile in YAML needs its parser. */
async function ownProfile(
  { cwd, profileFolder }: CliContext,
  name: string,
  check: CheckOptions,
): Promise<BoardProfile> {
  const { findProfile } = await import('../../board/profile/find-profile.ts');
  return findProfile(name, { cwd, ...(profileFolder ? { userFolder: profileFolder } : {}) }, check);
}
