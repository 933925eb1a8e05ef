import { type ChildProcess, spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { startOrdinary } from './priority.ts';
import type { BenchAction, LineHook, RunRequest, RunResult } from './protocol.ts';

interface Running {
  readonly child: ChildProcess;
  readonly end: Promise<RunResult>;
}

const defaultTimeout = 120_000;

/** Processes that the bench runs for the host, by handle. */
export class Processes {
  readonly #running = new Map<number, Running>();
  readonly #act: (action: BenchAction, delay: number | undefined) => void;
  #next = 1;

  constructor(act: (action: BenchAction, delay: number | undefined) => void) {
    this.#act = act;
  }

  start(request: RunRequest): number {
    const handle = this.#next++;
    const running = launch(request);
    const { atLines = [] } = request;
    if (atLines.length > 0) watchLines(running.child, atLines, this.#act);
    this.#running.set(handle, running);
    return handle;
  }

  signal(handle: number, signal: NodeJS.Signals): void {
    this.#running.get(handle)?.child.kill(signal);
  }

  async wait(handle: number): Promise<RunResult> {
    const running = this.#running.get(handle);
    if (!running) throw new Error(`no process ${handle}`);
    const result = await running.end;
    this.#running.delete(handle);
    return result;
  }

  /** Ends what a failed case has left. */
  async killAll(): Promise<void> {
    const all = [...this.#running.values()];
    this.#running.clear();
    for (const { child } of all) child.kill('SIGKILL');
    await Promise.all(all.map(({ end }) => end));
  }
}

function launch({ argv, env = {}, cwd, uid, timeout = defaultTimeout, signalAt }: RunRequest): Running {
  const [command, ...args] = argv;
  const began = performance.now();
  const child = startOrdinary(() =>
    spawn(command!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      ...(uid === undefined ? {} : { uid, gid: uid }),
    }),
  );
  const output = { stdout: '', stderr: '' };
  let timedOut = false;
  let signalled = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
    if (!signalled && signalAt && occurrences(output.stdout, signalAt.text) >= (signalAt.nth ?? 1)) {
      signalled = true;
      child.kill(signalAt.signal);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const expire = () => {
    timedOut = true;
    child.kill('SIGKILL');
  };
  const timer = Number.isFinite(timeout) ? setTimeout(expire, timeout) : undefined;
  const end = new Promise<RunResult>((resolve) => {
    const finish = (status: number | null, signal: string | null) => {
      clearTimeout(timer);
      resolve({ status, signal, ...output, duration: performance.now() - began, timedOut });
    };
    child.once('error', (error) => {
      output.stderr += String(error);
      finish(null, null);
    });
    child.once('close', finish);
  });
  return { child, end };
}

function watchLines(
  { stdout }: ChildProcess,
  hooks: readonly LineHook[],
  act: (action: BenchAction, delay: number | undefined) => void,
): void {
  const seen = hooks.map(() => 0);
  createInterface({ input: stdout! }).on('line', (line) => {
    for (const [index, { has, nth, delay, act: action }] of hooks.entries()) {
      if (!has.every((text) => line.includes(text))) continue;
      seen[index]! += 1;
      if (nth === undefined || nth === seen[index]) act(action, delay);
    }
  });
}

const occurrences = (text: string, part: string): number => text.split(part).length - 1;
