import type { BootctlError } from '../src/base/errors.ts';

/** Addresses of the sectors that could not be read in this job: they are erased unread. */
export type Unread = readonly number[];

/** The sector whose reading has failed; undefined where something else has. */
const sectorOf = ({ row, details: { sector } }: BootctlError): number | undefined =>
  row.tornRead !== undefined && typeof sector === 'number' ? sector : undefined;

/** Each sector once: that another one is found each time is what ends this. */
export const isNewlyUnread = (unread: Unread, error: BootctlError): boolean => {
  const sector = sectorOf(error);
  return sector !== undefined && !unread.includes(sector);
};

/** The same where the ROM can be asked on, without another boot entry. */
export const isNewlyRefused = (unread: Unread, error: BootctlError): boolean =>
  error.row.tornRead === 'there' && isNewlyUnread(unread, error);

export const unreadBy = (unread: Unread, error: BootctlError): Unread => [...unread, sectorOf(error)!];
