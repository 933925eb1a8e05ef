import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BootctlError } from '../../src/base/errors.ts';
import type { BenchRequest, CliContext } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import type { FirmwareManner } from '../../src/sim/firmware/firmware-manner.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import type { TimedTruth, TruthEvent } from '../../src/sim/truth.ts';

export const firmware = fileURLToPath(new URL('../fixtures/firmware/blink-f405.hex', import.meta.url));

const ownFolder = mkdtempSync(join(tmpdir(), 'bootctl-state-'));

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** A bench of an earlier run to go on with; it stays powered. */
  readonly bench?: SimBench;
  /** The target's ROM and silicon, instead of those that stand for the profile's target. */
  readonly personality?: RomPersonality;
  /** How the application differs from what the profile lets expect. */
  readonly firmware?: FirmwareManner;
  /** Where `--keep` saves; a folder of this process without it. */
  readonly stateFolder?: string;
  /** Called with the bench before the command runs on it, to arrange a fault or an abort. */
  readonly arrange?: (bench: SimBench, abort: (reason: BootctlError) => void) => void;
}

/** What a command left behind: its exit status, what it printed, and what physically happened. */
export interface CommandRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of `--json`. */
  readonly events: readonly Record<string, unknown>[];
  readonly result: Record<string, unknown>;
  readonly bench: SimBench;
  readonly truth: readonly TimedTruth[];
}

/** Runs a whole command, argv in, on the simulated bench that it asks for. */
export async function runCommand(argv: readonly string[], options: RunOptions = {}): Promise<CommandRun> {
  const { env = {}, cwd, bench: earlier, arrange, personality, firmware, stateFolder = ownFolder } = options;
  const text = { stdout: '', stderr: '' };
  const controller = new AbortController();
  const benches: SimBench[] = [];
  const output = (name: keyof typeof text) => ({
    write: (more: string) => {
      text[name] += more;
    },
    isTTY: false,
    columns: undefined,
  });
  const context: CliContext = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env,
    stateFolder,
    cwd: cwd ?? fileURLToPath(new URL('../..', import.meta.url)),
    signal: controller.signal,
    now: () => 0,
    standardInput: async () => new Uint8Array(0),
    openBench: async ({ profile, scenario, port }: BenchRequest) => {
      if (!profile || !scenario) throw new Error('this test may only open the simulated bench');
      const made = { profile, scenario, personality, firmware, ...(port ? { port } : {}) };
      const bench = earlier ?? createSimBench(made);
      benches.push(bench);
      arrange?.(bench, (reason) => controller.abort(reason));
      return { ...bench, [Symbol.asyncDispose]: async () => {} };
    },
    portTrouble: async () => undefined,
    usbTree: async () => ({ rootHubs: [], devices: [], switches: {} }),
    hostFacts: async () => {
      throw new Error('this test may not ask the host');
    },
  };
  const status = await main(argv, context);
  const events = argv.includes('--json')
    ? text.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
  const [bench] = benches;
  return {
    status,
    ...text,
    events,
    result: events.at(-1) ?? {},
    bench: bench as SimBench,
    truth: bench?.truth.events ?? [],
  };
}

/** For `arrange`: the job is aborted as soon as this has happened. */
export const cutAt =
  (what: TruthEvent['what']): NonNullable<RunOptions['arrange']> =>
  ({ truth, clock }, abort) => {
    truth.onEvent((event) => {
      if (event.what === what) clock.setTimeout(() => abort(new BootctlError('aborted', 'cut')), 0);
    });
  };

/** The sector that the blinking firmware shares is its last, and erased last. */
export const cutAtLastErase: NonNullable<RunOptions['arrange']> = ({ truth, clock }, abort) =>
  truth.onEvent((event) => {
    const isLast = event.what === 'erased' && event.address === 0x0800_c000;
    if (isLast) clock.setTimeout(() => abort(new BootctlError('aborted', 'cut')), 0);
  });

/** The lines' last state, and whether a board is still held in reset. */
export function linesAtEnd({ truth }: CommandRun): { rts: string; dtr: string } | undefined {
  const last = truth.findLast((event) => event.what === 'lines');
  return last?.what === 'lines' ? { rts: last.rts, dtr: last.dtr } : undefined;
}
