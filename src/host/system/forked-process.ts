import { fork } from 'node:child_process';

/** So much of what a process says last is kept, to tell why it ended. */
const keptBytes = 4_096;

/** A process of this program, with messages both ways. */
export interface ForkedProcess {
  readonly pid: number | undefined;
  /** Does nothing once the process has gone. */
  send(message: unknown): void;
  /** At once; the kernel closes what it had open. */
  kill(): void;
  /** How it ended, in words. */
  readonly exited: Promise<string>;
}

/**
 * Starts `file` in a session of its own: Ctrl-C at the terminal reaches its parent alone, which tells it to end. Messages
 * are copied with their bytes, regular expressions and undefined values.
 */
export function forkProcess(file: string, onMessage: (message: unknown) => void): ForkedProcess {
  const child = fork(file, [], {
    serialization: 'advanced',
    detached: process.platform !== 'win32',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-keptBytes);
  });
  child.on('message', onMessage);
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status, signal) => resolve(endOf(status, signal, said)));
  });
  return {
    pid: child.pid,
    send: (message) => {
      if (child.connected) child.send(message as object, () => {});
    },
    kill: () => child.kill('SIGKILL'),
    exited,
  };
}

function endOf(status: number | null, signal: string | null, said: string): string {
  const how = signal === null ? `exit status ${status}` : `signal ${signal}`;
  const lines = said.trim().split('\n');
  const error = lines.findLast((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? '';
  return error === '' ? how : `${how}; it said: ${error.trim()}`;
}
