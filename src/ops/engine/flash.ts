import type { Bootloader } from '../../../machines/bootloader.ts';
import { type FlashOutput, flashMachine, type OfTry } from '../../../machines/flash.machine.ts';
import type { Unread } from '../../../machines/reading.policy.ts';
import type { DoubtfulErase } from '../../chips/rom-behaviour.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { FlashCondition } from '../job/events.ts';
import type { Job } from '../job/job.ts';
import { runMachine } from '../job/run-machine.ts';
import { type CompareOptions, compareFlash, type Tried } from './compare-flash.ts';
import { type Coverage, coverageOf, unitOf } from './coverage.ts';
import { doubtsOf, eraseSector, inVain } from './erase-sector.ts';
import type { Finding } from './finding.ts';
import { startPhase } from './flash-phase.ts';
import type { FlashPlan, WriteStep } from './flash-plan.ts';
import { bytesOf, joined } from './runs.ts';
import { explainLoss, tryBlock } from './try-block.ts';
import { seeLastUnit, verifyRuns } from './verify-flash.ts';
import { explainMismatch, refuseProtected, seeErased, seeVectorsErased } from './write-protection.ts';

export interface FlashOptions extends Pick<CompareOptions, 'around' | 'full' | 'unread'> {
  readonly verify: boolean;
  /** State of the flash after an earlier part of the same job. */
  readonly condition?: FlashCondition | undefined;
  /** Called on every change, so that a caller has the condition even after it stops listening. */
  readonly onCondition?: (condition: FlashCondition) => void;
}

/**
 * Brings the image into the flash with the least work: compares, erases and programs the differences, and reads them
 * back. The work of an earlier job is not repeated.
 * @throws BootctlError `image-out-of-range` before anything is erased
 */
export async function flashTarget(
  job: Job,
  bootloader: Bootloader,
  image: FirmwareImage,
  options: FlashOptions,
  signal?: AbortSignal,
): Promise<FlashOutput> {
  const coverage = coverageOf(image, bootloader.layout, unitOf(bootloader.behaviour));
  const { onCondition, verify, condition, unread } = options;
  const tried: Tried = { erased: new Set(), refuted: new Set(), waiting: [] };
  let plan: FlashPlan;
  let steps: WriteStep[] = [];
  let step: WriteStep;
  let doubts: DoubtfulErase | undefined;
  const effect = <T, Input = void>(run: (signal: AbortSignal, input: Input) => Promise<T>) =>
    job.effects.actor<T, Input>(run);
  const machine = flashMachine.provide({
    actors: {
      probe: effect((signal) => bootloader.probe(signal)),
      compare: effect(async (signal, { unread, isSecondTry }: OfTry & { unread: Unread }) => {
        plan = await compare(job, bootloader, coverage, { ...options, unread, tried, isCautious: isSecondTry }, signal);
        steps = verify ? [...plan.steps] : [{ write: plan.steps.flatMap((one) => one.write), verify: [] }];
        const touched = plan.findings.filter(({ fate }) => fate !== 'kept').map(({ sector }) => sector);
        await refuseProtected(touched, job, bootloader, signal);
        const sectors = plan.isMassErase ? [] : plan.erase.map(({ sector }) => sector);
        doubts = await doubtsOf(bootloader, sectors, signal);
        if (plan.erase.length > 0) await tryBlock(job, bootloader, signal);
        await options.around?.save();
        if (plan.erase.length > 0) return 'erase';
        if (plan.writeBytes > 0) return 'fill';
        await seeLastUnit(
          bootloader,
          plan.findings.flatMap(({ runs }) => runs),
          signal,
        );
        return 'holds';
      }),
      erase: effect((signal, { isSecondTry }: OfTry) =>
        erase(job, bootloader, plan, { doubts, tried, isSecondTry }, signal).catch((error) => {
          throw !isSecondTry && tried.erased.size <= 1 ? inVain(error) : error;
        }),
      ),
      program: effect(async (signal) => {
        step = steps.shift()!;
        await program(job, bootloader, step, signal);
        return steps.length > 0 ? 'more' : 'all';
      }),
      verify: effect((signal, { isSecondTry }: OfTry) =>
        readBack(job, bootloader, step, signal).catch(async (error) => {
          if (isSecondTry) await explainMismatch(error, plan.findings, job, bootloader, signal);
          throw error;
        }),
      ),
      calm: effect((signal) => {
        tried.waiting = joined(steps.flatMap(({ write }) => write));
        job.report({ event: 'note', message: 'retrying with conservative timing' });
        for (const { fate, sector } of plan?.findings ?? []) if (fate === 'filled') tried.refuted.add(sector.address);
        return bootloader.becomeCautious(signal);
      }),
    },
  });
  return runMachine(
    machine,
    { verify, condition, unread },
    {
      clock: job.bench.clock,
      signal,
      onSnapshot: ({ context }) => onCondition?.(context.condition),
    },
  );
}

async function compare(
  job: Job,
  bootloader: Bootloader,
  coverage: Coverage,
  options: CompareOptions & Pick<FlashOptions, 'verify'>,
  signal: AbortSignal,
): Promise<FlashPlan> {
  // Not for kept bytes, which nothing else can check, and not if nothing is read back.
  const hurry = async (bytes: number) => {
    if (options.verify && !options.around) await bootloader.prepareFor?.(bytes, signal);
  };
  await hurry(coverage.bytes);
  const phase = startPhase(job, 'compare', coverage.bytes, 'bytes');
  const plan = await compareProven(bootloader, coverage, options, phase.advance, signal);
  phase.finish();
  const countOf = (fate: Finding['fate']) => plan.findings.filter((finding) => finding.fate === fate).length;
  job.report({
    event: 'flash.planned',
    kept: countOf('kept'),
    filled: countOf('filled'),
    erased: countOf('erased'),
    massErase: plan.isMassErase,
    ...(plan.massEraseRefused === undefined ? {} : { massEraseRefused: plan.massEraseRefused }),
    bytes: plan.writeBytes,
    estimate: Math.round(plan.estimate),
  });
  await hurry(plan.writeBytes + plan.verifyBytes);
  return plan;
}

/**
 * A comparison that decides an erase, or that is itself the proof, must not rely on unproven block numbers. Bytes that
 * are put back must not either. Blank flash may: the first block that is written there proves the numbers.
 */
async function compareProven(
  ...[bootloader, coverage, options, onBytes, signal]: Parameters<typeof compareFlash>
): Promise<FlashPlan> {
  const isProven = async () => {
    // This read must not touch unreadable flash.
    const places = options.unread?.length ? [] : [coverage.sectors[0]!.address, bootloader.layout.sectors[0]!.address];
    for (const near of places) {
      await bootloader.provePlaces?.(near, signal);
      if (!bootloader.isGuessing) return true;
    }
    bootloader.stopGuessing?.();
    return false;
  };
  if (options.around) await isProven();
  const plan = await compareFlash(bootloader, coverage, options, onBytes, signal);
  if (!bootloader.isGuessing || (plan.erase.length === 0 && plan.writeBytes > 0) || (await isProven())) return plan;
  return compareFlash(bootloader, coverage, options, () => {}, signal);
}

interface Erasing {
  readonly doubts: DoubtfulErase | undefined;
  readonly tried: Tried;
  /** Each erase is looked at. */
  readonly isSecondTry: boolean;
}

async function erase(
  job: Job,
  bootloader: Bootloader,
  { erase: findings, isMassErase }: FlashPlan,
  { doubts, tried, isSecondTry }: Erasing,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = job.bench;
  const phase = startPhase(job, 'erase', findings.length, 'sectors');
  if (isMassErase) await bootloader.massErase(signal);
  for (const finding of findings) {
    const { sector, isUnread, differsAt: telling = sector.address } = finding;
    tried.erased.add(sector.address);
    const eraseIt = () => eraseSector(bootloader, sector, { doubts, telling, isUnread, clock }, signal);
    if (!isMassErase) await eraseIt();
    // If other sectors follow, this one must be erased: the application that it starts would be half erased.
    const isVectors = finding === findings[0] && findings.length > 1 && !isMassErase;
    if (isVectors) await seeVectorsErased(finding, eraseIt, job, bootloader, signal);
    if (isSecondTry) await seeErased(finding, job, bootloader, signal);
    phase.advance(1);
  }
  phase.finish();
}

async function program(job: Job, bootloader: Bootloader, { write }: WriteStep, signal: AbortSignal): Promise<void> {
  const phase = startPhase(job, 'program', bytesOf(write), 'bytes');
  for (const { address, data } of write) {
    await bootloader.write(address, data, phase.advance, signal).catch((error) => {
      throw explainLoss(error, job, bootloader);
    });
  }
  phase.finish();
}

async function readBack(job: Job, bootloader: Bootloader, { verify }: WriteStep, signal: AbortSignal): Promise<void> {
  const phase = startPhase(job, 'verify', bytesOf(verify), 'bytes');
  await verifyRuns(bootloader, verify, phase.advance, signal);
  phase.finish();
}
