import { BootctlError } from '../../base/errors.ts';
import type { Bench } from '../../bench/bench.ts';
import type { UsbDevice, UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { unpackedSerial } from '../../chips/clones.ts';
import type { RomBehaviour } from '../../chips/rom-behaviour.ts';
import { behaviourOf } from '../../chips/rom-quirks.ts';
import { bcdDfuSe } from '../../protocol/dfu/constants.ts';
import {
  type FunctionalDescriptor,
  functionalDescriptorType,
  parseFunctionalDescriptor,
} from '../../protocol/dfu/functional-descriptor.ts';
import { DfuSeClient } from '../../protocol/dfuse/client.ts';
import { inOrder } from '../../protocol/dfuse/in-order.ts';
import { type MemoryLayout, parseMemoryLayout, resized } from '../../protocol/dfuse/memory-layout.ts';
import { Pacing } from '../../protocol/dfuse/pacing.ts';
import {
  type AlternateSetting,
  parseConfiguration,
  readConfiguration,
  readString,
} from '../../protocol/usb/descriptors.ts';
import { DfuBootloader } from './dfu-bootloader.ts';
import { bringToIdle } from './dfu-session.ts';
import { refuseOtherChip } from './refuse-other-chip.ts';

/** Class, subclass and protocol of an interface in DFU mode (DFU 1.1 §4.2.3). */
const isDfuMode = (alternate: AlternateSetting): boolean =>
  alternate.interfaceClass === 0xfe && alternate.interfaceSubClass === 0x01 && alternate.interfaceProtocol === 0x02;

/**
 * Opens a DFU device and reads its state. `family` is the row of hardware/targets, if the profile names it.
 * @throws BootctlError `target-unexpected` if it cannot be that chip, `dfu-malformed`, `dfu-state`, and those of
 *   opening and transfers
 */
export async function openDfu(
  bench: Bench,
  info: UsbDeviceInfo,
  signal?: AbortSignal,
  family?: string,
): Promise<DfuBootloader> {
  const device = await bench.usb.open(info);
  try {
    const bootloader = await greet(bench, device, family, signal);
    // A job that has ended meanwhile would never close the device.
    signal?.throwIfAborted();
    return bootloader;
  } catch (error) {
    await device[Symbol.asyncDispose]();
    throw error;
  }
}

async function greet(
  { clock }: Bench,
  device: UsbDevice,
  family: string | undefined,
  signal?: AbortSignal,
): Promise<DfuBootloader> {
  const alternates = parseConfiguration(await readConfiguration(device)).filter(isDfuMode);
  const { transferSize } = functionalOf(alternates);
  const { alternate, layout: named } = await findFlash(device, alternates);
  const { vendorId, bcdDevice, serialNumber: serial } = device.info;
  const serialNumber = serial && unpackedSerial(serial);
  const rom = { vendorId, bcdDevice, serialNumber, layout: named.text, family };
  const { behaviour, ids } = behaviourOf({ interface: 'dfu', ...rom });
  const layout = corrected(named, behaviour);
  await refuseOtherChip(device, alternates, layout, family);
  await device.claimInterface(alternate.interfaceNumber);
  if (alternates.length > 1) await device.selectAlternate(alternate.interfaceNumber, alternate.alternateSetting);
  const pacing = new Pacing(behaviour.polling);
  const pipe = inOrder(device);
  const client = (abort?: AbortSignal) =>
    new DfuSeClient(pipe, alternate.interfaceNumber, clock, abort, { ...behaviour, pacing });
  await bringToIdle({ device, alternate, alternates, client }, signal);
  return new DfuBootloader({
    device,
    alternates,
    alternate,
    layout,
    transferSize,
    clock,
    behaviour,
    quirks: ids,
    pacing,
    client,
  });
}

/** The true layout, for a ROM that is known to report a wrong one. */
function corrected(named: MemoryLayout, { sectorSize, flashSize, sectorTypes }: RomBehaviour): MemoryLayout {
  const { sectors, ...rest } = sectorSize === undefined ? named : resized(named, sectorSize);
  const end = flashSize === undefined ? Number.POSITIVE_INFINITY : sectors[0]!.address + flashSize;
  const isWrong = sectorTypes === 'wrong';
  return {
    ...rest,
    sectors: sectors
      .filter(({ address }) => address < end)
      .map((sector) => (isWrong ? { ...sector, erasable: true, writable: true } : sector)),
  };
}

/** ROMs have the functional descriptor only after the last alternate setting. */
function functionalOf(alternates: readonly AlternateSetting[]): FunctionalDescriptor {
  const bytes = alternates
    .flatMap(({ classDescriptors }) => classDescriptors)
    .find((descriptor) => descriptor[1] === functionalDescriptorType);
  if (!bytes) throw new BootctlError('dfu-malformed', 'The USB device has no DFU functional descriptor');
  const functional = parseFunctionalDescriptor(bytes);
  if (functional.dfuVersion !== bcdDfuSe) {
    const version = functional.dfuVersion.toString(16).padStart(4, '0');
    throw new BootctlError('dfu-malformed', `The USB device speaks DFU ${version}, not DfuSe (011a)`);
  }
  return functional;
}

/** The first alternate setting named as internal flash; several ROMs give the same name to all of theirs (G0B1). */
async function findFlash(device: UsbDevice, alternates: readonly AlternateSetting[]) {
  const names: string[] = [];
  for (const alternate of alternates) {
    const layoutText = await readString(device, alternate.nameIndex);
    names.push(layoutText);
    if (/internal[ _-]*flash/i.test(layoutText)) return { alternate, layout: parseMemoryLayout(layoutText) };
  }
  throw new BootctlError('dfu-malformed', `No alternate setting is named "@Internal Flash": ${JSON.stringify(names)}`);
}
