import { type FlashOutput, flashMachine } from '../../machines/flash.machine.ts';
import { BootctlError } from '../errors.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { address32 } from '../text.ts';
import type { Bootloader } from './bootloader.ts';
import { compareFlash } from './compare-flash.ts';
import type { FlashCondition } from './events.ts';
import { startPhase } from './flash-phase.ts';
import { type FlashPlan, planFlash, type Run } from './flash-plan.ts';
import type { Finding, FlashWork } from './flash-work.ts';
import type { Job } from './job.ts';
import { runMachine } from './run-machine.ts';
import { verifyRuns } from './verify-flash.ts';

export interface FlashOptions {
  readonly verify: boolean;
  /** Keep the bytes around the image in its sectors; the map outlives a bootloader that is lost, and holds them meanwhile. */
  readonly around?: Map<number, readonly Run[]> | undefined;
  /** Erase and write every sector of the image, whatever it holds. */
  readonly isFull?: boolean | undefined;
  /** What an earlier part of the same job has made of the flash. */
  readonly condition?: FlashCondition | undefined;
  /** Called on every change, so that a caller knows the condition also when it stops listening. */
  readonly onCondition?: (condition: FlashCondition) => void;
}

/**
 * Brings the image into the flash with the least work: compares, erases and programs what differs, and reads that back.
 * What an earlier job has done counts.
 * @throws BootctlError `image-out-of-range` before anything is erased
 */
export async function flashTarget(
  job: Job,
  target: Bootloader,
  image: FirmwareImage,
  options: FlashOptions,
  signal?: AbortSignal,
): Promise<FlashOutput> {
  const plan = planFlash(image, target.layout);
  const { onCondition, verify, condition } = options;
  let work: FlashWork;
  const effect = <T>(run: (signal: AbortSignal) => Promise<T>) => job.effects.actor(run);
  const machine = flashMachine.provide({
    actors: {
      probe: effect((signal) => target.probe(signal)),
      compare: effect(async (signal) => {
        work = await compare(job, target, plan, options, signal);
        if (work.erase.length > 0) return 'erase';
        return work.write.length > 0 ? 'fill' : 'holds';
      }),
      erase: effect((signal) => erase(job, target, work, signal)),
      program: effect((signal) => program(job, target, work, signal)),
      verify: effect((signal) => readBack(job, target, work, signal)),
      calm: effect((signal) => {
        job.report({ event: 'note', message: 'once more, with more patience' });
        return target.becomeCautious(signal);
      }),
    },
  });
  return runMachine(
    machine,
    { verify, condition },
    {
      clock: job.bench.clock,
      signal,
      onSnapshot: ({ context }) => onCondition?.(context.condition),
      trace: job.trace,
    },
  );
}

async function compare(
  job: Job,
  target: Bootloader,
  plan: FlashPlan,
  options: FlashOptions,
  signal: AbortSignal,
): Promise<FlashWork> {
  const phase = startPhase(job, 'compare', plan.bytes, 'bytes');
  const work = await compareFlash(target, plan, options, phase.advance, signal);
  phase.finish();
  const countOf = (fate: Finding['fate']) => work.findings.filter((finding) => finding.fate === fate).length;
  job.report({
    event: 'flash.planned',
    kept: countOf('kept'),
    filled: countOf('filled'),
    erased: countOf('erased'),
    massErase: work.isMassErase,
    bytes: work.writeBytes,
    estimate: Math.round(work.estimate),
  });
  return work;
}

async function erase(
  job: Job,
  target: Bootloader,
  { erase: findings, isMassErase }: FlashWork,
  signal: AbortSignal,
): Promise<void> {
  const phase = startPhase(job, 'erase', findings.length, 'sectors');
  if (isMassErase) await target.massErase(signal);
  for (const finding of findings) {
    if (!isMassErase) {
      await target.erase(finding.sector, signal);
      await doubt(target, finding, signal);
    }
    phase.advance(1);
  }
  phase.finish();
}

/** Some ROMs acknowledge an erase and do nothing: what was there must be gone. */
async function doubt(
  target: Bootloader,
  { sector, differsAt = sector.address }: Finding,
  signal: AbortSignal,
): Promise<void> {
  const { doubtEraseFrom } = target.behaviour;
  if (doubtEraseFrom === undefined || sector.address < doubtEraseFrom) return;
  const found = await target.read(differsAt, 32, () => {}, signal);
  if (found.every((byte) => byte === 0xff)) return;
  throw new BootctlError(
    'erase-ineffective',
    `The ROM says that it has erased ${address32(sector.address)}, but it has not`,
  );
}

async function program(
  job: Job,
  target: Bootloader,
  { write, writeBytes }: FlashWork,
  signal: AbortSignal,
): Promise<void> {
  const phase = startPhase(job, 'program', writeBytes, 'bytes');
  for (const { address, data } of write) await target.write(address, data, phase.advance, signal);
  phase.finish();
}

async function readBack(
  job: Job,
  target: Bootloader,
  { verify, verifyBytes }: FlashWork,
  signal: AbortSignal,
): Promise<void> {
  const phase = startPhase(job, 'verify', verifyBytes, 'bytes');
  await verifyRuns(target, verify, phase.advance, signal);
  phase.finish();
}
