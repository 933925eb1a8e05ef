import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { UsbDevice } from '../../bench/usb-bus.ts';
import { cloneOf } from '../../chips/clones.ts';
import { contradiction, possibleChips } from '../../chips/contradictions.ts';
import { findChip } from '../../chips/find-chip.ts';
import { type MemoryLayout, parseMemoryLayout } from '../../protocol/dfuse/memory-layout.ts';
import { type AlternateSetting, readString } from '../../protocol/usb/descriptors.ts';

const mostListed = 8;

/**
 * Compares the memories of a DFU device with the chip that the profile names. It uses descriptors only, so that no
 * request has changed the device's state yet. A clone is not compared, because its maker chose other memories.
 * @throws BootctlError `target-unexpected` if it cannot be that chip
 */
export async function refuseOtherChip(
  device: UsbDevice,
  alternates: readonly AlternateSetting[],
  layout: MemoryLayout,
  family: string | undefined,
): Promise<void> {
  const chip = family === undefined ? undefined : findChip(family);
  if (!chip || cloneOf(device.info)) return;
  const seen = { sectors: layout.sectors, optionBytes: await optionBytesOf(device, alternates) };
  const against = contradiction(chip, seen);
  if (against === undefined) return;
  const chips = possibleChips(seen);
  const [only] = chips;
  const listed = chips.slice(0, mostListed).join(', ') + (chips.length > mostListed ? ', …' : '');
  throw new BootctlError(
    'target-unexpected',
    `The DFU device at ${device.info.path} is not the ${chip.name} that the profile names (${chip.key}): ` +
      `it has ${JSON.stringify(layout.text)}, and ${against}; ${only ? `it could be ${listed}` : 'no known line has that'}`,
    {
      details: { expected: chip.key, layout: layout.text, possible: chips.join(' ') },
      hint:
        'Nothing was erased or written. See that the cable and the adapter go to the right board; ' +
        `if they do, name its line with \`--target ${only ?? 'KEY'}\`, or in \`target\` of a profile of your own.`,
    },
  );
}

/** Start of the memory that is named as option bytes. An unreadable name is ignored. */
async function optionBytesOf(device: UsbDevice, alternates: readonly AlternateSetting[]): Promise<number | undefined> {
  for (const { nameIndex } of alternates.slice(1)) {
    try {
      const { name, sectors } = parseMemoryLayout(await readString(device, nameIndex));
      if (/option ?bytes?/i.test(name)) return sectors[0]?.address;
    } catch (error) {
      if (!isBootctlError(error, 'dfu-malformed') && !isBootctlError(error, 'usb-stall')) throw error;
    }
  }
  return undefined;
}
