import type { Bootloader } from '../../../machines/bootloader.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { address32 } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import type { DoubtfulErase } from '../../chips/rom-behaviour.ts';
import type { Sector } from '../../protocol/dfuse/memory-layout.ts';
import { unitOf } from './coverage.ts';
import { isBlank } from './runs.ts';

/** How often a sector is looked at that is not blank yet. */
const lookEvery: Milliseconds = 50;

/**
 * The doubts that apply to this ROM when these sectors are to be erased. The ROM's id is read if it decides. If it
 * cannot be read, the sectors are checked after the erase.
 * @throws BootctlError `erase-ineffective` if the ROM is known not to erase one of them; nothing was changed then
 */
export async function doubtsOf(
  bootloader: Bootloader,
  sectors: readonly Sector[],
  signal: AbortSignal,
): Promise<DoubtfulErase | undefined> {
  const { doubtErase } = bootloader.behaviour;
  const doubtful = doubtErase && sectors.find(({ address }) => address >= doubtErase.from);
  if (!doubtErase || !doubtful) return undefined;
  const id = await romId(bootloader, doubtErase.idAt, signal);
  if (id !== undefined && doubtErase.otherIds.includes(id)) return undefined;
  if (doubtErase.lasts === 'for-good' && id !== undefined && doubtErase.ids.includes(id)) {
    throw ineffective(`${address32(doubtful.address)} would have to be erased, but ${doubtErase.what}`, true);
  }
  return doubtErase;
}

export interface EraseCheck {
  readonly doubts: DoubtfulErase | undefined;
  /** Address of a byte that was not blank before the erase. */
  readonly telling: number;
  readonly isUnread?: boolean | undefined;
  readonly clock: Clock;
}

/** Erases a sector. If the ROM's acknowledgement is in doubt, reads `telling`, which held another byte before. */
export async function eraseSector(
  bootloader: Bootloader,
  sector: Sector,
  { doubts, telling, isUnread = false, clock }: EraseCheck,
  signal: AbortSignal,
): Promise<void> {
  await bootloader.erase(sector, signal);
  if (!doubts || sector.address < doubts.from) return;
  // Until the erase is over, a look would end the ROM.
  if (isUnread && doubts.lasts !== 'for-good') return sleep(clock, doubts.lasts, signal);
  const deadline = clock.now() + (doubts.lasts === 'for-good' ? 0 : doubts.lasts);
  const { erased } = bootloader.behaviour;
  const unit = unitOf(bootloader.behaviour);
  while (!isBlank(await bootloader.read(telling, unit, () => {}, signal), erased)) {
    if (clock.now() >= deadline) {
      throw ineffective(
        `The ROM reports that it has erased ${address32(sector.address)}, but it has not: ${doubts.what}`,
      );
    }
    await sleep(clock, lookEvery, signal);
  }
}

/** Byte of the bootloader id. Undefined if the ROM does not show it. */
async function romId(bootloader: Bootloader, at: number, signal: AbortSignal): Promise<number | undefined> {
  const word = at - (at % 4);
  try {
    return (await bootloader.read(word, 4, () => {}, signal))[at - word];
  } catch (error) {
    if (!isBootctlError(error) || error.row.answer !== 'refused') throw error;
    await bootloader.settle(signal);
    return undefined;
  }
}

/** The failure of a job's first erase. If that erase has changed nothing, the flash is unchanged so far. */
export const inVain = (error: unknown): unknown =>
  isBootctlError(error) && error.row.inVain ? error.with({ details: { changed: 'nothing' } }) : error;

const ineffective = (message: string, isUntouched = false): BootctlError =>
  new BootctlError('erase-ineffective', message, {
    hint: `${isUntouched ? 'Nothing was changed. ' : ''}Place the image below this bank, or erase the whole flash at once: \`bootctl erase --yes\`, over the ROM's USART (USB unplugged) where DFU does not do it, or a debug probe. Blank flash is written without an erase.`,
  });
