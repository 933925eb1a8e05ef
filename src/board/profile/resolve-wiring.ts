import type { GpioLine, HostLines, LineName } from '../circuit/host-lines.ts';
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

/** NRST and BOOT0 by a line each. A line of this host takes the place of a modem line that no pin follows. */
function fromPins(entries: Readonly<Record<Pin, PinEntry>>): { wiring: Wiring; hostLines: HostLines } {
  const taken = pins.flatMap((pin) =>
    entries[pin].line === 'rts' || entries[pin].line === 'dtr' ? entries[pin].line : [],
  );
  const free = (['rts', 'dtr'] as const).filter((line) => !taken.includes(line));
  const hostLines: Partial<Record<LineName, GpioLine>> = {};
  const lineOf = (pin: Pin): PinLine | 'nobody' => {
    const entry = entries[pin];
    const { line, asserted } = entry;
    if (line === 'none' || asserted === undefined) return 'nobody';
    if (line !== 'gpio') return { line, asserted };
    const place = free.shift()!;
    hostLines[place] = gpioLineOf(pin, entry);
    return { line: place, asserted };
  };
  return { wiring: wiringFromPins(lineOf('nrst'), lineOf('boot0')), hostLines };
}

/** The truth table of `wiring`, and the lines of this host in it. */
export function resolveWiring(wiring: ProfileFile['wiring']): { wiring: Wiring; hostLines?: HostLines } {
  if (!wiring) return { wiring: noWiring };
  const { table, nrst, boot0 } = wiring;
  if (table) return { wiring: table };
  if (!nrst || !boot0) throw new Error('the schema lets no wiring through that has neither form');
  const { hostLines, ...found } = fromPins({ nrst, boot0 });
  return Object.keys(hostLines).length === 0 ? found : { ...found, hostLines };
}
