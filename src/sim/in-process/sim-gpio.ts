import { BootctlError } from '../../base/errors.ts';
import type { Clock } from '../../bench/clock.ts';
import { sleep } from '../../bench/clock.ts';
import type { GpioChipInfo, GpioChips, GpioLines, GpioOutput } from '../../bench/gpio-chips.ts';
import type { ModemLines } from '../../bench/serial-link.ts';
import type { GpioLine, HostLines } from '../../board/circuit/host-lines.ts';
import type { Scenario } from '../scenario.ts';
import type { TruthLog } from '../truth.ts';
import type { LineMix } from './line-mix.ts';

export interface SimGpioSetup {
  readonly hostLines: HostLines;
  readonly clock: Clock;
  readonly truth: TruthLog;
  readonly mix: LineMix;
  readonly faults: NonNullable<Scenario['gpio']>;
}

/** A call to the kernel and back by another thread. */
const callTime = 0.1;
/** As many as the BCM2711 has. */
const linesOfChip = 58;

const chipInfo = (chip: string, index: number): GpioChipInfo => {
  const [, name = `gpiochip${index}`] = /(?:^|\/)(gpiochip\d+)$/.exec(chip) ?? [];
  return { path: `/dev/${name}`, name, label: chip.includes('gpiochip') ? 'simulated' : chip, lines: linesOfChip };
};

const gpioOf = (lines: HostLines): readonly (GpioLine & { readonly name: keyof HostLines })[] =>
  (['rts', 'dtr'] as const).flatMap((name) => {
    const line = lines[name];
    return line?.kind === 'gpio' ? [{ ...line, name }] : [];
  });

/**
 * GPIO chips of a simulated host. A level stays where it was put, also when the line is given back: what a real chip does
 * then is its own choice, and this one is the least forgiving.
 */
class SimGpioHost {
  readonly infos: readonly GpioChipInfo[];
  readonly #setup: SimGpioSetup;
  readonly #own: readonly string[];
  readonly #held = new Set<string>();
  #moves = 0;

  constructor(setup: SimGpioSetup) {
    const { missing } = setup.faults;
    this.#setup = setup;
    this.#own = [...new Set(gpioOf(setup.hostLines).map(({ chip }) => chip))];
    this.infos =
      missing === 'all' ? [] : this.#own.map((chip, index) => chipInfo(missing ? `other${chip}` : chip, index));
  }

  async open(chip: string, outputs: readonly GpioOutput[]): Promise<GpioLines> {
    const { clock, truth } = this.#setup;
    await sleep(clock, callTime);
    this.check(chip, outputs);
    const offsets = outputs.map(({ offset }) => offset);
    const names = offsets.map((offset) => `${chip}/${offset}`);
    truth.add('host', { what: 'gpio-held', chip, offsets });
    for (const name of names) this.#held.add(name);
    this.#drive(
      chip,
      offsets,
      outputs.map(({ idle }) => idle),
    );
    return {
      set: (levels) => this.#set(chip, offsets, levels),
      [Symbol.asyncDispose]: async () => {
        if (names.filter((name) => this.#held.delete(name)).length === 0) return;
        truth.add('host', { what: 'gpio-given-back', chip, offsets });
      },
    };
  }

  check(chip: string, outputs: readonly GpioOutput[]): void {
    const refused = this.#refusal(chip) ?? this.#lineRefusal(chip, outputs);
    if (refused) throw refused;
  }

  async #set(chip: string, offsets: readonly number[], levels: readonly (0 | 1)[]): Promise<void> {
    const { clock, faults } = this.#setup;
    await sleep(clock, callTime);
    if (faults.failsAfter !== undefined && this.#moves++ >= faults.failsAfter) {
      throw new BootctlError('gpio-failed', `line ${offsets.join(' and ')} of ${chip} could not be moved: EIO`);
    }
    this.#drive(chip, offsets, levels);
  }

  /** All lines at once, as the kernel does it with those of one request. */
  #drive(chip: string, offsets: readonly number[], levels: readonly (0 | 1)[]): void {
    const { hostLines, truth, mix } = this.#setup;
    const moved: Partial<Record<keyof ModemLines, ModemLines['rts']>> = {};
    for (const [index, offset] of offsets.entries()) {
      const level = levels[index]!;
      truth.add('host', { what: 'gpio', chip, offset, level });
      for (const line of gpioOf(hostLines)) {
        if (line.chip !== chip || line.offset !== offset) continue;
        moved[line.name] = level === line.idle ? 'released' : 'asserted';
      }
    }
    mix.move(moved);
  }

  #refusal(chip: string): BootctlError | undefined {
    const { faults } = this.#setup;
    if (faults.missing === 'all') return new BootctlError('gpio-unavailable', 'This simulated host has no GPIO');
    if (faults.denied) return new BootctlError('gpio-denied', `/dev/${chip} may not be opened by this user`);
    if (!faults.missing && this.#own.includes(chip)) return undefined;
    const here = this.infos.map(({ name }) => name).join(', ');
    return new BootctlError('gpio-missing', `There is no GPIO chip ${chip} here; chips here: ${here}`);
  }

  #lineRefusal(chip: string, outputs: readonly GpioOutput[]): BootctlError | undefined {
    for (const { offset } of outputs) {
      if (offset >= linesOfChip) {
        return new BootctlError('gpio-missing', `${chip} has no line ${offset}: its lines are 0 to ${linesOfChip - 1}`);
      }
      const holder = this.#setup.faults.heldBy ?? (this.#held.has(`${chip}/${offset}`) ? 'bootctl' : undefined);
      if (holder) return new BootctlError('gpio-busy', `Line ${offset} of ${chip} is held by "${holder}"`);
    }
    return undefined;
  }
}

export function simGpioChips(setup: SimGpioSetup): GpioChips {
  const host = new SimGpioHost(setup);
  return {
    list: async () => host.infos,
    open: (chip, outputs) => host.open(chip, outputs),
    check: async (chip, outputs) => host.check(chip, outputs),
  };
}
