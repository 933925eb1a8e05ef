import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentClient } from './client.ts';
import { cache } from './paths.ts';

/** One guest's program: its stdout is the guest's console, its descriptor 3 the agent's control channel. */
export interface GuestCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface GuestOptions {
  /** The guest's clock stands still while it computes, and goes on to the next timer when it waits: no wait takes time here. */
  readonly skipsWaiting?: boolean;
}

/** Something that runs Linux as a program of this machine. */
export interface GuestEngine {
  readonly id: 'uml' | 'qemu';
  readonly label: string;
  /** How many of its guests may work at once on so many cores. */
  guestsOn(cores: number): number;
  /** Its guests' clock can go straight to what they wait for. */
  readonly canSkipWaiting: boolean;
  /**
   * Provides what all its guests need; what comes back is the command of one guest, for which there is a folder of its own.
   * @throws Missing where this machine cannot have it
   */
  provide(options: GuestOptions): (folder: string) => GuestCommand;
}

/** A Linux with vhci_hcd in which the agent listens. */
export interface Guest extends AsyncDisposable {
  readonly client: AgentClient;
  readonly kernel: string;
  /** Stops the guest as a program, and lets it go on. */
  pause(): void;
  resume(): void;
}

const bootTimeout = 120_000;

/**
 * Starts a guest; resolves when its agent listens. It ends with this process, however this one ends.
 * @throws Error with the console's last lines where it does not come up
 */
export async function bootGuest(commandIn: (folder: string) => GuestCommand, consoleLog: string): Promise<Guest> {
  const folder = mkdtempSync(join(cache, 'guest-'));
  const child = startGuest(commandIn(folder), consoleLog);
  const stop = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stop);
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(String(error)));
    child.once('exit', () => resolve(`the guest ended; last lines of ${consoleLog}:\n${tail(consoleLog)}`));
  });
  const channel = child.stdio[3] as Duplex;
  // Which of the two ends is found to be gone first is chance; the exit says more.
  channel.on('error', () => {});
  const client = new AgentClient(channel, channel, true);
  void failed.then((reason) => client.lost(reason));
  try {
    return {
      client,
      kernel: await readyWithin(bootTimeout, client, failed, consoleLog),
      pause: () => void child.kill('SIGSTOP'),
      resume: () => void child.kill('SIGCONT'),
      async [Symbol.asyncDispose]() {
        process.removeListener('exit', stop);
        stop();
        await failed;
      },
    };
  } catch (error) {
    process.removeListener('exit', stop);
    stop();
    throw error;
  }
}

/** `setpriv` ends the guest also when this process is killed and can do nothing any more. */
function startGuest({ program, args, env = {} }: GuestCommand, consoleLog: string): ChildProcess {
  const log = openSync(consoleLog, 'w');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    stdio: ['ignore', log, log, 'pipe'],
    env: { ...process.env, ...env },
    // Ctrl-C at the terminal is for this process, which then ends its guests.
    detached: true,
  });
  comeFirst(child.pid);
  return child;
}

/** Drivers give a device 100 ms and less: other work of this machine waits, where this user may ask for that. */
function comeFirst(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_ABOVE_NORMAL);
  } catch {
    // Only root may.
  }
}

async function readyWithin(
  timeout: number,
  client: AgentClient,
  failed: Promise<string>,
  consoleLog: string,
): Promise<string> {
  const late = new AbortController();
  const outcome = await Promise.race([
    client.ready.then(({ kernel }) => ({ kernel })),
    failed.then((reason) => ({ reason })),
    delay(timeout, undefined, { signal: late.signal }).then(
      () => ({ reason: `the guest did not boot within ${timeout} ms; last lines:\n${tail(consoleLog)}` }),
      () => ({ reason: '' }),
    ),
  ]);
  late.abort();
  if ('kernel' in outcome) return outcome.kernel;
  throw new Error(outcome.reason);
}

const tail = (file: string): string => readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');
