import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { systemClock } from '../../../src/host/system/system-clock.ts';
import { AgentBench } from './bench.ts';
import { Processes } from './processes.ts';
import type { AgentCalls, BenchAction, CallMessage, CallName, CallResult, Hook } from './protocol.ts';
import { skipsTime } from './skipped-time.ts';

type Handlers = {
  readonly [N in CallName]: (argument: Parameters<AgentCalls[N]>[0]) => CallResult<N> | Promise<CallResult<N>>;
};

/** Time of a kernel message, in s: `[   12.345678] usb 1-1: …`. */
const timeOf = (message: string): number => Number(/^\[\s*([\d.]+)\]/.exec(message)?.[1] ?? 0);

const kernelMessages = (): readonly string[] => execFileSync('dmesg', { encoding: 'utf8' }).trimEnd().split('\n');

/** Answers the host's calls, whatever carries them. Outside a guest the machine's own udevd is left alone. */
export function agentCalls(isGuest: boolean): (message: CallMessage) => Promise<unknown> {
  let quietUntil = 0;
  const act = (action: BenchAction) => {
    if ('unplug' in action) bench.unplug(action.unplug);
    else if ('freeze' in action) bench.freeze(action.freeze);
    else if ('plug' in action) void bench.plug(action.plug);
    else if ('saveFlash' in action)
      writeFileSync(action.path, bench.flash(action.saveFlash, action.address, action.length));
    else processes.signal(action.process, action.signal);
  };
  const actIn = (action: BenchAction, delay: number | undefined) => {
    if (delay === undefined) act(action);
    else setTimeout(() => act(action), delay);
  };
  const processes = new Processes(actIn);
  const bench = new AgentBench(({ delay, act: action }: Hook) => actIn(action, delay));
  const handlers: Handlers = {
    async reset(setup) {
      await processes.killAll();
      if (setup.udevd === false && !isGuest) throw new Error('udevd is only ever stopped in a guest');
      quietUntil = timeOf(kernelMessages().at(-1) ?? '');
      return bench.reset(setup);
    },
    run: (request) => processes.wait(processes.start(request)),
    // It goes on while the host thinks, which may be any time here.
    start: (request) => processes.start(skipsTime ? { timeout: Number.POSITIVE_INFINITY, ...request } : request),
    signal({ process, signal }) {
      processes.signal(process, signal);
      return null;
    },
    wait: ({ process }) => processes.wait(process),
    when(hook) {
      bench.when(hook);
      return null;
    },
    plug: (name) => bench.plug(name),
    unplug(name) {
      bench.unplug(name);
      return null;
    },
    truth: () => bench.truth.events,
    // Whatever comes between the two readings makes it smaller.
    monotonic: () =>
      Math.max(...Array.from({ length: 100 }, () => Number(process.hrtime.bigint()) / 1e6 - systemClock.now())),
    until: ({ event, timeout }) => bench.until(event, timeout),
    flash: ({ board, address, length }) => Buffer.from(bench.flash(board, address, length)).toString('base64'),
    lines: (name) => bench.lines(name),
    dmesg: () =>
      kernelMessages()
        .filter((message) => timeOf(message) > quietUntil)
        .join('\n'),
    writeFile({ path, base64, mode = 0o644 }) {
      writeFileSync(path, Buffer.from(base64, 'base64'), { mode });
      return null;
    },
    readFile: (path) => readFileSync(path, 'base64'),
  };
  return async ({ call, argument }) => {
    const handler = handlers[call] as (argument: unknown) => unknown;
    return handler(argument);
  };
}
