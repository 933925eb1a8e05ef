import type { Milliseconds } from '../../base/units.ts';
import type { CommandLine, GpioLine, HostLine, HostLines, LineName, PowerCommand } from '../circuit/host-lines.ts';
import type { Wiring } from '../circuit/plan.ts';
import { type PinLine, wiringFromPins } from '../circuit/wiring.ts';
import type { ProfileFile } from './schema.ts';

/** A board without lines to the adapter. It runs its application in every line state. */
export const noWiring: Wiring = {
  'rts released, dtr released': { boot0: 0, nrst: 1 },
  'rts asserted, dtr released': { boot0: 0, nrst: 1 },
  'rts released, dtr asserted': { boot0: 0, nrst: 1 },
  'rts asserted, dtr asserted': { boot0: 0, nrst: 1 },
};

type PinEntry = NonNullable<NonNullable<ProfileFile['wiring']>['nrst']>;

const pins = ['nrst', 'boot0'] as const;
type Pin = (typeof pins)[number];

/** The pin is at `asserted` while the line is asserted, and the GPIO at the same level unless a transistor inverts it. */
function gpioLineOf(pin: Pin, { chip, offset, asserted, inverted = false }: PinEntry): GpioLine {
  if (chip === undefined || offset === undefined) throw new Error('the schema lets no GPIO through without its place');
  const pinIdle = asserted === 1 ? 0 : 1;
  return {
    kind: 'gpio',
    chip,
    offset,
    idle: inverted ? (pinIdle === 1 ? 0 : 1) : pinIdle,
    isOpenDrain: pin === 'nrst' && !inverted,
  };
}

type Commands = NonNullable<ProfileFile['commands']>;

/** Far longer than a hub takes to switch a port off and on again. Our choice. */
const commandTimeout: Milliseconds = 30_000;

/** The command that moves this pin. */
function commandLineOf(pin: Pin, commands: Commands): CommandLine | undefined {
  const { boot0High, boot0Low, reset, powerCycle, timeout = commandTimeout } = commands;
  if (pin === 'boot0') {
    return boot0High && boot0Low && { kind: 'command', pin, high: boot0High, low: boot0Low, timeout };
  }
  if (reset) return { kind: 'command', pin, by: 'reset', pulse: reset, timeout };
  return powerCycle && { kind: 'command', pin, by: 'powerCycle', pulse: powerCycle, timeout };
}

/** NRST and BOOT0 by a line each. What is of this host takes the place of a modem line that no pin follows. */
function fromPins(entries: Readonly<Record<Pin, PinEntry>>, commands: Commands) {
  const taken = pins.flatMap((pin) =>
    entries[pin].line === 'rts' || entries[pin].line === 'dtr' ? entries[pin].line : [],
  );
  const free = (['rts', 'dtr'] as const).filter((line) => !taken.includes(line));
  const hostLines: Partial<Record<LineName, HostLine>> = {};
  const lineOf = (pin: Pin): PinLine | 'nobody' => {
    const entry = entries[pin];
    const { line, asserted } = entry;
    if ((line === 'rts' || line === 'dtr') && asserted !== undefined) return { line, asserted };
    const own = line === 'gpio' ? gpioLineOf(pin, entry) : commandLineOf(pin, commands);
    if (own === undefined) return 'nobody';
    const place = free.shift()!;
    hostLines[place] = own;
    return { line: place, asserted: asserted ?? (pin === 'nrst' ? 0 : 1) };
  };
  return { wiring: wiringFromPins(lineOf('nrst'), lineOf('boot0')), hostLines };
}

/** What cuts the power, where it is not itself the line of NRST. */
function powerOf(wiring: ProfileFile['wiring'], commands: Commands): { powerCycle?: PowerCommand } {
  const { reset, powerCycle, timeout = commandTimeout } = commands;
  const isNrstMoved = reset || wiring?.table || (wiring?.nrst ?? none).line !== 'none';
  return powerCycle && isNrstMoved ? { powerCycle: { argv: powerCycle, timeout } } : {};
}

const none = { line: 'none' } as const;

/** The truth table of `wiring` and `commands`, the lines of this host in it, and what cuts the power beside them. */
export const resolveWiring = (wiring: ProfileFile['wiring'], commands: Commands = {}) => ({
  ...resolveLines(wiring, commands),
  ...powerOf(wiring, commands),
});

function resolveLines(wiring: ProfileFile['wiring'], commands: Commands): { wiring: Wiring; hostLines?: HostLines } {
  if (wiring?.table) return { wiring: wiring.table };
  if (!wiring && Object.keys(commands).length === 0) return { wiring: noWiring };
  const { nrst = none, boot0 = none } = wiring ?? {};
  const { hostLines, ...found } = fromPins({ nrst, boot0 }, commands);
  return Object.keys(hostLines).length === 0 ? found : { ...found, hostLines };
}
