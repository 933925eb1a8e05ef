import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { BootctlError } from '../../base/errors.ts';
import { seconds } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';

/** So much of what a command prints is read: one JSON object with measurements. */
const keptBytes = 65_536;
/** After SIGTERM a command that is too late has so long to end before SIGKILL. */
const endsWithin: Milliseconds = 1_000;

const isWindows = process.platform === 'win32';

/**
 * Runs a program without a shell, in a session of its own, with JSON on its standard input; resolves with its standard output.
 * @throws BootctlError `command-missing`, `command-failed`, `command-timeout`; the signal's reason
 */
export async function runJsonCommand(
  argv: readonly string[],
  input: object,
  timeout: Milliseconds,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const name = `\`${argv.join(' ')}\``;
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { stdio: 'pipe', detached: !isWindows, windowsHide: true });
  const said = { stdout: keptText(child.stdout), stderr: keptText(child.stderr) };
  child.stdin.on('error', () => {}); // it may not read its input
  child.stdin.end(`${JSON.stringify(input)}\n`);
  let isLate = false;
  const timers: NodeJS.Timeout[] = [];
  const stop = () => {
    endSession(child.pid, 'SIGTERM');
    timers.push(setTimeout(() => endSession(child.pid, 'SIGKILL'), endsWithin));
  };
  const late = () => {
    isLate = true;
    stop();
  };
  timers.push(setTimeout(late, timeout));
  signal.addEventListener('abort', stop);
  try {
    const how = await endOf(child, name);
    signal.throwIfAborted();
    if (isLate) throw tooLate(name, timeout);
    if (how !== 'exit status 0') throw failed(name, how, said.stderr());
    return said.stdout();
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** The last of what a stream says. */
function keptText(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-keptBytes);
  });
  return () => text;
}

const endOf = (child: ChildProcess, name: string): Promise<string> =>
  new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(new BootctlError('command-missing', `${name} cannot be run: ${error.code ?? error.message}`)),
    );
    child.on('close', (status, signal) => resolve(signal ?? `exit status ${status}`));
  });

/** What the command has started as well. */
function endSession(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(isWindows ? pid : -pid, signal);
  } catch {
    // It has ended by itself.
  }
}

const tooLate = (name: string, timeout: Milliseconds): BootctlError =>
  new BootctlError('command-timeout', `${name} did not end within ${seconds(timeout)} and was stopped`);

const failed = (name: string, how: string, stderr: string): BootctlError => {
  const line = stderr.trim().split('\n').at(-1)?.trim() ?? '';
  return new BootctlError(
    'command-failed',
    `${name} ended with ${how}; ${line === '' ? 'it said nothing on stderr' : `it said last: ${line}`}`,
  );
};
