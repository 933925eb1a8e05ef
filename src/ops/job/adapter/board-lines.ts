import { BootctlError } from '../../../base/errors.ts';
import type { Milliseconds } from '../../../base/units.ts';
import type { Bench } from '../../../bench/bench.ts';
import type { GpioChips } from '../../../bench/gpio-chips.ts';
import type { HostCommands } from '../../../bench/host-commands.ts';
import type { HubPorts } from '../../../bench/hub-ports.ts';
import type { ModemLines, SerialLink } from '../../../bench/serial-link.ts';
import {
  type CommandLine,
  commandLines,
  gpioLevel,
  gpioLines,
  type HostLines,
  isPowerPort,
  type LineName,
  powerText,
} from '../../../board/circuit/host-lines.ts';
import type { Wiring } from '../../../board/circuit/plan.ts';
import { idleLines, isIdle, pinsOf, usesModemLines } from '../../../board/circuit/wiring.ts';
import type { BoardProfile } from '../../../board/profile.ts';
import type { Job } from '../job.ts';

// The lines of a board that are not an adapter's, and a link that moves them together with those that are.

/** Something that moves some of the lines of a board. */
interface Mover {
  readonly names: readonly LineName[];
  move(lines: ModemLines): Promise<void>;
}

/** The job talks through an adapter, or moves lines of one. */
export const needsAdapter = (profile: BoardProfile): boolean =>
  profile.hostLines === undefined ||
  usesModemLines(profile) ||
  profile.usart.connected ||
  profile.application.expect === 'serial' ||
  profile.softJump.some(({ via }) => via === 'adapter');

type Placed = ReturnType<typeof gpioLines>[number];

/** The lines of this host, by their chip. */
function byChip(hostLines: HostLines): readonly (readonly [chip: string, lines: readonly Placed[]])[] {
  const placed = gpioLines(hostLines);
  const chips = new Set(placed.map(({ chip }) => chip));
  return [...chips].map((chip) => [chip, placed.filter((line) => line.chip === chip)]);
}

function gpioOf({ gpio }: Bench): GpioChips {
  if (!gpio) throw new BootctlError('gpio-unavailable', 'This bench has no GPIO');
  return gpio;
}

/** What a job holds of this host's lines. */
export interface HeldLines {
  readonly movers: readonly Mover[];
  readonly held: readonly AsyncDisposable[];
}

/**
 * Takes the GPIO lines of a board at their idle levels, those of one chip together, and sees that its commands are there.
 * @throws BootctlError `gpio-missing`, `gpio-busy`, `gpio-denied`, `gpio-unavailable`, `gpio-failed`, `command-missing`
 */
export async function takeHostLines(
  { bench, report }: Pick<Job, 'bench' | 'report'>,
  hostLines: HostLines,
): Promise<HeldLines> {
  const held: AsyncDisposable[] = [];
  const movers: Mover[] = [];
  try {
    for (const [chip, lines] of byChip(hostLines)) {
      const taken = await gpioOf(bench).open(chip, lines);
      held.push(taken);
      report({ event: 'gpio.opened', chip, offsets: lines.map(({ offset }) => offset) });
      movers.push({
        names: lines.map(({ name }) => name),
        move: (wanted) => taken.set(lines.map((line) => gpioLevel(line, wanted[line.name]))),
      });
    }
  } catch (error) {
    await giveBack(held);
    throw error;
  }
  const commands = commandLines(hostLines).map((line) => new CommandMover(line, commandsOf(bench)));
  return { held: [...held, ...commands], movers: [...movers, ...commands] };
}

function commandsOf({ commands }: Bench): HostCommands {
  if (!commands) throw new BootctlError('command-missing', 'This bench runs no programs');
  return commands;
}

/** The programs of this host that a job with this board may run. */
export const programsOf = ({ hostLines = {}, powerCycle }: Pick<BoardProfile, 'hostLines' | 'powerCycle'>) => [
  ...commandLines(hostLines).flatMap((line) => (line.pin === 'boot0' ? [line.high, line.low] : [line.pulse])),
  ...(powerCycle && !isPowerPort(powerCycle) ? [powerCycle.argv] : []),
];

function hubPortsOf({ hubPorts }: Bench): HubPorts {
  if (!hubPorts) throw new BootctlError('port-power-unavailable', 'This bench switches no power of hubs');
  return hubPorts;
}

/** So long `uhubctl` leaves a port off where nobody says otherwise (its README, `-d`): capacitors behind it empty. */
const portOff: Milliseconds = 2_000;

/** @throws BootctlError `command-missing`, `port-power-denied`, `port-power-unavailable` before anything has moved */
export async function checkCommands(
  bench: Bench,
  profile: Pick<BoardProfile, 'hostLines' | 'powerCycle'>,
): Promise<void> {
  for (const argv of programsOf(profile)) await commandsOf(bench).check(argv);
  const { powerCycle } = profile;
  if (powerCycle && isPowerPort(powerCycle)) await hubPortsOf(bench).check(powerCycle.hubPort);
}

/** What cuts the power of the target and restores it, and says so. */
export const powerCutter = ({ bench, report, profile: { powerCycle } }: Pick<Job, 'bench' | 'report' | 'profile'>) =>
  powerCycle && {
    cutPower: () => {
      report({ event: 'note', message: `the power of the target is cut and restored: ${powerText(powerCycle)}` });
      if (isPowerPort(powerCycle)) return hubPortsOf(bench).cycle(powerCycle.hubPort, portOff);
      return commandsOf(bench).run(powerCycle.argv, powerCycle.timeout);
    },
  };

/** A pin by programs. What may have put BOOT0 high is followed by what puts it low, whatever comes between. */
class CommandMover implements Mover, AsyncDisposable {
  readonly names: readonly LineName[];
  readonly #line: CommandLine;
  readonly #commands: HostCommands;
  readonly #name: LineName;
  #state: ModemLines[LineName] = 'released';

  constructor({ name, ...line }: CommandLine & { readonly name: LineName }, commands: HostCommands) {
    this.names = [name];
    this.#name = name;
    this.#line = line;
    this.#commands = commands;
  }

  async move(lines: ModemLines): Promise<void> {
    const wanted = lines[this.#name];
    if (wanted === this.#state) return;
    const { timeout } = this.#line;
    if (wanted === 'asserted') {
      // From its beginning on: one that fails or is stopped may have done its work.
      this.#state = wanted;
      return this.#commands.run(this.#line.pin === 'boot0' ? this.#line.high : this.#line.pulse, timeout);
    }
    if (this.#line.pin === 'boot0') await this.#commands.run(this.#line.low, timeout);
    this.#state = wanted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.move(idleLines);
  }
}

/** Sees whether the lines could be taken, and takes none. @throws BootctlError as `takeHostLines` */
export async function checkGpioLines(bench: Bench, hostLines: HostLines): Promise<void> {
  for (const [chip, lines] of byChip(hostLines)) await gpioOf(bench).check(chip, lines);
}

/** Gives all back. What cannot be made idle was the news of the release before, or of the opening that has failed. */
export async function giveBack(held: readonly AsyncDisposable[]): Promise<void> {
  await Promise.allSettled(held.map(async (one) => one[Symbol.asyncDispose]()));
}

const noAdapter = (): never => {
  throw new BootctlError('adapter-missing', 'This board has no adapter: its lines are of this host');
};

/** Nothing to talk through: the lines are all that is held. */
export const lineless: SerialLink = {
  path: 'this host',
  setLines: async () => {},
  configure: async () => noAdapter(),
  write: async () => noAdapter(),
  receive: async () => noAdapter(),
  drainInput: async () => noAdapter(),
  async [Symbol.asyncDispose]() {},
};

/** A link whose `setLines` moves each line of the board where it is, and whose bytes go through the adapter. */
export class BoardLink implements SerialLink {
  readonly path: string;
  readonly #link: SerialLink;
  readonly #movers: readonly Mover[];
  readonly #held: readonly AsyncDisposable[];
  readonly #wiring: Wiring;
  readonly measureDelay?: NonNullable<SerialLink['measureDelay']>;
  readonly hasFixedFormat?: true;
  readonly roundTrip?: NonNullable<SerialLink['roundTrip']>;
  #lines: ModemLines = idleLines;

  constructor(link: SerialLink, { held, movers }: HeldLines, profile: Pick<BoardProfile, 'wiring' | 'hostLines'>) {
    this.path = link.path;
    this.#link = link;
    this.#held = held;
    this.#wiring = profile.wiring;
    const names = (['rts', 'dtr'] as const).filter((name) => !profile.hostLines?.[name]);
    const ofAdapter: Mover = { names, move: (lines) => link.setLines({ ...lines, ...hostIdle(names) }) };
    this.#movers = usesModemLines(profile) ? [ofAdapter, ...movers] : movers;
    if (link.hasFixedFormat) this.hasFixedFormat = true;
    if (link.roundTrip !== undefined) this.roundTrip = link.roundTrip;
    if (usesModemLines(profile) && link.measureDelay) this.measureDelay = () => link.measureDelay!();
  }

  get lacksParity(): boolean {
    return this.#link.lacksParity ?? false;
  }

  /** Idle is tried with every line, even where one of them cannot be moved any more. */
  async setLines(lines: ModemLines): Promise<void> {
    const failures: unknown[] = [];
    for (const mover of this.#inOrder(lines)) {
      try {
        await mover.move(lines);
      } catch (error) {
        if (!isIdle(lines)) throw error;
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    this.#lines = lines;
  }

  configure: SerialLink['configure'] = (format) => this.#link.configure(format);
  write: SerialLink['write'] = (bytes) => this.#link.write(bytes);
  receive: SerialLink['receive'] = (timeout, signal) => this.#link.receive(timeout, signal);
  drainInput: SerialLink['drainInput'] = () => this.#link.drainInput();

  async [Symbol.asyncDispose](): Promise<void> {
    await giveBack(this.#held);
    await this.#link[Symbol.asyncDispose]();
  }

  /**
   * Where two devices have the lines they move one after the other: BOOT0 first, so that it stands when NRST rises. Where
   * both pins fall, NRST goes first: a capacitor then holds BOOT0 for the reset, not for the wait between them.
   */
  #inOrder(lines: ModemLines): readonly Mover[] {
    const pins = pinsOf(this.#wiring, lines);
    const first = pins.boot0 === 0 && pins.nrst === 0 ? 'nrst' : 'boot0';
    const before = pinsOf(this.#wiring, this.#lines);
    const changes = ({ names }: Mover) => {
      const alone = { ...this.#lines, ...Object.fromEntries(names.map((name) => [name, lines[name]])) };
      return pinsOf(this.#wiring, alone)[first] !== before[first];
    };
    return this.#movers.toSorted((a, b) => Number(changes(b)) - Number(changes(a)));
  }
}

/** Lines of the adapter that no pin follows stay released. */
const hostIdle = (names: readonly LineName[]): Partial<ModemLines> => ({
  ...(names.includes('rts') ? {} : { rts: 'released' }),
  ...(names.includes('dtr') ? {} : { dtr: 'released' }),
});
