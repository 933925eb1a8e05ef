import type { Bootloader } from '../../../machines/bootloader.ts';
import { address32 } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import { chipsAgainstMassErase } from '../../chips/against-mass-erase.ts';
import { typicalErase, typicalMassErase } from '../../chips/flash-times.ts';
import type { MemoryLayout, Sector } from '../../protocol/dfuse/memory-layout.ts';
import type { Finding } from './finding.ts';
import type { FlashReader } from './flash-reader.ts';
import { isBlank } from './runs.ts';

export interface MassEraseVerdict {
  /** It is faster, the ROM can, and nothing else lives in the flash. */
  readonly isMassErase: boolean;
  /** Why a faster mass erase is not used. */
  readonly massEraseRefused?: string;
}

/** A rough figure for one control transfer with its data, ms: only to choose by. */
const transferTime = 1.5;
/** A mass erase that is not at least a tenth faster is not worth the risk. */
const worth = 0.9;

export const eraseTimeOf = (some: readonly Finding[]): Milliseconds =>
  some.reduce((sum, { sector }) => sum + typicalErase(sector.size), 0);

export const massEraseTime = ({ sectors }: MemoryLayout): Milliseconds =>
  typicalMassErase(
    sectors.reduce((sum, { size }) => sum + size, 0),
    Math.max(...sectors.map(({ size }) => size)),
  );

/**
 * Whether the whole flash is to be erased at once. This needs three conditions: it is faster, the ROM is known to
 * support it, and the flash outside the image is blank. The rest of the flash is read only if the other conditions are
 * met.
 */
export async function judgeMassErase(
  bootloader: Bootloader,
  reader: FlashReader,
  findings: readonly Finding[],
  { unread, full }: { readonly unread: readonly number[]; readonly full: boolean },
): Promise<MassEraseVerdict> {
  const { layout, readSize, behaviour } = bootloader;
  const erase = findings.filter(({ fate }) => fate === 'erased');
  const inPlan = new Set(findings.map(({ sector }) => sector));
  const others = layout.sectors.filter((sector) => !inPlan.has(sector));
  const readTime = (others.reduce((sum, { size }) => sum + size, 0) / readSize) * transferTime;
  const isFaster = massEraseTime(layout) + readTime < worth * eraseTimeOf(erase);
  if (erase.length < 2 || erase.length < findings.length || !isFaster) return { isMassErase: false };
  if (findings.some(({ around }) => around)) return refused('the bytes around the image are kept');
  const isWritable = layout.sectors.every(({ erasable, writable }) => erasable && writable);
  const why = isWritable ? massEraseRefusal(bootloader) : 'some of it cannot be written';
  if (why) return refused(why);
  if (full && others.length > 0) return refused('the flash outside the image is not read');
  const blind = others.find(({ address }) => unread.includes(address));
  if (blind) return refused(`the sector at ${address32(blind.address)} cannot be read`);
  for (const sector of others) {
    const at = await firstByteIn(reader, sector, behaviour.erased);
    if (at !== undefined) return refused(`something else lives at ${address32(at)}`);
  }
  return { isMassErase: true };
}

const refused = (why: string): MassEraseVerdict => ({ isMassErase: false, massEraseRefused: why });

/** Why this flash must not be erased at once, with any content. Undefined if it may be. */
export function massEraseRefusal({ kind, usb, layout, behaviour }: Bootloader): string | undefined {
  if (behaviour.massErase === 'works') return undefined;
  if (behaviour.massErase === 'never') return 'the mass erase of this ROM is not to be used';
  const rom = { interface: kind, layout: layout.text, ...(usb ?? {}) };
  const chips = chipsAgainstMassErase(
    rom,
    layout.sectors.map(({ size }) => size),
  );
  if (chips.length === 0) return undefined;
  const names = chips.length > 2 ? `${chips.slice(0, 2).join(', ')} or another line` : chips.join(' or ');
  return `the profile names no target, and for ${names} that is not safe`;
}

/** Address of the first block that is not blank. Undefined if the sector is blank. */
async function firstByteIn(
  reader: FlashReader,
  { address, size }: Sector,
  erased: number,
): Promise<number | undefined> {
  for await (const { address: at, data } of reader.pieces(address, address + size)) {
    if (data.length === 0 || !isBlank(data, erased)) return at;
  }
  return undefined;
}
