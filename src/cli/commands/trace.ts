import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { emptyResult } from '../../ops/result.ts';
import { type Folded, fold } from '../../trace/fold.ts';
import { type TimelineRow, timelineOf } from '../../trace/timeline.ts';
import type { Trace } from '../../trace/trace-event.ts';
import { readTrace } from '../../trace/trace-file.ts';
import { vcdOf } from '../../trace/vcd.ts';
import type { CliContext, DefineCommand } from '../context.ts';
import { type CliOptions, withOptions } from '../given/options.ts';
import { type Colours, coloursFor } from '../output/colours.ts';
import { writeResultLine } from '../output/result-line.ts';
import { writeLines } from '../output/safe-output.ts';

const examples = `
Examples:
  bootctl trace job.trace                          what happened in a job that ran with --trace job.trace
  bootctl trace job.trace -v                       every single transfer
  bootctl trace job.trace --vcd job.vcd            for GTKWave, PulseView or sigrok-cli`;

interface TraceOptions extends CliOptions {
  /** File that the waveforms go to. */
  readonly vcd?: string;
}

/** Shows what `--trace` has recorded. */
export const define: DefineCommand = (command, context) => {
  command
    .argument('<file>', 'a trace, recorded with --trace')
    .option('--vcd <file>', 'write lines, pins, USB presence and machine states as a VCD file instead')
    .option('-v, --verbose', 'show every row; otherwise those that repeat are folded')
    .addHelpText('after', examples)
    .action((file: string, options: TraceOptions) => showTrace(context, file, options));
  withOptions(command, context.env, ['json']);
};

/** Prints a trace, or writes its waveforms. @throws BootctlError `trace-unreadable`, `trace-malformed`, `trace-unwritable` */
async function showTrace(context: CliContext, file: string, options: TraceOptions): Promise<void> {
  const { stdout, cwd, now } = context;
  const started = now();
  const path = resolve(cwd, file);
  const trace = await readTrace(path, file);
  if (options.vcd !== undefined) {
    await writeVcd(path, resolve(cwd, options.vcd), options.vcd, trace);
    if (!options.json) writeLines(stdout, [`${options.vcd} is written`]);
  } else if (options.json) {
    for (const line of [trace.header, ...trace.events]) stdout.write(`${JSON.stringify(line)}\n`);
  } else {
    writeLines(stdout, traceLines(trace, options.verbose === true, coloursFor(context, stdout)));
  }
  if (options.json) writeResultLine(stdout, now() - started, emptyResult);
}

async function writeVcd(tracePath: string, path: string, name: string, trace: Trace): Promise<void> {
  if (path === tracePath) {
    throw new BootctlError('trace-unwritable', `${name} is the trace itself`, {
      hint: 'Give the VCD file a name of its own.',
    });
  }
  try {
    await writeFile(path, vcdOf(trace));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BootctlError('trace-unwritable', `Cannot write ${name}: ${reason}`, { cause: error });
  }
}

/** A trace as a person reads it; without `all`, rows that repeat are folded. */
function traceLines(trace: Trace, all: boolean, colours: Colours): readonly string[] {
  const { bootctl, profile, argv, date } = trace.header;
  const rows = timelineOf(trace);
  const width = Math.max(4, ...rows.map(({ who }) => who.length));
  const writer = new RowWriter(width, colours);
  const groups = all ? rows.map((row) => ({ shown: [row], repeats: 0, last: [] })) : fold(rows);
  return [
    `bootctl ${bootctl}, profile ${profile}, ${date}`,
    `bootctl ${argv.join(' ')}`,
    '',
    colours.dim(`${'time'.padStart(10)}  ${'since'.padStart(11)}  ${'who'.padEnd(width)}  what`),
    ...groups.flatMap((group) => writer.lines(group)),
    ...endLines(trace),
  ];
}

/** What a trace lacks whose process did not live to its end. */
function endLines({ events, isCut }: Trace): readonly string[] {
  const hasResult = events.some(({ event }) => event === 'result');
  if (hasResult && !isCut) return [];
  const cut = isCut ? 'The last line is cut off. ' : '';
  return ['', `${cut}The trace ends before the job does: its process was killed, or is still running.`];
}

/** A call that took less is not worth telling, in ms. */
const notableTime = 2;

class RowWriter {
  readonly #width: number;
  readonly #colours: Colours;
  #last = 0;

  constructor(width: number, colours: Colours) {
    this.#width = width;
    this.#colours = colours;
  }

  lines({ shown, repeats, last }: Folded<TimelineRow>): readonly string[] {
    const lines = shown.map((row) => this.#line(row));
    const [first] = last;
    if (!first) return lines;
    this.#last = last.at(-1)?.t ?? first.t;
    const what = shown.length === 1 ? 'like this one' : `like these ${shown.length}`;
    const when = `the last at ${(first.t / 1000).toFixed(4)} s: ${first.text}`;
    const indent = ' '.repeat(27 + this.#width);
    return [...lines, this.#colours.dim(`${indent}… ${repeats} times more ${what}; ${when}`)];
  }

  #line({ t, took = 0, who, text, isFailure }: TimelineRow): string {
    const time = `${(t / 1000).toFixed(4)} s`.padStart(10);
    const since = `+${(t - this.#last).toFixed(1)} ms`.padStart(11);
    this.#last = t;
    const duration = took >= notableTime ? ` (took ${took.toFixed(1)} ms)` : '';
    const words = isFailure ? this.#colours.yellow(text) : text;
    return `${time}  ${this.#colours.dim(since)}  ${who.padEnd(this.#width)}  ${words}${duration}`;
  }
}
