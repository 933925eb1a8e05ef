import type { Rung } from '../board/circuit/plan.ts';
import { ladderFor } from '../board/ladder.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { TargetLayout } from '../chips/target.ts';
import { enumerationTimeout, findTarget } from '../chips/targets.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { checkImage, checkPlace, overrideText } from '../ops/engine/check-image.ts';
import { planFlash, worstTime } from '../ops/engine/flash-plan.ts';
import { withRestored } from '../ops/engine/restored-image.ts';
import { parseMemoryLayout } from '../protocol/dfuse/memory-layout.ts';
import { type CliContext, isInteractive } from './context.ts';
import { type DryRun, dryRunLines, type Erase } from './dry-run-text.ts';
import type { CliOptions } from './options.ts';
import { emptyResult, writeLine, writeResultLine } from './result-line.ts';
import { writeLines } from './safe-output.ts';

export interface DryRunRequest {
  readonly profile: BoardProfile;
  readonly image: FirmwareImage | undefined;
  /** What `--restore` puts back beside the image. */
  readonly restored?: FirmwareImage | undefined;
  readonly options: CliOptions;
}

/** Prints what the job would do. @throws BootctlError of kind `usage`, as the job itself would */
export function dryRun(context: CliContext, request: DryRunRequest): number {
  const started = context.now();
  const plan = planJob(context, request);
  if (!request.options.json) {
    writeLines(context.stdout, dryRunLines(plan));
    return emptyResult.exitCode;
  }
  const line = (event: string, values: object) => writeLine(context.stdout, event, context.now() - started, values);
  const { profile, port, timeout, ladder, image, erase } = plan;
  line('plan.job', { profile: profile.id, adapter: { ...profile.adapter, port }, usb: profile.usb, timeout });
  for (const [index, rung] of ladder.entries()) line('plan.rung', { rung: index + 1, ...rungValues(rung) });
  if (image) line('plan.image', imageValues(image, erase));
  for (const message of plan.overridden) line('note', { message });
  writeResultLine(context.stdout, context.now() - started, emptyResult);
  return emptyResult.exitCode;
}

function planJob(context: CliContext, { profile, image: own, restored, options }: DryRunRequest): DryRun {
  const overridden = own ? checkImage(own, profile, options).map(overrideText) : [];
  if (restored) checkPlace(restored, profile);
  const image = own && restored ? withRestored(own, restored) : own;
  const target = profile.target && findTarget(profile.target.family);
  const erase = image && target && eraseOf(image, target.layouts);
  return {
    profile,
    target,
    port: options.port,
    // The same order of precedence as in src/ops/entry/enter-bootloader.ts.
    timeout: options.timeout ?? profile.usb.enumerationTimeout ?? enumerationTimeout(target),
    ladder: ladderFor(profile, isInteractive(context, options)),
    image,
    overridden,
    ...(erase ? { erase } : {}),
  };
}

/** By the first known layout that has room for the image; the layout that the target itself names decides in the end. */
function eraseOf(image: FirmwareImage, layouts: readonly TargetLayout[]): Erase | undefined {
  for (const layout of layouts) {
    const known = parseMemoryLayout(layout.string);
    try {
      const plan = planFlash(image, known);
      return { layout, sectors: plan.sectors, estimate: worstTime(plan), of: known.sectors.length };
    } catch {
      // a smaller part of the line
    }
  }
  return undefined;
}

function rungValues({ method, change, plan }: Rung): object {
  if (!plan) return { method, change };
  const { steps, window, margin, clear } = plan;
  let at = 0;
  const timed = steps.map(({ lines, pins, hold, purpose }) => {
    const step = { at, ...lines, ...pins, hold, purpose };
    at += hold;
    return step;
  });
  return { method, change, margin, clear, ...(window ? { window } : {}), steps: timed };
}

function imageValues({ name, format, bytes, sha256, segments }: FirmwareImage, erase: Erase | undefined): object {
  return {
    name,
    format,
    bytes,
    sha256,
    segments: segments.map(({ address, data, origin }) => ({ address, bytes: data.length, origin })),
    ...(erase
      ? {
          layout: erase.layout.string,
          estimate: Math.round(erase.estimate),
          sectors: erase.sectors.map(({ address, size }) => ({ address, bytes: size })),
        }
      : {}),
  };
}
