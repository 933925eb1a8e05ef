import { lineNames } from '../../board/circuit/host-lines.ts';
import type { LinePlan, Rung } from '../../board/circuit/plan.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import { type PlannedErase, type PlanSpec, plan } from '../../ops/plan.ts';
import { emptyResult } from '../../ops/result.ts';
import type { CliContext } from '../context.ts';
import type { CliOptions } from '../given/options.ts';
import { planLines } from './plan-text.ts';
import { writeLine, writeResultLine } from './result-line.ts';
import { writeLines } from './safe-output.ts';

/** Prints what the job would do. @throws BootctlError of kind `usage`, as the job itself would */
export function dryRun(context: CliContext, { json }: CliOptions, spec: PlanSpec): number {
  const started = context.now();
  const found = plan(spec);
  if (!json) {
    writeLines(context.stdout, planLines(found));
    return emptyResult.exitCode;
  }
  const line = (event: string, values: object) => writeLine(context.stdout, event, context.now() - started, values);
  const { profile, port, timeout, ladder, reset, image, erase } = found;
  const { usb, target, applicationStart } = profile;
  const adapter = { ...profile.adapter, port };
  const names = profile.hostLines ? { names: lineNames(profile), hostLines: profile.hostLines } : {};
  line('plan.job', {
    profile: profile.id,
    target,
    applicationStart,
    adapter,
    ...names,
    usb,
    timeout,
    reset: reset ? planValues(reset) : null,
  });
  for (const [index, rung] of ladder.entries()) line('plan.rung', { rung: index + 1, ...rungValues(rung) });
  if (image) line('plan.image', imageValues(image, erase));
  for (const message of found.notes) line('note', { message });
  writeResultLine(context.stdout, context.now() - started, emptyResult);
  return emptyResult.exitCode;
}

function rungValues({ method, change, plan }: Rung): object {
  return { method, change, ...(plan ? planValues(plan) : {}) };
}

function planValues({ steps, window, margin, clear }: LinePlan): object {
  let at = 0;
  const timed = steps.map(({ lines, pins, hold, purpose }) => {
    const step = { at, ...lines, ...pins, hold, purpose };
    at += hold;
    return step;
  });
  return { margin, clear, ...(window ? { window } : {}), steps: timed };
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
