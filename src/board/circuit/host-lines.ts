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

export type HostLine = GpioLine;
export type LineName = keyof ModemLines;

/** By the line in whose place it stands. */
export type HostLines = Readonly<Partial<Record<LineName, HostLine>>>;

/** What the two lines of a board are called. */
export type LineNames = Readonly<Record<LineName, string>>;

export const modemLineNames: LineNames = { rts: 'RTS', dtr: 'DTR' };

const nameOf = (line: HostLine | undefined, otherwise: string): string =>
  line === undefined ? otherwise : `GPIO${line.offset}`;

/** `RTS`, `DTR`, or `GPIO21` for a line of this host; with its chip where the other one has the same number. */
export function lineNames({ hostLines: { rts, dtr } = {} }: { readonly hostLines?: HostLines }): LineNames {
  const names = { rts: nameOf(rts, modemLineNames.rts), dtr: nameOf(dtr, modemLineNames.dtr) };
  if (names.rts !== names.dtr) return names;
  return { rts: `${rts?.chip}/${rts?.offset}`, dtr: `${dtr?.chip}/${dtr?.offset}` };
}

/** Level of a GPIO in this state of the lines. */
export const gpioLevel = ({ idle }: Pick<GpioLine, 'idle'>, state: ModemLines[LineName]): 0 | 1 =>
  state === 'released' ? idle : idle === 1 ? 0 : 1;
