import type { Bootloader } from '../../../machines/bootloader.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { firstDataBlock } from '../../protocol/dfu/constants.ts';
import { blocksOf } from '../../protocol/dfuse/blocks.ts';
import { type MemoryLayout, parseMemoryLayout } from '../../protocol/dfuse/memory-layout.ts';
import { readString } from '../../protocol/usb/descriptors.ts';
import { seeSame } from '../engine/verify-flash.ts';
import { DfuBootloader } from './dfu-bootloader.ts';
import type { DfuSession } from './dfu-session.ts';

/** One alternate setting and the memory that it names: flash, option bytes, OTP, … */
export interface Memory {
  readonly setting: number;
  readonly layout: MemoryLayout;
}

/**
 * Bytes outside the flash, read in the alternate setting whose memory holds them. Undefined if there is none, or the
 * ROM refuses. @throws BootctlError `target-lost`, and the signal's reason
 */
export async function readBeside(
  bootloader: Bootloader,
  address: number,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (!(bootloader instanceof DfuBootloader)) return undefined;
  try {
    const { device, alternates, alternate } = bootloader.session;
    for (const { alternateSetting: setting, nameIndex } of alternates) {
      if (setting === alternate.alternateSetting) continue;
      const layout = parseMemoryLayout(await readString(device, nameIndex));
      if (isReadable(layout, address, length)) {
        return await readMemory(bootloader, { setting, layout }, address, length, signal);
      }
    }
    return undefined;
  } catch (error) {
    if (!isBootctlError(error)) throw error;
    if (error.row.answer !== 'refused' && error.code !== 'dfu-malformed') throw error;
    await bootloader.settle(signal);
    return undefined;
  }
}

function isReadable({ sectors }: MemoryLayout, address: number, length: number): boolean {
  const last = sectors.at(-1);
  const isInside = last && sectors[0]!.address <= address && address + length <= last.address + last.size;
  return isInside === true && sectors.every(({ readable }) => readable);
}

/** The memories of a DFU target, one for each alternate setting. A setting with an unreadable name is left out. */
export async function memoriesOf(bootloader: Bootloader): Promise<readonly Memory[]> {
  const { device, alternates } = sessionOf(bootloader);
  const memories: Memory[] = [];
  for (const { alternateSetting: setting, nameIndex } of alternates) {
    try {
      memories.push({ setting, layout: parseMemoryLayout(await readString(device, nameIndex)) });
    } catch (error) {
      if (!(error instanceof BootctlError && error.code === 'dfu-malformed')) throw error;
    }
  }
  return memories;
}

/** The memory of this setting. @throws BootctlError `memory-unknown` */
export async function memoryNamed(bootloader: Bootloader, setting: number): Promise<Memory> {
  const memories = await memoriesOf(bootloader);
  const found = memories.find((memory) => memory.setting === setting);
  if (found) return found;
  const names = memories.map((memory) => `${memory.setting} ${memory.layout.name}`).join(', ');
  throw new BootctlError('memory-unknown', `The target has no alternate setting ${setting}, only ${names}`);
}

/** Reads a memory from end to end, or the part that is asked for. */
export function readMemory(
  bootloader: Bootloader,
  { setting }: Memory,
  address: number,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return inSetting(bootloader, setting, signal, async (session) => {
    const client = session.client(signal);
    const parts: Uint8Array[] = [];
    for (const block of blocksOf(address, length, session.transferSize)) {
      if (block.pointer !== undefined) {
        await client.toIdle();
        await client.setAddressPointer(block.pointer);
        await client.abort();
      }
      parts.push(await client.upload(block.number, block.length));
      if (parts.at(-1)!.length < block.length) break;
    }
    await client.abort();
    return Buffer.concat(parts);
  });
}

/** Result of a write to a memory. */
export interface Written {
  readonly setting: number;
  readonly bytes: number;
  readonly readBack: 'same' | 'not-possible';
  /** Why it could not be read back. */
  readonly message?: string;
}

/**
 * Writes one block of a memory at its start and reads it back. After a write of option bytes the target may reset
 * itself (AN3156) and disappear.
 * @throws BootctlError `verify-mismatch` if the memory holds other bytes
 */
export async function writeMemory(
  bootloader: Bootloader,
  memory: Memory,
  data: Uint8Array,
  signal: AbortSignal,
): Promise<Written> {
  const [first] = memory.layout.sectors;
  if (!first?.writable) throw new BootctlError('image-not-writable', `"${memory.layout.name}" cannot be written`);
  if (data.length !== first.size) {
    const want = `"${memory.layout.name}" is written as a whole: ${first.size} bytes, not ${data.length}`;
    throw new BootctlError('image-out-of-range', want);
  }
  const written = { setting: memory.setting, bytes: data.length };
  const unread = (message: string): Written => ({ ...written, readBack: 'not-possible', message });
  if ((await download(bootloader, memory, data, signal)) === 'gone') return unread(hasReset);
  if (!first.readable) return unread('it is not readable');
  const found = await readMemory(bootloader, memory, first.address, first.size, signal).catch((error: unknown) => {
    if (!isBootctlError(error) || error.kind === 'aborted') throw error;
    return error;
  });
  if (found instanceof BootctlError) return unread(found.code === 'target-lost' ? hasReset : found.message);
  seeSame(first.address, data, found);
  return { ...written, readBack: 'same' };
}

const hasReset = 'the target has reset itself, as it does after option bytes';

async function download(bootloader: Bootloader, memory: Memory, data: Uint8Array, signal: AbortSignal) {
  let isSent = false;
  try {
    await inSetting(bootloader, memory.setting, signal, async ({ client }) => {
      await client(signal).setAddressPointer(memory.layout.sectors[0]!.address);
      isSent = true;
      await client(signal).download(firstDataBlock, data);
    });
    return 'done';
  } catch (error) {
    // Before the bytes are on their way, going is a loss and not the reset that follows them.
    if (isSent && isBootctlError(error, 'target-lost')) return 'gone';
    throw error;
  }
}

/** Works in an alternate setting and comes back to that of the flash. */
async function inSetting<T>(
  bootloader: Bootloader,
  setting: number,
  signal: AbortSignal,
  work: (session: DfuSession) => Promise<T>,
): Promise<T> {
  const session = sessionOf(bootloader);
  const { device, alternate } = session;
  const back = async () => {
    await device.selectAlternate(alternate.interfaceNumber, alternate.alternateSetting);
    await session.client(signal).toIdle();
  };
  await bootloader.settle(signal);
  await device.selectAlternate(alternate.interfaceNumber, setting);
  const result = await work(session).catch(async (error) => {
    await back().catch(() => {});
    throw error;
  });
  await back();
  return result;
}

function sessionOf(bootloader: Bootloader): DfuSession {
  if (bootloader instanceof DfuBootloader) return bootloader.session;
  throw new BootctlError('memory-unknown', 'A ROM does not name its memories over USART: only the flash is known', {
    hint: 'Leave `--alt` out for the flash; to reach the others, plug in the USB of the target, so that DFU is found.',
  });
}
