import { amount, seconds } from '../base/text.ts';
import { version } from '../base/version.ts';
import type { Bench } from '../bench/bench.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { ProgressEvent, RecoverResult } from '../ops/job/events.ts';
import type { OnMachineStep } from '../ops/job/machine-steps.ts';
import { eventText } from './event-text.ts';
import { failureOf, recordBench } from './recording-bench.ts';
import { guardedSink, type TraceHeader } from './trace-event.ts';
import { createTrace, type TraceWriter } from './trace-writer.ts';

/** A job's trace file, opened before anything moves; closing it waits until all is written. */
export interface FlightRecorder extends AsyncDisposable {
  start(bench: Bench, profile: BoardProfile): Recording;
}

/** What a job hands over while it is being recorded. Nothing here ever throws. */
export interface Recording {
  /** The bench to use instead. */
  readonly bench: Bench;
  readonly trace: OnMachineStep;
  progress(event: ProgressEvent): void;
  result(result: RecoverResult): void;
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
 * Opens the file. What fails afterwards costs the rest of the trace and never the job: `onEnd` is told the reason, once.
 * @throws BootctlError `trace-unwritable`
 */
export async function openFlightRecorder(
  { path, name, argv }: TraceFile,
  onEnd: (reason: unknown) => void,
): Promise<FlightRecorder> {
  const writer = await createTrace(path, name, onEnd);
  return {
    start: (bench, profile) => startRecording(argv, writer, onEnd, bench, profile),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}

function startRecording(
  argv: readonly string[],
  writer: TraceWriter,
  onEnd: (reason: unknown) => void,
  bench: Bench,
  profile: BoardProfile,
): Recording {
  writer.start(headerOf(argv, profile), bench.clock.now());
  const sink = guardedSink((event) => writer.add(event), onEnd);
  const now = () => bench.clock.now();
  return {
    bench: recordBench(bench, sink),
    trace: ({ error, ...step }) =>
      sink({ event: 'machine.state', ...step, ...(error === undefined ? {} : { error: failureOf(error) }) }),
    progress: (event) => {
      if (event.event === 'phase.progress') return; // the transfers themselves tell it
      const { event: name, ...values } = event;
      const text = textOf(event);
      sink({ event: 'job', t: now(), name, ...(text === undefined ? {} : { text }), values });
    },
    result: (result) => sink({ event: 'result', t: now(), ...result }),
  };
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
