import type { BoardProfile } from '../board/profile.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import type { KeptFiles } from '../ops/engine/keep-files.ts';
import type { ProgressEvent, RecoverResult } from '../ops/job/events.ts';
import { type RecoverSpec, recover } from '../ops/recover.ts';
import { commonResult, failedResult } from '../ops/result.ts';
import { type CliContext, isInteractive } from './context.ts';
import type { FlightRecorder } from './flight-recorder.ts';
import { amount } from './format.ts';
import type { CliOptions } from './options.ts';
import { openReport } from './report.ts';
import { restoredFile } from './restored-file.ts';
import type { RangeOptions, TaskMaker } from './target-jobs.ts';

export interface BenchJob {
  readonly profile: BoardProfile;
  readonly image: FirmwareImage | undefined;
  /** Of the simulated bench; undefined for real hardware. */
  readonly scenario: string | undefined;
  readonly options: RangeOptions;
  /** What to do with the target; the main job without it. */
  readonly task?: TaskMaker | undefined;
}

/** Opens the bench, does the job, reports it, closes the bench; resolves with the exit status. */
export async function runOnBench(
  context: CliContext,
  { profile, image, scenario, options, task: makeTask }: BenchJob,
): Promise<number> {
  const { port, timeout, verify, force, unprotect } = options;
  const interactive = isInteractive(context, options);
  const restore = await restoredFile(context, options);
  await using recorder = await recorderOf(context, options);
  await using bench = await context.openBench({ profile, scenario, port });
  const task = await makeTask?.(image, (event) => onProgress(event));
  const facts = { scenario, image, done: task?.done };
  const report = await openReport({ options, context, clock: bench.clock, ...facts });
  const recording = recorder?.start(bench, profile);
  const onProgress = (event: ProgressEvent) => {
    recording?.progress(event);
    report.progress(event);
  };
  const note = (message: string) => onProgress({ event: 'note', message });
  note(`profile ${profile.id}, ${image ? `image ${image.name}, ${amount(image.bytes, 'bytes')}` : 'no image'}`);
  if (scenario) note(`simulated bench, scenario ${scenario}: no hardware is used`);
  const { signal } = context;
  const recorded = { bench: recording?.bench ?? bench, trace: recording?.trace };
  const { keep, full } = options;
  const confirm = interactive ? confirmBy(context) : undefined;
  const given = {
    profile,
    image,
    ...recorded,
    port,
    timeout,
    verify,
    force,
    unprotect,
    keep,
    full,
    restore,
    interactive,
    confirm,
  };
  const keptFiles = image ? await keptFilesOf(context, scenario) : undefined;
  const spec = { ...given, keptFiles, onProgress, signal };
  const run = task?.run as ((spec: RecoverSpec) => Promise<RecoverResult>) | undefined;
  const result = await (run ?? recover)(spec).then(commonResult, (error) => {
    recording?.result(failedResult(error));
    throw error;
  });
  recording?.result(result);
  report.result(result);
  return result.exitCode;
}

/** Asks the person at the terminal; what is no clear yes is a no. */
const confirmBy =
  ({ ask }: CliContext): RecoverSpec['confirm'] =>
  async (question) =>
    /^\s*y(es)?\s*$/i.test((await ask?.(`${question} Type 'yes' or 'no':`)) ?? '');

/** Without `--trace` the job runs on the bench itself, and nothing of the recorder is loaded. */
async function recorderOf(context: CliContext, { trace }: CliOptions): Promise<FlightRecorder | undefined> {
  if (trace === undefined) return undefined;
  const { openFlightRecorder } = await import('./flight-recorder.ts');
  return openFlightRecorder(context, trace);
}

async function keptFilesOf(context: CliContext, scenario: string | undefined): Promise<KeptFiles> {
  const { keptFiles } = await import('../store/kept-files.ts');
  return keptFiles(context, scenario !== undefined);
}
