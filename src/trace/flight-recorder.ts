import { amount, seconds } from '../base/text.ts';
import { version } from '../base/version.ts';
import type { Clock } from '../bench/clock.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { ProgressEvent, RecoverResult } from '../ops/job/events.ts';
import type { JobSpec } from '../ops/job/job-spec.ts';
import { commonResult, failedResult } from '../ops/result.ts';
import { eventText } from './event-text.ts';
import { failureOf, recordBench } from './recording-bench.ts';
import { guardedSink, type TraceHeader, type TraceSink } from './trace-event.ts';
import { createTrace } from './trace-writer.ts';

/** A trace file, opened before anything moves; closing it waits until all is written. */
export interface FlightRecorder extends AsyncDisposable {
  /** Runs a job and records it: the calls to its bench, its events, the states of its machines and its result. */
  record<Spec extends JobSpec, Result extends RecoverResult>(
    spec: Spec,
    operation: (spec: Spec) => Promise<Result>,
  ): Promise<Result>;
}

/** A trace to be written. */
export interface TraceFile {
  readonly path: string;
  /** How messages name it. */
  readonly name: string;
  /** Of the command, for the header. */
  readonly argv: readonly string[];
}

/**
 * Opens the file. A later failure ends the trace but never the job. `onEnd` is called once with the reason.
 * @throws BootctlError `trace-unwritable`
 */
export async function openFlightRecorder(
  { path, name, argv }: TraceFile,
  onEnd: (reason: unknown) => void,
): Promise<FlightRecorder> {
  const writer = await createTrace(path, name, onEnd);
  return {
    record: async (spec, operation) => {
      const { clock } = spec.bench;
      writer.start(headerOf(argv, spec.profile), clock.now());
      const sink = guardedSink((event) => writer.add(event), onEnd);
      const finish = (result: RecoverResult) => sink({ event: 'result', t: clock.now(), ...commonResult(result) });
      try {
        const result = await operation({ ...spec, ...recordedBy(sink, spec) });
        finish(result);
        return result;
      } catch (error) {
        finish(failedResult(error));
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}

/** Inputs of a job that pass all of its events to `sink`. Nothing here ever throws. */
function recordedBy(
  sink: TraceSink,
  { bench, trace, onProgress }: JobSpec,
): Required<Pick<JobSpec, 'bench' | 'trace' | 'onProgress'>> {
  return {
    bench: recordBench(bench, sink),
    trace: (step) => {
      const { error, ...values } = step;
      sink({ event: 'machine.state', ...values, ...(error === undefined ? {} : { error: failureOf(error) }) });
      trace?.(step);
    },
    onProgress: (event) => {
      tell(sink, bench.clock, event);
      onProgress?.(event);
    },
  };
}

function tell(sink: TraceSink, clock: Clock, event: ProgressEvent): void {
  if (event.event === 'phase.progress') return; // the transfers themselves show it
  const { event: name, ...values } = event;
  const text = textOf(event);
  sink({ event: 'job', t: clock.now(), name, ...(text === undefined ? {} : { text }), values });
}

function headerOf(
  argv: readonly string[],
  { id, wiring, usb, application }: BoardProfile,
): Omit<TraceHeader, 'trace' | 'version' | 'clock'> {
  const idOf = ({ vendorId, productId }: { vendorId: string; productId: string }) => `${vendorId}:${productId}`;
  return {
    bootctl: version(),
    profile: id,
    argv,
    date: new Date().toISOString(),
    wiring,
    usb: { bootloader: idOf(usb), ...(application.expect === 'usb' ? { application: idOf(application) } : {}) },
  };
}

function textOf(event: ProgressEvent): string | undefined {
  if (event.event === 'phase.started') return `${event.phase}: ${amount(event.total, event.unit)}`;
  if (event.event === 'phase.finished') return `${event.phase}: done in ${seconds(event.took)}`;
  return eventText(event, true)?.trim();
}
