import type { ModemLines } from '../../bench/serial-link.ts';
import { type LineNames, modemLineNames } from '../circuit/host-lines.ts';
import type { Pins, Wiring } from '../circuit/plan.ts';
import { idleLines, isIdle, lineStates, pinsOf } from '../circuit/wiring.ts';

/** How a wiring moves one pin, as far as a circuit for it is known here. */
export type PinDrive =
  /** The pin follows one line and has this level while the line is asserted. */
  | { readonly kind: 'follows'; readonly line: 'rts' | 'dtr'; readonly asserted: 0 | 1 }
  /** The pin leaves its idle level only while `line` alone is asserted: cross-coupled transistors. */
  | { readonly kind: 'crossed'; readonly line: 'rts' | 'dtr'; readonly asserted: 0 | 1 }
  /** No line moves the pin. */
  | { readonly kind: 'constant'; readonly level: 0 | 1 }
  | { readonly kind: 'other' };

const other = { rts: 'dtr', dtr: 'rts' } as const;

/** The part of a truth table that belongs to one pin, as a circuit. */
export function pinDrive(wiring: Wiring, pin: keyof Pins): PinDrive {
  const level = (lines: ModemLines) => pinsOf(wiring, lines)[pin];
  const idle = level(idleLines);
  const moving = lineStates.filter((lines) => level(lines) !== idle);
  if (moving.length === 0) return { kind: 'constant', level: idle };
  const asserted = idle === 1 ? 0 : 1;
  for (const line of ['rts', 'dtr'] as const) {
    const ofLine = lineStates.filter((lines) => lines[line] === 'asserted');
    if (same(moving, ofLine)) return { kind: 'follows', line, asserted };
    if (
      same(
        moving,
        ofLine.filter((lines) => lines[other[line]] === 'released'),
      )
    ) {
      return { kind: 'crossed', line, asserted };
    }
  }
  return { kind: 'other' };
}

const same = (a: readonly ModemLines[], b: readonly ModemLines[]) =>
  a.length === b.length && a.every((lines) => b.includes(lines));

/** `idle: both released`, `RTS asserted`. */
export function lineStateName(lines: ModemLines, { rts, dtr }: LineNames = modemLineNames): string {
  if (isIdle(lines)) return 'idle: both released';
  if (lines.rts === 'asserted' && lines.dtr === 'asserted')
    return rts.length + dtr.length > 6 ? 'both asserted' : `${rts} and ${dtr} asserted`;
  return `${lines.rts === 'asserted' ? rts : dtr} asserted`;
}
