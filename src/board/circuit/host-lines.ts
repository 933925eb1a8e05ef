import type { Milliseconds } from '../../base/units.ts';
import type { Argv } from '../../bench/host-commands.ts';
import type { ModemLines } from '../../bench/serial-link.ts';

/** A line of this host's GPIO. Its place in a truth table is that of RTS or of DTR, whichever no adapter has. */
export interface GpioLine {
  readonly kind: 'gpio';
  /** Name, path or label of the chip. */
  readonly chip: string;
  readonly offset: number;
  /** Level of the GPIO while the line is released; asserted, it has the other one. */
  readonly idle: 0 | 1;
  /** It only pulls down: the target's NRST pulls itself low in a reset of its own, which nothing may drive against. */
  readonly isOpenDrain: boolean;
}

/** A pin that programs of this host move: BOOT0 by two, NRST by one that resets the target, or cuts its power, and lets it start. */
export type CommandLine =
  | {
      readonly kind: 'command';
      readonly pin: 'boot0';
      readonly high: Argv;
      readonly low: Argv;
      readonly timeout: Milliseconds;
    }
  | {
      readonly kind: 'command';
      readonly pin: 'nrst';
      readonly by: 'reset' | 'powerCycle';
      readonly pulse: Argv;
      readonly timeout: Milliseconds;
    };

/** A program that cuts the power of the target and restores it, where NRST has a line of its own. */
export interface PowerCommand {
  readonly argv: Argv;
  readonly timeout: Milliseconds;
}

/** The hub port through which the target gets its power, as the slot of a jig has it: `1-3#2`. */
export interface PowerPort {
  readonly hubPort: string;
}

export type PowerCycle = PowerCommand | PowerPort;

export const isPowerPort = (power: PowerCycle): power is PowerPort => 'hubPort' in power;

/** How the power is cut, for people. */
export const powerText = (power: PowerCycle): string =>
  isPowerPort(power) ? `hub port ${power.hubPort}` : power.argv.join(' ');

export type HostLine = GpioLine | CommandLine;
export type LineName = keyof ModemLines;

/** By the line in whose place it stands. */
export type HostLines = Readonly<Partial<Record<LineName, HostLine>>>;

/** What the two lines of a board are called. */
export type LineNames = Readonly<Record<LineName, string>>;

export const modemLineNames: LineNames = { rts: 'RTS', dtr: 'DTR' };

function nameOf(line: HostLine | undefined, otherwise: string): string {
  if (line === undefined) return otherwise;
  if (line.kind === 'gpio') return `GPIO${line.offset}`;
  return line.pin === 'boot0' ? 'boot0' : line.by === 'reset' ? 'reset' : 'power';
}

/** `RTS`, `DTR`, or `GPIO21` for a line of this host, `reset` for a command; with its chip where the other one has the same number. */
export function lineNames({ hostLines: { rts, dtr } = {} }: { readonly hostLines?: HostLines }): LineNames {
  const names = { rts: nameOf(rts, modemLineNames.rts), dtr: nameOf(dtr, modemLineNames.dtr) };
  if (names.rts !== names.dtr || rts?.kind !== 'gpio' || dtr?.kind !== 'gpio') return names;
  return { rts: `${rts.chip}/${rts.offset}`, dtr: `${dtr.chip}/${dtr.offset}` };
}

/** Level of a GPIO in this state of the lines. */
export const gpioLevel = ({ idle }: Pick<GpioLine, 'idle'>, state: ModemLines[LineName]): 0 | 1 =>
  state === 'released' ? idle : idle === 1 ? 0 : 1;

/** The GPIO among the lines of this host. */
export const gpioLines = ({ rts, dtr }: HostLines): readonly (GpioLine & { readonly name: LineName })[] => [
  ...(rts?.kind === 'gpio' ? [{ ...rts, name: 'rts' as const }] : []),
  ...(dtr?.kind === 'gpio' ? [{ ...dtr, name: 'dtr' as const }] : []),
];

/** The commands among them. */
export const commandLines = ({ rts, dtr }: HostLines): readonly (CommandLine & { readonly name: LineName })[] => [
  ...(rts?.kind === 'command' ? [{ ...rts, name: 'rts' as const }] : []),
  ...(dtr?.kind === 'command' ? [{ ...dtr, name: 'dtr' as const }] : []),
];

/** NRST is pulsed by a command: it is high again when the command has ended. */
export const isPulsed = (hostLines: HostLines = {}): boolean =>
  commandLines(hostLines).some(({ pin }) => pin === 'nrst');
