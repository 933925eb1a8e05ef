import type { Rung } from '../board/circuit/plan.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { type PlannedErase, planJob } from '../ops/plan-job.ts';
import { emptyResult } from '../ops/result.ts';
import { type CliContext, isInteractive } from './context.ts';
import type { CliOptions } from './options.ts';
import { planLines } from './plan-text.ts';
import { writeLine, writeResultLine } from './result-line.ts';
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
  const { options, ...rest } = request;
  const plan = planJob({ ...options, ...rest, interactive: isInteractive(context, options) });
  if (!request.options.json) {
    writeLines(context.stdout, planLines(plan));
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

function imageValues(
  { name, format, bytes, sha256, segments }: FirmwareImage,
  erase: PlannedErase | undefined,
): object {
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
