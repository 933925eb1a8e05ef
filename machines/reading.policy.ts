import type { BootctlError } from '../src/base/errors.ts';

/** Addresses of the sectors that could not be read in this job: they are erased unread. */
export type Unread = readonly number[];

/**
 * How a read fails that meets flash with a double ECC error: the ROM is `gone` (it hangs or resets) and has to be
 * entered again, or it is still `there` and has refused.
 */
const failedReads: Readonly<Record<string, 'gone' | 'there'>> = {
  'usb-timeout': 'gone',
  'target-lost': 'gone',
  'usart-timeout': 'gone',
  'usb-stall': 'there',
  'dfu-status': 'there',
  'usart-nack': 'there',
};

/** The sector whose reading has failed; undefined where something else has. */
const sectorOf = ({ code, details: { sector } }: BootctlError): number | undefined =>
  failedReads[code] !== undefined && typeof sector === 'number' ? sector : undefined;

/** Each sector once: that another one is found each time is what ends this. */
export const isNewlyUnread = (unread: Unread, error: BootctlError): boolean => {
  const sector = sectorOf(error);
  return sector !== undefined && !unread.includes(sector);
};

/** The same where the ROM can be asked on, without another boot entry. */
export const isNewlyRefused = (unread: Unread, error: BootctlError): boolean =>
  failedReads[error.code] === 'there' && isNewlyUnread(unread, error);

export const unreadBy = (unread: Unread, error: BootctlError): Unread => [...unread, sectorOf(error)!];
