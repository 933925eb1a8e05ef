import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { seconds } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Argv, HostCommands } from '../../bench/host-commands.ts';

/** So much of what a command says is kept: its last line is told where it fails. */
const keptBytes = 4_096;
/** After SIGTERM a command that is too late has so long to end before SIGKILL. */
const killAfter: Milliseconds = 1_000;

/** What it wrote just before its end is read within this. */
const lastWords: Milliseconds = 100;

const isWindows = process.platform === 'win32';
const textOf = (argv: Argv): string => `\`${argv.join(' ')}\``;

const missing = (argv: Argv, why: string): BootctlError =>
  new BootctlError('command-missing', `${textOf(argv)} cannot be run: ${why}`);

async function find(program: string): Promise<boolean> {
  const isPath = program.includes('/') || isAbsolute(program);
  const folders = isPath ? [''] : (process.env.PATH ?? '').split(delimiter);
  const endings = isWindows ? ['', '.exe', '.com'] : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const found = await access(join(folder, program + ending), constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return true;
    }
  }
  return false;
}

/** What a command said last, for a person. */
const lastLine = (text: string): string => {
  const line = text.trim().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? 'it said nothing on stderr' : `it said last: ${line}`;
};

/**
 * Starts it in a session of its own: Ctrl-C at the terminal ends bootctl in order, and not a command in the midst of what it
 * does.
 */
function start([program, ...rest]: Argv) {
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'], detached: !isWindows, windowsHide: true });
  const kill = (signal: NodeJS.Signals) => {
    try {
      // The whole session: what the command has started as well.
      if (isWindows || child.pid === undefined) child.kill(signal);
      else process.kill(-child.pid, signal);
    } catch {
      // It has ended by itself.
    }
  };
  return { child, kill };
}

function run(argv: Argv, timeout: Milliseconds): Promise<void> {
  return new Promise((resolve, reject) => {
    const { child, kill } = start(argv);
    let said = '';
    let isLate = false;
    const stop = () => {
      isLate = true;
      kill('SIGTERM');
    };
    const timers = [setTimeout(stop, timeout), setTimeout(() => kill('SIGKILL'), timeout + killAfter)];
    const end = (error?: BootctlError) => {
      for (const timer of timers) clearTimeout(timer);
      child.stderr.destroy(); // what it has left running may hold the pipe open
      if (error) reject(error);
      else resolve();
    };
    const over = (status: number | null, signal: NodeJS.Signals | null) =>
      end(failureOf(argv, { status, signal, isLate, said, timeout }));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-keptBytes);
    });
    child.on('error', (error: NodeJS.ErrnoException) => end(missing(argv, error.code ?? error.message)));
    child.on('close', over);
    // What it has left running may hold its stderr open: then `close` does not come.
    child.on('exit', (status, signal) => timers.push(setTimeout(() => over(status, signal), lastWords)));
  });
}

interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly isLate: boolean;
  readonly said: string;
  readonly timeout: Milliseconds;
}

function failureOf(argv: Argv, { status, signal, isLate, said, timeout }: End): BootctlError | undefined {
  if (isLate) {
    return new BootctlError(
      'command-timeout',
      `${textOf(argv)} did not end within ${seconds(timeout)} and was stopped; ${lastLine(said)}`,
    );
  }
  if (status === 0) return undefined;
  const how = signal === null ? `exit status ${status}` : `signal ${signal}`;
  return new BootctlError('command-failed', `${textOf(argv)} ended with ${how}; ${lastLine(said)}`, {
    details: signal === null ? { status: status ?? -1 } : { signal },
  });
}

/** Programs of this host. */
export const nodeCommands: HostCommands = {
  async check(argv) {
    if (!(await find(argv[0]))) throw missing(argv, 'there is no such program, or this user may not run it');
  },
  run,
};
