import type { BoardProfile, UsbFilter } from '../../board/profile.ts';

/**
 * The only USB path where the application can be: its own, where the profile has one, else that of the bootloader. Undefined
 * where neither is named, and where it may be anywhere.
 */
export function applicationPlace({ application, usb }: Pick<BoardProfile, 'application' | 'usb'>): string | undefined {
  if (application.expect !== 'usb') return usb.path;
  return application.isAnywhere ? undefined : (application.path ?? usb.path);
}

/** The application where it comes at another connector than the bootloader: its place says nothing about that one's. */
export const apartOf = ({ application }: Pick<BoardProfile, 'application'>): UsbFilter | undefined =>
  application.expect === 'usb' && (application.path !== undefined || application.isAnywhere === true)
    ? application
    : undefined;

export const isApart = (profile: Pick<BoardProfile, 'application'>): boolean => apartOf(profile) !== undefined;

/** The profile for the application at this place alone. */
export function withApplicationAt<Profile extends Pick<BoardProfile, 'application' | 'usb'>>(
  profile: Profile,
  path: string,
): Profile {
  const { application, usb } = profile;
  if (!isApart(profile) || application.expect !== 'usb') return { ...profile, usb: { ...usb, path } };
  const { isAnywhere: _, ...expected } = application;
  return { ...profile, application: { ...expected, path } };
}
