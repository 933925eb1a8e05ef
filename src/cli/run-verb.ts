import { resolve } from 'node:path';
import type { Bench } from '../bench/bench.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { tellBeginning } from '../ops/job/beginning.ts';
import type { ProgressEvent, RecoverResult } from '../ops/job/events.ts';
import { commonResult } from '../ops/result.ts';
import { keptFiles } from '../store/kept-files.ts';
import type { FlightRecorder } from '../trace/flight-recorder.ts';
import type { CliContext } from './context.ts';
import { agreeToErase } from './given/agree-to-erase.ts';
import type { CliOptions } from './given/options.ts';
import { givenScenario } from './given/scenario.ts';
import { type GivenSpec, givenSpec } from './given/spec.ts';
import { dryRun } from './output/dry-run.ts';
import { openReport } from './output/report.ts';
import { writeLines } from './output/safe-output.ts';

type BenchSpec<Image extends FirmwareImage | undefined> = GivenSpec<Image> & { readonly bench: Bench };

/** One verb on the command line. */
export interface VerbCommand<Image extends FirmwareImage | undefined, Result extends RecoverResult> {
  /** The operation of the same name. */
  readonly run: (spec: BenchSpec<Image>) => Promise<Result>;
  /** What it refuses and reads before a bench is opened; a dry run goes without. */
  readonly prepare?: () => Promise<void>;
  /** What is true when it has ended well; without it, what the main job says. */
  readonly done?: (result: Result, spec: GivenSpec<Image>) => string;
}

/**
 * Does a job on a target, or with `--dry-run` shows it; several images are one. Resolves with the exit status.
 * @throws BootctlError of kind `usage`
 */
export async function runVerb<Image extends FirmwareImage | undefined, Result extends RecoverResult>(
  context: CliContext,
  options: CliOptions,
  images: readonly string[],
  { run, prepare, done }: VerbCommand<Image, Result>,
): Promise<number> {
  const scenario = await givenScenario(options, images[0]);
  const given = await givenSpec<Image>(context, options, images);
  if (options.dryRun) return dryRun(context, options, given);
  const { profile, image, port } = given;
  if (options.unprotect) await agreeToErase(context, options, image);
  await prepare?.();
  context.signal.throwIfAborted();
  await using recorder = await recorderOf(context, options);
  await using bench = await context.openBench({ profile, scenario, port });
  const report = await openReport({ options, context, clock: bench.clock, scenario, image });
  const verb = (spec: BenchSpec<Image>) => {
    tellBeginning(spec, scenario);
    return run(spec);
  };
  const kept = keptFiles(context, scenario !== undefined);
  const spec = { ...given, bench, keptFiles: kept, onProgress: (event: ProgressEvent) => report.progress(event) };
  const result = await (recorder ? recorder.record(spec, verb) : verb(spec));
  report.result(commonResult(result), result.ok ? done?.(result, given) : undefined);
  return result.exitCode;
}

/** Without `--trace` the job runs on the bench itself, and nothing of the recorder is loaded. */
async function recorderOf(
  { argv = [], cwd, stderr }: CliContext,
  { trace }: CliOptions,
): Promise<FlightRecorder | undefined> {
  if (trace === undefined) return undefined;
  const { openFlightRecorder } = await import('../trace/flight-recorder.ts');
  return openFlightRecorder({ path: resolve(cwd, trace), name: trace, argv }, (reason) => {
    const why = reason instanceof Error ? reason.message : String(reason);
    writeLines(stderr, [`bootctl: the trace ${trace} ends here: ${why}; the job goes on`]);
  });
}
