import type { Bootloader } from '../../../machines/bootloader.ts';
import { address32 } from '../../base/text.ts';
import type { UniqueIdPlace } from '../../chips/chip.ts';
import { findChip } from '../../chips/find-chip.ts';
import type { ProgressEvent } from '../job/events.ts';
import { readBeside } from './dfu-memories.ts';
import { readUnlisted } from './read-unlisted.ts';

/** 24 hex digits, the bytes in the order of their addresses; or in words why there is no id. */
export type UniqueIdReading = { readonly id: string } | { readonly id: undefined; readonly why: string };

/** For the report of a job. */
export const idEvent = (reading: UniqueIdReading): ProgressEvent => ({
  event: 'target.id',
  ...(reading.id === undefined ? { uniqueId: null, message: reading.why } : { uniqueId: reading.id }),
});

const wordBytes = 4;

/**
 * The unique id of a part (96 bits: RM0090 §39.1, and in every family since), as far as its ROM shows it. Nothing is taken for an
 * id that need not be one. `family` is the row of hardware/targets, if the profile names it; a ROM on USART names its own.
 * @throws BootctlError `usb-timeout`, `usart-timeout`, `target-lost`, and the signal's reason
 */
export async function readUniqueId(
  bootloader: Bootloader,
  family: string | undefined,
  signal: AbortSignal,
): Promise<UniqueIdReading> {
  const place = bootloader.uniqueIdPlace ?? (family === undefined ? undefined : findChip(family)?.uniqueId);
  if (!place)
    return noId(
      family === undefined ? unnamed : `no document that bootctl knows says where it is in a ${nameOf(family)}`,
    );
  if (place.hazard !== undefined) return noId(`at ${address32(place.address)} ${place.hazard}`);
  const bytes = await bytesAt(bootloader, place, signal);
  if (!bytes) return noId(`the ROM does not let ${address32(place.address)} be read`);
  const id = Buffer.concat(place.offsets.map((offset) => bytes.subarray(offset, offset + wordBytes)));
  if (id.every((byte) => byte === id[0]))
    return noId(`the ROM answers it with ${id.length} times 0x${hexOf(id.subarray(0, 1))}`);
  return { id: hexOf(id) };
}

async function bytesAt(
  bootloader: Bootloader,
  { address, offsets }: UniqueIdPlace,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const length = offsets[2] + wordBytes;
  const bytes = bootloader.readOutside
    ? await bootloader.readOutside(address, length, signal)
    : ((await readBeside(bootloader, address, length, signal)) ??
      (await readUnlisted(bootloader, address, length, signal)));
  return bytes?.length === length ? bytes : undefined;
}

const noId = (why: string): UniqueIdReading => ({ id: undefined, why });
const unnamed = 'the profile names no line, and a ROM does not say over DFU which one it is of';
const nameOf = (family: string): string => findChip(family)?.name ?? family;
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
