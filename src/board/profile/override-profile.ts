import { targetNamed } from '../../chips/target-named.ts';
import type { BoardProfile } from '../profile.ts';

/** Values that the command line may replace for one run. */
export interface ProfileOverrides {
  /** Line of the target, such as `F405_407`. */
  readonly target?: string | undefined;
  /** USB path of the target, such as `1-2.3`. */
  readonly usbPath?: string | undefined;
  /** The ROM's USART at this baud rate and no other. */
  readonly baud?: number | undefined;
  /** How often a rung is tried whose DFU device does not come. */
  readonly attempts?: number | undefined;
}

/** The profile with these values in it. @throws BootctlError `usage` for an unknown chip */
export function overrideProfile(
  profile: BoardProfile,
  { target, usbPath, baud, attempts }: ProfileOverrides,
): BoardProfile {
  return {
    ...profile,
    ...(target === undefined ? {} : { target: { family: targetNamed(target).key } }),
    ...(usbPath === undefined ? {} : { usb: { ...profile.usb, path: usbPath } }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(baud === undefined ? {} : { usart: { ...profile.usart, baudRate: baud, fastestBaudRate: baud } }),
  };
}
