import { resolve } from 'node:path';
import type { Bench } from '../bench/bench.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { ProgressEvent, RecoverResult } from '../ops/job/events.ts';
import type { OnMachineStep } from '../ops/job/machine-steps.ts';
import { failureOf, recordBench } from '../trace/recording-bench.ts';
import { guardedSink, type TraceHeader } from '../trace/trace-event.ts';
import { createTrace, type TraceWriter } from '../trace/trace-writer.ts';
import type { CliContext } from './context.ts';
import { eventText } from './event-text.ts';
import { amount, seconds } from './format.ts';
import { writeLines } from './safe-output.ts';
import { version } from './version.ts';

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

/** Opens `path`; what fails afterwards costs a note on stderr and the rest of the trace. @throws BootctlError `trace-unwritable` */
export async function openFlightRecorder(context: CliContext, path: string): Promise<FlightRecorder> {
  const giveUp = (reason: unknown) => {
    const why = reason instanceof Error ? reason.message : String(reason);
    writeLines(context.stderr, [`bootctl: the trace ${path} ends here: ${why}; the job goes on`]);
  };
  const writer = await createTrace(resolve(context.cwd, path), path, giveUp);
  return {
    start: (bench, profile) => startRecording(context, writer, giveUp, bench, profile),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}

function startRecording(
  { argv = [] }: CliContext,
  writer: TraceWriter,
  giveUp: (reason: unknown) => void,
  bench: Bench,
  profile: BoardProfile,
): Recording {
  writer.start(headerOf(argv, profile), bench.clock.now());
  const sink = guardedSink((event) => writer.add(event), giveUp);
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
