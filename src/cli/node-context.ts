import { isatty } from 'node:tty';
import type { Bench } from '../bench/bench.ts';
import { systemClock } from '../host/system/system-clock.ts';
import { profileFolder, stateFolder } from '../store/user-folders.ts';
import type { BenchRequest, CliContext, TextOutput } from './context.ts';
import { interruptSignal } from './interrupt.ts';

/** The context of a real run. Heavy parts are loaded when a command first asks for them. */
export function nodeContext(process: NodeJS.Process): CliContext {
  const { env, stdout, stderr } = process;
  const signal = interruptSignal(process, systemClock.now);
  return {
    stdout: textOutput(stdout),
    stderr: textOutput(stderr),
    env,
    cwd: process.cwd(),
    profileFolder: profileFolder(process),
    stateFolder: stateFolder(process),
    signal,
    now: systemClock.now,
    standardInput: () => readAll(process.stdin, signal),
    inputLines: () => readLines(process.stdin, signal),
    ...(isatty(0) && stderr.isTTY
      ? {
          ask: (question: string) => ask(process, question, signal),
          personStreams: () => ({ input: process.stdin, output: withSize(stderr) }),
        }
      : {}),
    openBench,
    portTrouble: async (path) => {
      const { portTrouble } = await import('../host/serial/port-access.ts');
      return portTrouble(path);
    },
    hostFacts: async () => (await import('../host/system/host-facts.ts')).nodeHostFacts(),
    usbTree: async () => (await import('../host/usb/tree.ts')).usbTree(),
  };
}

async function openBench({ profile, scenario, port }: BenchRequest): Promise<Bench> {
  if (scenario === undefined || !profile) {
    const { nodeBench } = await import('../host/node-bench.ts');
    return nodeBench();
  }
  const { createSimBench } = await import('../sim/sim-bench.ts');
  return createSimBench({ profile, scenario, ...(port === undefined ? {} : { port }) });
}

/**
 * An output that takes no more must not tear a job: a reader that has gone (`bootctl … | head -1`: EPIPE), a terminal that was
 * closed (EIO), a full disk. The job goes on to its end, which its exit status tells, and SIGHUP ends it in order.
 */
function textOutput(stream: NodeJS.WriteStream): TextOutput {
  let isGone = false;
  stream.on('error', () => {
    isGone = true;
  });
  return {
    write: (text) => {
      if (!isGone) stream.write(text);
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
  };
}

/** One line from the terminal, empty at its end (Ctrl-D). @throws the signal's reason */
async function ask({ stdin, stderr }: NodeJS.Process, question: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  // Not `terminal`: readline would take Ctrl-C for itself, and the job's signal would never come.
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: stdin, output: stderr, terminal: false });
  try {
    const end = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    return await Promise.race([lines.question(`${question} `, { signal }), end]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
}

/** A serial console may say that it has 0 columns and rows: each letter would have a line of its own, and a list one entry. */
function withSize(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (stream.columns === 0) stream.columns = 80;
  if (stream.rows === 0) stream.rows = 24;
  return stream;
}

/** Each line when it has come. @throws the signal's reason */
async function* readLines(stream: NodeJS.ReadStream, signal: AbortSignal): AsyncGenerator<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: stream, terminal: false, crlfDelay: Number.POSITIVE_INFINITY, signal });
  try {
    yield* lines;
  } finally {
    lines.close();
  }
  signal.throwIfAborted();
}

/** Everything up to the end of the stream. @throws the signal's reason */
async function readAll(stream: NodeJS.ReadStream, signal: AbortSignal): Promise<Uint8Array> {
  const stop = () => stream.destroy(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return Buffer.concat(chunks);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
