import type { Bootloader } from '../../machines/bootloader.ts';
import { hasChangedNothing } from '../../machines/erasing.policy.ts';
import { BootctlError, isBootctlError } from '../base/errors.ts';
import { address32 } from '../base/text.ts';
import type { DoubtfulErase } from '../chips/rom-behaviour.ts';
import type { Sector } from '../protocol/dfuse/memory-layout.ts';
import { doubtsOf, eraseSector, inVain } from './engine/erase-sector.ts';
import { startPhase } from './engine/flash-phase.ts';
import { massEraseRefusal } from './engine/mass-erase.ts';
import { boundsIn, checkRange, type Range } from './engine/memory-range.ts';
import { mismatchHint, verifyRuns } from './engine/verify-flash.ts';
import { refuseProtected } from './engine/write-protection.ts';
import type { RecoverResult } from './job/events.ts';
import type { Job, Work } from './job/job.ts';
import type { JobSpec } from './job/job-spec.ts';
import { runJob } from './run-job.ts';

/** Which part of the flash; all of it without an address and a length. */
export interface EraseSpec extends JobSpec, Range {
  /** Look whether it is blank; true unless said otherwise. */
  readonly verify?: boolean | undefined;
}

/**
 * Erases the sectors of a range and looks whether they are blank; the target stays in its bootloader.
 * @throws BootctlError `image-out-of-range`, before anything has moved
 */
export async function erase(spec: EraseSpec): Promise<RecoverResult> {
  checkRange(spec, spec.profile);
  return runJob(spec, { work: erasing(spec, spec.verify ?? true), after: 'stay' });
}

const erasing =
  (range: Range, verify: boolean): Work =>
  async (job, bootloader, onCondition, signal) => {
    const { sectors } = bootloader.layout;
    const { address, length } = boundsIn(bootloader.layout, range);
    const chosen = sectors.filter((one) => one.address < address + length && address < one.address + one.size);
    await bootloader.probe(signal);
    const isAtOnce = chosen.length === sectors.length && mayErase(bootloader);
    const blocked = isAtOnce ? undefined : chosen.find(({ erasable }) => !erasable);
    if (blocked) throw new BootctlError('image-not-writable', notErasable(bootloader, blocked));
    await refuseProtected(chosen, job, bootloader, signal);
    const doubts = isAtOnce ? undefined : await doubtsOf(bootloader, chosen, signal);
    onCondition('erased in part');
    const phase = startPhase(job, 'erase', chosen.length, 'sectors');
    const erase = isAtOnce
      ? bootloader.massErase(signal)
      : eraseAll(job, bootloader, chosen, doubts, phase.advance, signal);
    await erase.catch((error) => {
      if (isBootctlError(error) && hasChangedNothing(error)) onCondition('untouched');
      throw error;
    });
    if (isAtOnce) phase.advance(chosen.length);
    phase.finish();
    if (verify) await seeBlank(job, bootloader, chosen, signal);
    onCondition(verify ? 'erased' : 'erased, not checked');
  };

async function eraseAll(
  { bench: { clock } }: Job,
  bootloader: Bootloader,
  chosen: readonly Sector[],
  doubts: DoubtfulErase | undefined,
  onErased: (sectors: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, sector] of chosen.entries()) {
    await eraseSector(bootloader, sector, { doubts, telling: sector.address, clock }, signal).catch((error) => {
      throw index === 0 ? inVain(error) : error;
    });
    onErased(1);
  }
}

/** A mass erase reaches also sectors that the bootloader cannot name one by one. */
const mayErase = (bootloader: Bootloader): boolean => massEraseRefusal(bootloader) === undefined;

const notErasable = ({ layout }: Bootloader, { address }: Sector): string =>
  `${address32(address)} lies in the range, and "${layout.name}" does not allow erasing it`;

async function seeBlank(
  job: Job,
  bootloader: Bootloader,
  chosen: readonly Sector[],
  signal: AbortSignal,
): Promise<void> {
  const blank = chosen.map(({ address, size }) => ({
    address,
    data: new Uint8Array(size).fill(bootloader.behaviour.erased),
  }));
  const phase = startPhase(
    job,
    'verify',
    chosen.reduce((sum, { size }) => sum + size, 0),
    'bytes',
  );
  await verifyRuns(bootloader, blank, phase.advance, signal).catch((error) => {
    throw mismatchHint(
      error,
      'The erase was acknowledged: the sector is write-protected (over USART, `bootctl flash` with `--unprotect` lifts that), or worn out.',
    );
  });
  phase.finish();
}
