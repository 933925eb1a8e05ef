import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import type { BootctlError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Bench } from '../bench/bench.ts';
import type { HostFacts } from '../bench/host-facts.ts';
import type { UsbTree } from '../bench/usb-tree.ts';
import type { BoardProfile } from '../board/profile.ts';

/** Takes the exit status of a command that has ended by itself. */
export type OnExit = (status: number) => void;

/** Gives a command of the program its arguments, options and action; what each file of `commands/` exports. */
export type DefineCommand = (command: Command, context: CliContext, onExit: OnExit) => void;

/** Where text goes. */
export interface TextOutput {
  write(text: string): void;
  /** A person is looking: colours and progress bars are welcome. */
  readonly isTTY: boolean;
  /** Width of the terminal, where there is one. */
  readonly columns: number | undefined;
  /** The output behind a safe one, which takes control sequences: for a progress bar, all of whose texts are ours. */
  readonly terminal?: TextOutput;
}

/** Where a person at a terminal types, and where that is shown. */
export interface PersonStreams {
  readonly input: Readable;
  readonly output: Writable;
}

/** Which bench a command needs; with a scenario, a simulated one that is made of the profile. */
export interface BenchRequest {
  readonly profile?: BoardProfile | undefined;
  readonly scenario?: string | undefined;
  readonly port?: string | undefined;
}

/** Everything a command may use of the world around it: the process, or a test's stand-in. */
export interface CliContext {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The arguments of this run, for its trace. */
  readonly argv?: readonly string[];
  /** Folder of the user's own profiles. */
  readonly profileFolder?: string;
  /** Where what must outlive a run waits; the current folder without it. */
  readonly stateFolder?: string;
  /** Aborted by the first signal that asks for an end; its reason is a BootctlError `aborted`. */
  readonly signal: AbortSignal;
  /** Monotonic time; jobs go by the clock of their bench. */
  readonly now: () => Milliseconds;
  readonly standardInput: () => Promise<Uint8Array>;
  /** The same line by line, as they come; absent where it is only had whole. */
  readonly inputLines?: () => AsyncIterable<string>;
  /** For prompts that draw themselves: what they show has to be harmless already. Absent where stdin or stderr is no terminal. */
  readonly personStreams?: () => PersonStreams;
  /** Asks the person at the terminal and resolves with the line typed; absent where stdin or stderr is no terminal. */
  readonly ask?: (question: string) => Promise<string>;
  /** @throws BootctlError `scenario-unknown`, `usage` */
  openBench(request: BenchRequest): Promise<Bench>;
  /** Why this user could not open the port, found out without opening it; undefined where nothing speaks against it. */
  portTrouble(path: string): Promise<BootctlError | undefined>;
  /** What `bootctl doctor` asks this host, beside what it can see through a bench. */
  hostFacts(): Promise<HostFacts>;
  /** Controllers, hubs and devices of this host, where a jig has its places. */
  usbTree(): Promise<UsbTree>;
}
