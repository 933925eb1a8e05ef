import { globalErase, specialErase } from '../../protocol/an3155/constants.ts';
import type { ByteQueue } from './byte-queue.ts';
import type { FlashSector } from './flash-geometry.ts';
import type { RomUsartPersonality } from './rom-personality.ts';
import { xor } from './xor.ts';

type Chosen = readonly FlashSector[] | 'all' | undefined;

function pick(numbers: readonly number[], sectors: readonly FlashSector[]): Chosen {
  const picked = numbers.map((number) => sectors[number]);
  return picked.every((sector) => sector !== undefined) ? picked : undefined;
}

/**
 * Page list of an Erase or Extended Erase command after its ACK. Undefined if it must be refused (AN3155 §3.7, §3.8).
 */
export async function sectorsToErase(
  input: ByteQueue,
  { erase, massErase, erasesOneAtATime }: RomUsartPersonality,
  sectors: readonly FlashSector[],
): Promise<Chosen> {
  const chosen = await (erase === 'standard' ? standardErase(input, sectors) : extendedErase(input, sectors));
  if (erasesOneAtATime && Array.isArray(chosen)) return chosen.slice(0, 1);
  return chosen === 'all' && !massErase ? undefined : chosen;
}

async function standardErase(input: ByteQueue, sectors: readonly FlashSector[]): Promise<Chosen> {
  const count = await input.next();
  if (count === undefined) return undefined;
  if (count === globalErase) return (await input.next()) === 0x00 ? 'all' : undefined;
  const rest = await input.take(count + 2);
  if (!rest || xor(rest) !== count) return undefined;
  return pick([...rest.subarray(0, -1)], sectors);
}

async function extendedErase(input: ByteQueue, sectors: readonly FlashSector[]): Promise<Chosen> {
  const head = await input.take(2);
  if (!head) return undefined;
  const count = head[0]! * 256 + head[1]!;
  if (count >= specialErase.firstReserved) return special(count, (await input.next()) === xor(head), sectors);
  const rest = await input.take(2 * (count + 1) + 1);
  if (!rest || xor(rest) !== xor(head)) return undefined;
  return pick(
    Array.from({ length: count + 1 }, (_, index) => rest[2 * index]! * 256 + rest[2 * index + 1]!),
    sectors,
  );
}

function special(count: number, isIntact: boolean, sectors: readonly FlashSector[]): Chosen {
  const half = sectors.length / 2;
  if (!isIntact) return undefined;
  if (count === specialErase.mass) return 'all';
  if (count === specialErase.bank1) return sectors.slice(0, half);
  if (count === specialErase.bank2) return sectors.slice(half);
  return undefined;
}
