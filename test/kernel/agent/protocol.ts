import type { ModemLines } from '../../../src/bench/serial-link.ts';
import type { BoardProfile } from '../../../src/board/profile.ts';
import type { RomOptions } from '../../../src/sim/chip/rom.ts';
import type { TargetMemoryOptions } from '../../../src/sim/chip/target-memory.ts';
import type { FirmwareManner } from '../../../src/sim/firmware/firmware-manner.ts';
import type { ScenarioDifferences } from '../../../src/sim/scenarios.ts';
import type { TimedTruth, TruthEvent } from '../../../src/sim/truth.ts';

/** An adapter on the bench; without `board` its wires are loose and its line changes are logged under its own name. */
export interface AdapterSetup {
  /** Name in the truth log. */
  readonly name: string;
  /** A row of src/sim/adapters. */
  readonly chip: string;
  readonly serialNumber?: string;
  readonly board?: string;
  /** ms that each request of its driver takes, as behind a slow hub; standard requests are answered at once. */
  readonly latency?: number;
  /** Not plugged in at the start: `plug` does it. */
  readonly unplugged?: boolean;
}

/** A USB device that only enumerates as an STM32 in DFU mode; every class request stalls. */
export interface StrangerSetup {
  readonly name: string;
  readonly unplugged?: boolean;
}

/**
 * A board as `--simulate` builds it, on a real bus. `scenario` may also set what scenarios leave alone: `timeScale` of
 * the flash, options of the ROM, what its firmware is in the midst of.
 */
export interface BoardSetup {
  readonly name: string;
  readonly profile: BoardProfile;
  readonly scenario?: ScenarioDifferences & {
    readonly memory?: TargetMemoryOptions;
    readonly rom?: RomOptions;
    readonly firmware?: FirmwareManner;
  };
}

/** The lines of a board that are GPIO of the host, as a chip of gpio-sim; its label is the `chip` of the profile. */
export interface GpioSetup {
  readonly board: string;
  /** Lines that drivers of the kernel hold: offset and name. */
  readonly hogs?: Readonly<Record<number, string>>;
}

export interface BenchSetup {
  readonly boards?: readonly BoardSetup[];
  readonly adapters?: readonly AdapterSetup[];
  readonly gpio?: GpioSetup;
  /** Boards go to the root hubs of all controllers in turn, and so do adapters; else to those of the first as long as it has ports. */
  readonly onAllHubs?: boolean;
  readonly strangers?: readonly StrangerSetup[];
  /** Whether systemd-udevd runs; it does unless told otherwise. */
  readonly udevd?: boolean;
}

/** Where the kernel put a device that is plugged in; of a board, where its target's USB is plugged in. */
export interface PluggedDevice {
  readonly name: string;
  readonly usbPath: string;
  /** Path of its tty, of an adapter. */
  readonly tty?: string;
  readonly driver?: string;
}

export interface RunRequest {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs as this user and group id; as root without it. */
  readonly uid?: number;
  /** Killed after this many ms. */
  readonly timeout?: number;
  /** Sends a signal as soon as stdout holds `text` `nth` times; 1 without `nth`. */
  readonly signalAt?: { readonly text: string; readonly nth?: number; readonly signal: NodeJS.Signals };
  readonly atLines?: readonly LineHook[];
}

/** Does something at the `nth` line of stdout that has all these texts, at each of them without `nth`. */
export interface LineHook {
  readonly has: readonly string[];
  readonly nth?: number;
  /** ms after the line; none by default. */
  readonly delay?: number;
  readonly act: BenchAction;
}

export interface RunResult {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** ms */
  readonly duration: number;
  readonly timedOut: boolean;
}

/** What a hook does. Names are those of the setup; processes are handles of `start`. */
export type BenchAction =
  | { readonly unplug: string }
  | { readonly plug: string }
  /** Answers nothing any more, not even the bus: every transfer stays pending. */
  | { readonly freeze: string }
  /** Keeps what a board's main flash holds then, as a file. */
  | { readonly saveFlash: string; readonly address: number; readonly length: number; readonly path: string }
  | { readonly signal: NodeJS.Signals; readonly process: number };

/** Fields that a truth event must have; those that are not given may be anything. */
export type TruthPattern = { readonly what: TruthEvent['what'] } & Readonly<Record<string, string | number>>;

/** Does something at the `nth` truth event whose fields are those of `event`, counted from now; 1 is the next one. */
export interface Hook {
  readonly event: TruthPattern;
  readonly nth?: number;
  /** ms after the event; none by default. */
  readonly delay?: number;
  readonly act: BenchAction;
}

/** Calls of the host, by name: argument and result. Binary data travels as base64. */
export interface AgentCalls {
  reset(setup: BenchSetup): readonly PluggedDevice[];
  run(request: RunRequest): RunResult;
  start(request: RunRequest): number;
  signal(request: { readonly process: number; readonly signal: NodeJS.Signals }): null;
  wait(request: { readonly process: number; readonly timeout?: number }): RunResult;
  when(hook: Hook): null;
  /** Undoes `unplug` and `freeze`. */
  plug(name: string): PluggedDevice;
  unplug(name: string): null;
  truth(request: null): readonly TimedTruth[];
  /** What has to be added to a truth event's `t` for the time of CLOCK_MONOTONIC, which all programs of the bench share; ms. */
  monotonic(request: null): number;
  /** The first event of this case that fits; waits for it where it has not happened yet. */
  until(request: { readonly event: TruthPattern; readonly timeout?: number }): TimedTruth;
  /** Content of a board's main flash, as base64. */
  flash(request: { readonly board: string; readonly address: number; readonly length: number }): string;
  lines(name: string): ModemLines;
  /** Messages of the kernel since the last reset. */
  dmesg(request: null): string;
  writeFile(request: { readonly path: string; readonly base64: string; readonly mode?: number }): null;
  readFile(path: string): string;
}

export type CallName = keyof AgentCalls;
export type CallArgument<N extends CallName> = Parameters<AgentCalls[N]>[0];
export type CallResult<N extends CallName> = ReturnType<AgentCalls[N]>;

export interface CallMessage {
  readonly id: number;
  readonly call: CallName;
  readonly argument: unknown;
}

/** Over a guest's channel: so many bytes of this way were read since it is there. */
export interface Confirmation {
  readonly received: number;
}

/** `kernel` is its version; a bench that is lent also says both clocks as they were when it came up. */
export interface ReadyMessage {
  readonly ready: true;
  readonly kernel: string;
  readonly booted?: { readonly host: number; readonly bench: number };
}

/** One line to the agent. */
export type HostMessage = CallMessage | Confirmation;

/** One line from the agent. `ready` comes once, first. */
export type AgentMessage =
  | ReadyMessage
  | Confirmation
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };
