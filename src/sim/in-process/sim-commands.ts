import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import { sleep } from '../../bench/clock.ts';
import type { Argv, HostCommands } from '../../bench/host-commands.ts';
import type { HostLines, PowerCycle } from '../../board/circuit/host-lines.ts';
import type { Board } from '../board/board.ts';
import type { Scenario } from '../scenario.ts';
import type { TruthLog } from '../truth.ts';
import type { LineMix } from './line-mix.ts';

export interface SimCommandsSetup {
  readonly hostLines: HostLines | undefined;
  /** What cuts the power where NRST has a line of its own. */
  readonly powerCycle: PowerCycle | undefined;
  readonly clock: Clock;
  readonly truth: TruthLog;
  readonly mix: LineMix;
  /** The board whose power a command cuts. */
  readonly board: Board;
  readonly faults: NonNullable<Scenario['commands']>;
}

/** A program starts, asks a relay or a hub, and ends. */
const usualTime: Milliseconds = 300;
/** How long NRST is low, or the power off. */
const pulse: Milliseconds = 100;

/** What each program of the profile does. */
function effectsOf(setup: SimCommandsSetup): ReadonlyMap<string, () => Promise<void>> {
  const { hostLines = {}, powerCycle, clock, mix, board } = setup;
  const effects = new Map<string, () => Promise<void>>();
  const cut = async () => {
    board.powerOff();
    await sleep(clock, pulse);
    board.powerReturns();
  };
  if (powerCycle && 'argv' in powerCycle) effects.set(keyOf(powerCycle.argv), cut);
  for (const name of ['rts', 'dtr'] as const) {
    const line = hostLines[name];
    if (line?.kind !== 'command') continue;
    const put = (state: 'asserted' | 'released') => mix.move({ [name]: state });
    if (line.pin === 'boot0') {
      effects.set(keyOf(line.high), async () => put('asserted'));
      effects.set(keyOf(line.low), async () => put('released'));
      continue;
    }
    const pull = async () => {
      put('asserted');
      await sleep(clock, pulse);
      put('released');
    };
    effects.set(keyOf(line.pulse), line.by === 'reset' ? pull : cut);
  }
  return effects;
}

/** Programs of a simulated host: those of the profile. */
export function simCommands(setup: SimCommandsSetup): HostCommands {
  const { clock, truth, faults } = setup;
  const effects = effectsOf(setup);
  const text = (argv: Argv) => `\`${argv.join(' ')}\``;
  const check = async (argv: Argv) => {
    if (faults.missing === undefined || argv[0] !== faults.missing) return;
    throw new BootctlError('command-missing', `${text(argv)} cannot be run: there is no such program`);
  };
  return {
    check,
    async run(argv, timeout) {
      await check(argv);
      truth.add('host', { what: 'command', argv });
      const takes = faults.takes ?? usualTime;
      const half = Math.min(takes, timeout) / 2;
      await sleep(clock, half);
      await effects.get(keyOf(argv))?.();
      await sleep(clock, half);
      if (takes > timeout) throw new BootctlError('command-timeout', `${text(argv)} did not end within ${timeout} ms`);
      if (argv[0] !== faults.fails) return;
      throw new BootctlError('command-failed', `${text(argv)} ended with exit status 1; it said last: no relay`);
    },
  };
}

const keyOf = (argv: Argv): string => JSON.stringify(argv);
