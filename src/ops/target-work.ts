import type { Bootloader } from '../../machines/bootloader.ts';
import { hasChangedNothing } from '../../machines/erasing.policy.ts';
import { BootctlError, isBootctlError } from '../base/errors.ts';
import { address32 } from '../base/text.ts';
import type { DoubtfulErase } from '../chips/rom-behaviour.ts';
import { findTarget } from '../chips/targets.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import type { Sector } from '../protocol/dfuse/memory-layout.ts';
import {
  type Memory,
  memoriesOf,
  memoryNamed,
  readMemory,
  type Written,
  writeMemory,
} from './bootloader/dfu-memories.ts';
import { failedAgain } from './bootloader/failed-read.ts';
import { doubtsOf, eraseSector, inVain } from './engine/erase-sector.ts';
import { startPhase } from './engine/flash-phase.ts';
import { planFlash } from './engine/flash-plan.ts';
import { massEraseRefusal } from './engine/mass-erase.ts';
import { boundsIn, type Range } from './engine/memory-range.ts';
import { readTwice } from './engine/read-twice.ts';
import { verifyRuns } from './engine/verify-flash.ts';
import { refuseProtected } from './engine/write-protection.ts';
import type { Job, TargetWork } from './job/job.ts';

/** Compares the flash with an image, byte for byte, and changes nothing. @throws BootctlError `verify-mismatch` */
export const verifyWork =
  (image: FirmwareImage): TargetWork =>
  async (job, target, onCondition, signal) => {
    planFlash(image, target.layout); // refuses what lies outside
    await target.probe(signal);
    const isHurried = await target.expect?.(image.bytes, signal);
    await compareAll(job, target, image, signal)
      .catch(async (error) => {
        // A byte that is wrong only because of the faster rate, or of a ROM that ignores wBlockNum, is not held against the flash.
        const mayHeal = isHurried || isBootctlError(error, 'verify-mismatch');
        if (!mayHeal || signal.aborted) throw error;
        await target.becomeCautious(signal);
        await compareAll(job, target, image, signal);
      })
      .catch((error) => {
        throw failedAgain(error, job.unread);
      });
    onCondition('verified');
  };

async function compareAll(job: Job, target: Bootloader, image: FirmwareImage, signal: AbortSignal): Promise<void> {
  const phase = startPhase(job, 'verify', image.bytes, 'bytes');
  await verifyRuns(target, image.segments, phase.advance, signal).catch((error) => {
    throw mismatchHint(
      error,
      'The flash holds something else: `bootctl flash` with the same image writes what differs.',
    );
  });
  phase.finish();
}

/** A mismatch is no news of the flash's health where nothing was written before. */
const mismatchHint = (error: unknown, hint: string): unknown =>
  isBootctlError(error, 'verify-mismatch') ? error.withHint(hint) : error;

/** Reads flash, or another memory by its alternate setting, and hands the bytes over. */
export const readWork =
  (
    range: Range & { readonly alternate?: number | undefined },
    take: (data: Uint8Array, address: number) => Promise<void>,
  ): TargetWork =>
  async (job, target, _, signal) => {
    const memory = range.alternate === undefined ? undefined : await memoryNamed(target, range.alternate);
    const { address, length } = boundsIn(memory?.layout ?? target.layout, range);
    const phase = startPhase(job, 'read', memory ? length : 2 * length, 'bytes');
    const data = memory
      ? await readMemory(target, memory, address, length, signal)
      : await readTwice(target, address, length, phase.advance, signal).catch((error) => {
          throw failedAgain(error, job.unread);
        });
    phase.finish();
    await take(data, address);
  };

/**
 * Erases the sectors of a range and looks whether they are blank.
 * @throws BootctlError `verify-mismatch`; `image-not-writable` before anything is erased
 */
export const eraseWork =
  (range: Range, verify: boolean): TargetWork =>
  async (job, target, onCondition, signal) => {
    const { sectors } = target.layout;
    const { address, length } = boundsIn(target.layout, range);
    const chosen = sectors.filter((one) => one.address < address + length && address < one.address + one.size);
    await target.probe(signal);
    const isAtOnce = chosen.length === sectors.length && mayErase(target);
    const blocked = isAtOnce ? undefined : chosen.find(({ erasable }) => !erasable);
    if (blocked) throw new BootctlError('image-not-writable', notErasable(target, blocked));
    await refuseProtected(chosen, job, target, signal);
    const doubts = isAtOnce ? undefined : await doubtsOf(target, chosen, signal);
    onCondition('erased in part');
    const phase = startPhase(job, 'erase', chosen.length, 'sectors');
    const erase = isAtOnce ? target.massErase(signal) : eraseAll(job, target, chosen, doubts, phase.advance, signal);
    await erase.catch((error) => {
      if (isBootctlError(error) && hasChangedNothing(error)) onCondition('untouched');
      throw error;
    });
    if (isAtOnce) phase.advance(chosen.length);
    phase.finish();
    if (verify) await seeBlank(job, target, chosen, signal);
    onCondition(verify ? 'erased' : 'erased, not checked');
  };

async function eraseAll(
  { bench: { clock } }: Job,
  target: Bootloader,
  chosen: readonly Sector[],
  doubts: DoubtfulErase | undefined,
  onErased: (sectors: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, sector] of chosen.entries()) {
    await eraseSector(target, sector, { doubts, telling: sector.address, clock }, signal).catch((error) => {
      throw index === 0 ? inVain(error) : error;
    });
    onErased(1);
  }
}

/** A mass erase reaches also sectors that the bootloader cannot name one by one. */
const mayErase = (target: Bootloader): boolean => massEraseRefusal(target) === undefined;

const notErasable = ({ layout }: Bootloader, { address }: Sector): string =>
  `${address32(address)} lies in the range, and "${layout.name}" lets nobody erase it`;

async function seeBlank(job: Job, target: Bootloader, chosen: readonly Sector[], signal: AbortSignal): Promise<void> {
  const blank = chosen.map(({ address, size }) => ({
    address,
    data: new Uint8Array(size).fill(target.behaviour.erased),
  }));
  const phase = startPhase(
    job,
    'verify',
    chosen.reduce((sum, { size }) => sum + size, 0),
    'bytes',
  );
  await verifyRuns(target, blank, phase.advance, signal).catch((error) => {
    throw mismatchHint(
      error,
      'The erase was acknowledged: the sector is write-protected (over USART, `bootctl flash` with `--unprotect` lifts that), or worn out.',
    );
  });
  phase.finish();
}

/** Lists the target's memories; the option bytes, OTP and the rest beside the flash. */
export const infoWork =
  (take: (target: Bootloader, memories: readonly Memory[]) => void): TargetWork =>
  async ({ profile, report }, target) => {
    take(target, target.kind === 'dfu' ? await memoriesOf(target) : [{ setting: 0, layout: target.layout }]);
    const known = profile.target && findTarget(profile.target.family);
    for (const { text, source } of known?.quirks ?? []) {
      report({ event: 'note', message: `known of ${known!.name}: ${text} (${source})` });
    }
  };

/** Writes one block of another memory, reads it back where that is possible, and tells how it went. */
export const writeMemoryWork =
  (alternate: number, data: Uint8Array, take: (written: Written) => void): TargetWork =>
  async (job, target, _, signal) => {
    const written = await writeMemory(target, await memoryNamed(target, alternate), data, signal).catch((error) => {
      throw mismatchHint(
        error,
        'It was written as a whole; bits that are reserved or written once read otherwise for good.',
      );
    });
    job.report({ event: 'memory.written', ...written });
    take(written);
  };
