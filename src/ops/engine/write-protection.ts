import type { Bootloader } from '../../../machines/bootloader.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { address32 } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import { protectedSectors, protectionBytesOf } from '../../chips/protected-sectors.ts';
import type { Sector } from '../../protocol/dfuse/memory-layout.ts';
import { readBeside } from '../bootloader/dfu-memories.ts';
import type { Job } from '../job/job.ts';
import { unitOf } from './coverage.ts';
import type { Finding } from './finding.ts';
import { isBlank } from './runs.ts';

/** An erase that a ROM acknowledges too early is over by then (our choice). */
const secondLook: Milliseconds = 1_000;

type Request = readonly [job: Pick<Job, 'bench'>, bootloader: Bootloader, signal: AbortSignal];

/**
 * Reads the option bytes before anything has been changed, if the chip's are known and the ROM shows them over DFU.
 * @throws BootctlError `write-protected`
 */
export async function refuseProtected(
  touched: readonly Sector[],
  { profile }: Job,
  bootloader: Bootloader,
  signal: AbortSignal,
): Promise<void> {
  const row = protectionBytesOf(profile.target?.family);
  if (!row || touched.length === 0) return;
  const bytes = await readBeside(bootloader, row.address, row.length, signal);
  const found = bytes ? protectedSectors(row, bytes, bootloader.layout.sectors) : [];
  const first = touched.find((sector) => found.includes(sector));
  if (!first) return;
  const what = `The option bytes say that the sector at ${address32(first.address)} is write-protected`;
  throw writeProtected(bootloader, what, first.address);
}

/**
 * Neither AN3155 (§3.6, §3.7) nor AN3156 has an error for a write-protected sector: the erase is acknowledged, and the
 * sector stays unchanged. Checks the effect of an erase at a place that differed from the image.
 * @throws BootctlError `write-protected`
 */
export async function seeErased({ sector, differsAt = sector.address }: Finding, ...request: Request): Promise<void> {
  const [{ bench }, , signal] = request;
  if (await isBlankAt(differsAt, request)) return;
  await sleep(bench.clock, secondLook, signal);
  if (await isBlankAt(differsAt, request)) return;
  const what = `The ROM acknowledges the erase of ${address32(sector.address)}, ${inVain}`;
  throw writeProtected(request[1], what, sector.address);
}

/**
 * Checks that the beginning of a sector's content is gone before anything else is erased. If it is not, erases the
 * sector again. @throws BootctlError `write-protected`
 */
export async function seeVectorsErased(finding: Finding, eraseAgain: () => Promise<void>, ...request: Request) {
  const { runs, around = [] } = finding;
  const starts = [runs, around].flatMap(([first]) => (first ? [first.address] : []));
  for (const differsAt of new Set(starts)) {
    if (await isBlankAt(differsAt, request)) continue;
    await eraseAgain();
    await seeErased({ ...finding, differsAt }, ...request);
  }
}

/**
 * Explains a repeated mismatch. Blank flash that stayed blank is write-protected too. Over USART the wires may be the
 * reason. @throws BootctlError `write-protected`, or `verify-mismatch` with further advice
 */
export async function explainMismatch(error: unknown, findings: readonly Finding[], ...request: Request) {
  if (!isBootctlError(error, 'verify-mismatch')) return;
  const address = Number(error.details.address);
  const isIn = ({ sector, fate }: Finding) =>
    fate !== 'kept' && sector.address <= address && address < sector.address + sector.size;
  const [, bootloader] = request;
  const unit = address - (address % unitOf(bootloader.behaviour));
  const sector = findings.find(isIn)?.sector;
  if (sector && (await isBlankAt(unit, request))) {
    throw writeProtected(bootloader, `The ROM acknowledges bytes for ${address32(unit)}, ${inVain}`, sector.address);
  }
  if (bootloader.kind !== 'usart') return;
  throw error.withHint(
    'Run again with a lower `--baud`: the wires may garble bytes. If it fails at the same address, the flash is worn out.',
  );
}

async function isBlankAt(address: number, [, bootloader, signal]: Request): Promise<boolean> {
  const found = await bootloader.read(address, unitOf(bootloader.behaviour), () => {}, signal);
  return isBlank(found, bootloader.behaviour.erased);
}

const inVain = 'and twice nothing has changed: the sector is write-protected';

/** `removable`: whether this bootloader can remove the protection. */
function writeProtected({ unprotectWrite }: Bootloader, what: string, address: number): BootctlError {
  const removable = unprotectWrite ? 'yes' : 'no';
  return new BootctlError('write-protected', what, {
    details: { address, removable },
    ...(unprotectWrite
      ? {
          hint: 'Leave the sector out of the image, or lift the protection of all sectors: add `--unprotect`, which here erases nothing.',
        }
      : {}),
  });
}
