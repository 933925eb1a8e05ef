import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { BootctlError } from '../../base/errors.ts';
import { seconds } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';

/** So much of what a program prints is read. */
const keptOutput = 65_536;
/** So much of what it says on stderr is kept: its last line is told where it fails. */
const keptWords = 4_096;
/** After SIGTERM a program that is to stop has so long to end before SIGKILL. */
const killAfter: Milliseconds = 1_000;

/** What it wrote just before its end is read within this. */
const lastWords: Milliseconds = 100;

const isWindows = process.platform === 'win32';

/** `argv[0]` is the program. */
export type ProgramArgv = readonly string[];

export interface RunOptions {
  /** Written to its standard input, and its standard output is read; without it both are closed. */
  readonly input?: string;
  /** Stops it, as the time limit does. */
  readonly signal?: AbortSignal;
}

interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

const nameOf = (argv: ProgramArgv): string => `\`${argv.join(' ')}\``;

export const missingProgram = (argv: ProgramArgv, why: string): BootctlError =>
  new BootctlError('command-missing', `${nameOf(argv)} cannot be run: ${why}`);

/**
 * Runs a program without a shell; resolves with what it printed. In a session of its own: Ctrl-C at the terminal ends bootctl in
 * order, and not a program in the midst of what it does.
 * @throws BootctlError `command-missing`, `command-failed`, `command-timeout`; the signal's reason
 */
export async function runProgram(
  argv: ProgramArgv,
  timeout: Milliseconds,
  { input, signal }: RunOptions = {},
): Promise<string> {
  signal?.throwIfAborted();
  const [program = '', ...rest] = argv;
  const talks = input === undefined ? 'ignore' : 'pipe';
  const child = spawn(program, rest, { stdio: [talks, talks, 'pipe'], detached: !isWindows, windowsHide: true });
  const [printed, said] = [keptText(child.stdout, keptOutput), keptText(child.stderr, keptWords)];
  child.stdin?.on('error', () => {}); // it may not read its input
  child.stdin?.end(input);
  const timers: NodeJS.Timeout[] = [];
  let isLate = false;
  const stop = () => {
    endSession(child, 'SIGTERM');
    timers.push(setTimeout(() => endSession(child, 'SIGKILL'), killAfter));
  };
  const late = () => {
    isLate = true;
    stop();
  };
  timers.push(setTimeout(late, timeout));
  signal?.addEventListener('abort', stop);
  try {
    const end = await endOf(child, argv, timers);
    signal?.throwIfAborted();
    const failure = failureOf(argv, end, isLate ? timeout : undefined, said());
    if (failure) throw failure;
    return printed();
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    // What it has left running may hold the pipes open.
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

/** The last of what a stream says. */
function keptText(stream: Readable | null, kept: number): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-kept);
  });
  return () => text;
}

const endOf = (child: ReturnType<typeof spawn>, argv: ProgramArgv, timers: NodeJS.Timeout[]): Promise<End> =>
  new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => reject(missingProgram(argv, error.code ?? error.message)));
    child.on('close', (status, signal) => resolve({ status, signal }));
    // What it has left running may hold its pipes open: then `close` does not come.
    child.on('exit', (status, signal) => timers.push(setTimeout(() => resolve({ status, signal }), lastWords)));
  });

/** What the program has started as well. */
function endSession(child: ReturnType<typeof spawn>, signal: NodeJS.Signals): void {
  try {
    if (isWindows || child.pid === undefined) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** `late`: the limit that it did not keep. */
function failureOf(
  argv: ProgramArgv,
  { status, signal }: End,
  late: Milliseconds | undefined,
  said: string,
): BootctlError | undefined {
  if (late !== undefined) {
    return new BootctlError(
      'command-timeout',
      `${nameOf(argv)} did not end within ${seconds(late)} and was stopped; ${lastLine(said)}`,
    );
  }
  if (status === 0) return undefined;
  const how = signal === null ? `exit status ${status}` : `signal ${signal}`;
  return new BootctlError('command-failed', `${nameOf(argv)} ended with ${how}; ${lastLine(said)}`, {
    details: signal === null ? { status: status ?? -1 } : { signal },
  });
}

/** What it said last, for a person. */
const lastLine = (text: string): string => {
  const line = text.trim().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? 'it said nothing on stderr' : `it said last: ${line}`;
};
