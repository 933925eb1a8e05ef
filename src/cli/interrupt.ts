import { BootctlError, exitStatus } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';

/**
 * What asks a command to end: the person (Ctrl-C, Ctrl-\, Windows Ctrl-Break), another process, and the end of the terminal
 * (POSIX; Windows as it closes the console, and then it ends the process some 10 s later by itself: Node.js, "Signal
 * events"). A name that a platform does not know never comes there.
 */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'] as const;

/** How long an end may take: a transfer under way is finished first. A terminal that closes sends SIGHUP more than once. */
const patience: Milliseconds = 10_000;

type Interrupted = Pick<NodeJS.Process, 'exit'> & {
  readonly stderr: Pick<NodeJS.Process['stderr'], 'write'>;
  on(name: string, listener: (name: NodeJS.Signals) => void): unknown;
};

/**
 * Aborted by the first signal, with a BootctlError `aborted`; the job then ends in order. Further signals tear nothing
 * either: they are answered, and only one that comes when the end has had its time ends the process.
 */
export function interruptSignal(process: Interrupted, now: () => Milliseconds): AbortSignal {
  const controller = new AbortController();
  const say = (text: string) => process.stderr.write(`bootctl: ${text}\n`);
  let first: Milliseconds | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    if (first === undefined) {
      first = now();
      say(`${name}: stopping, with the lines to idle`);
      controller.abort(new BootctlError('aborted', `Interrupted by ${name}`));
      return;
    }
    if (now() - first < patience) {
      say(
        `${name}: stopping already, what is under way is finished first; another signal after ${patience / 1000} s leaves at once`,
      );
      return;
    }
    say(`${name}: leaving at once; the kernel releases the lines as it closes the port`);
    process.exit(exitStatus.aborted);
  };
  for (const name of signals) process.on(name, onSignal);
  return controller.signal;
}
