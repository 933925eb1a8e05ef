import { fileURLToPath } from 'node:url';
import type { Bench } from '../../src/bench/bench.ts';
import type { BenchRequest, CliContext } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';

export const repository = fileURLToPath(new URL('../../', import.meta.url));
export const firmware = 'test/fixtures/firmware/blink-f405.hex';

/** What a test changes of the context of a run. */
export interface CliSetup
  extends Partial<
    Pick<
      CliContext,
      | 'env'
      | 'cwd'
      | 'signal'
      | 'openBench'
      | 'portTrouble'
      | 'profileFolder'
      | 'stateFolder'
      | 'ask'
      | 'hostFacts'
      | 'usbTree'
    >
  > {
  readonly isTTY?: boolean;
  readonly standardInput?: Uint8Array;
  /** Hears what the command prints, as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** What a command printed, and how it ended. */
export interface CliRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A bench whose every part throws, for commands that must not open anything. */
export const untouchableBench = async (): Promise<Bench> => {
  throw new Error('this command must not open a bench');
};

const simulatedBench = async ({ profile, scenario, port }: BenchRequest): Promise<Bench> => {
  if (!profile || scenario === undefined) return untouchableBench();
  return createSimBench({ profile, scenario, ...(port === undefined ? {} : { port }) });
};

/** Runs the command line in this process, in the repository's folder, with its output caught. */
export async function runCli(argv: readonly string[], setup: CliSetup = {}): Promise<CliRun> {
  const { isTTY = false, standardInput = new Uint8Array(0), onOutput, ...changes } = setup;
  const text = { stdout: '', stderr: '' };
  const output = (name: keyof typeof text) => ({
    write: (more: string) => {
      text[name] += more;
      onOutput?.(more);
    },
    isTTY,
    columns: isTTY ? 120 : undefined,
  });
  const status = await main(argv, {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    cwd: repository,
    signal: new AbortController().signal,
    now: () => performance.now(),
    standardInput: async () => standardInput,
    openBench: simulatedBench,
    portTrouble: async () => undefined,
    hostFacts: async () => {
      throw new Error('this command must not ask the host');
    },
    usbTree: async () => {
      throw new Error('this command must not ask the host');
    },
    ...changes,
  });
  return { status, ...text };
}

/** The objects of `--json` output. */
export const jsonLines = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
