import { isDeepStrictEqual } from 'node:util';
import { BootctlError } from '../../base/errors.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import type { Chip } from '../../chips/chip.ts';
import { chipsWithProductId, findChip, syncPatience, usartLayoutFor } from '../../chips/find-chip.ts';
import { behaviourOf } from '../../chips/rom-quirks.ts';
import { An3155Client } from '../../protocol/an3155/client.ts';
import { an3155BlockSize } from '../../protocol/an3155/constants.ts';
import { productIdText } from '../../protocol/an3155/frames.ts';
import { type MemoryLayout, parseMemoryLayout } from '../../protocol/dfuse/memory-layout.ts';
import type { Job } from '../job/job.ts';
import { callRom, type UsartCall } from './call-usart.ts';
import { readAround } from './read-around.ts';
import { readIfAllowed } from './read-if-allowed.ts';
import { restoreFormat, UsartBootloader } from './usart-bootloader.ts';
import { UsartSpeed, type WayBack } from './usart-speed.ts';

const KiB = 1024;
/** From the L011x3 to four times the U5A5. A value outside is not a flash size. */
const flashSizes = { least: 8 * KiB, most: 16 * KiB * KiB };

export interface UsartOpening {
  /** With a way back into the ROM its baud rate can change. */
  readonly wayBack?: WayBack | undefined;
  readonly call?: UsartCall;
}

/** The parts of a job that opening needs. */
export type UsartRequest = Pick<Job, 'profile' | 'bench' | 'report' | 'effects' | 'fasterRates'>;

/**
 * Synchronises with the ROM on the adapter's TX and RX, identifies it, and finds its sectors. Call it after the target
 * was reset into its ROM and did not appear on USB: from the first byte on, the ROM listens on no other interface.
 * @throws BootctlError `usart-no-sync`, `target-unexpected`, `target-unknown`, those of the exchanges; the signal's
 *   reason
 */
export async function openUsart(
  job: UsartRequest,
  { link }: { readonly link: SerialLink },
  signal?: AbortSignal,
  { wayBack, call = {} }: UsartOpening = {},
): Promise<UsartBootloader> {
  const { profile, bench } = job;
  const opening = new AbortController();
  const forward = () => opening.abort(signal?.reason);
  if (signal?.aborted) forward();
  signal?.addEventListener('abort', forward);
  const rom = new An3155Client(link, bench.clock, opening.signal);
  try {
    const wanted = profile.target && findChip(profile.target.family);
    const called = { profile, report: job.report, link, rom, wanted };
    const { get, baudRate } = await callRom(called, { patience: syncPatience(wanted), ...call });
    const { target: chip, product, productId, uniqueIdPlace } = await identify(rom, wanted);
    const layout = await layoutOf(rom, chip);
    const transferSize = chip.usartBlock ?? an3155BlockSize;
    const { behaviour, ids } = behaviourOf({ interface: 'usart', layout: layout.text, family: chip.key });
    const { clock } = bench;
    const identity = { get, productId, target: chip };
    const speed = wayBack && new UsartSpeed({ job, rom, wayBack, identity });
    const session = {
      rom,
      link,
      profile,
      clock,
      baudRate,
      behaviour,
      quirks: ids,
      product,
      layout,
      transferSize,
      speed,
    };
    return new UsartBootloader({ ...session, uniqueIdPlace });
  } catch (error) {
    await restoreFormat(link, profile);
    throw error;
  } finally {
    // Later steps have their own signals. This one may be aborted as soon as the boot entry is over.
    signal?.removeEventListener('abort', forward);
  }
}

/** The chip that the product id names. */
async function identify(rom: An3155Client, wanted: Chip | undefined) {
  const id = await rom.getId();
  const known = chipsWithProductId(id);
  if (!wanted) return { ...isOneOf(known, id, await bootloaderIdOf(rom, known)), productId: id };
  if (known.length > 0 && !known.some(({ key }) => key === wanted.key)) throw unexpected(known, id, wanted);
  return { target: wanted, product: wanted.name, uniqueIdPlace: wanted.uniqueId, productId: id };
}

/** Chips that share a product id differ in the id of their ROM. If it cannot be read, their sectors must be equal. */
function isOneOf(known: readonly Chip[], id: number, bootloaderId: number | undefined) {
  const narrowed = known.filter(({ bootloaderIds }) => bootloaderIds?.values.includes(bootloaderId ?? -1));
  const chips = narrowed.length > 0 ? narrowed : known;
  const [chip] = chips;
  // Bytes of another place would be the same on every board.
  const isAgreed = chips.every(({ uniqueId }) => isDeepStrictEqual(uniqueId, chip?.uniqueId));
  const uniqueIdPlace = isAgreed ? chip?.uniqueId : undefined;
  if (chip) return { target: chip, product: chips.map(({ name }) => name).join(' or '), uniqueIdPlace };
  throw new BootctlError(
    'target-unknown',
    `The ROM on USART has product id ${productIdText(id)}, which no known line has`,
    {
      details: { productId: id },
    },
  );
}

async function bootloaderIdOf(rom: An3155Client, known: readonly Chip[]): Promise<number | undefined> {
  const address = known.find(({ bootloaderIds }) => bootloaderIds?.address !== undefined)?.bootloaderIds?.address;
  if (address === undefined || known.length < 2) return undefined;
  return (await readIfAllowed(rom, address, 1))?.[0];
}

/** The sectors for this part's own flash size, or for the chip's largest part if the size cannot be read. */
async function layoutOf(rom: An3155Client, chip: Chip): Promise<MemoryLayout> {
  const own = await flashSizeOf(rom, chip);
  const text = [own, chip.largestFlash].map((bytes) => bytes && usartLayoutFor(chip, bytes)).find(Boolean);
  if (text) return parseMemoryLayout(text);
  const missing = chip.sectors === undefined ? 'the sectors' : 'the flash size';
  throw new BootctlError('target-unknown', `The ROM on USART answers, but ${missing} of ${chip.name} are not known`, {
    hint: 'The lines and the USART work: flash this target by DFU, where its ROM names its sectors itself.',
  });
}

async function flashSizeOf(rom: An3155Client, { flashSizeRegister }: Chip): Promise<number | undefined> {
  const isSize = ([low = 0, high = 0]: Uint8Array) => {
    const size = (high * 256 + low) * KiB;
    return size >= flashSizes.least && size <= flashSizes.most;
  };
  if (flashSizeRegister === undefined) return undefined;
  const bytes = await readAround(rom, flashSizeRegister, 2, { isGood: isSize });
  return bytes && (bytes[1]! * 256 + bytes[0]!) * KiB;
}

function unexpected(known: readonly Chip[], id: number, wanted: Chip): BootctlError {
  const found = known.map(({ name }) => name).join(' or ');
  return new BootctlError(
    'target-unexpected',
    `The ROM on USART is that of ${found} (product id ${productIdText(id)}); the profile names ${wanted.name}`,
    { details: { productId: id, expected: wanted.key } },
  );
}
