import type { BootctlError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import { romUsarts } from '../../chips/chip.ts';
import { whyNoDfu } from './awaited.ts';
import type { Facts } from './evidence.ts';

/** The ROM was called in vain; undefined where it was not called. */
export function silentUsart({ profile, attempts }: Facts): string | undefined {
  const silent = attempts.filter(({ usart }) => usart === 'silent').length;
  if (silent === 0) return undefined;
  const after = `after ${count(silent, 'attempt')}`;
  return whyNoDfu(profile) === undefined
    ? `${after} there was neither a DFU device on USB nor an answer on the USART`
    : `${after} the ROM had not answered on the USART`;
}

/** Something sends on the wires of the adapter, and it is not the ROM at this rate. */
const foreignOf = ({ attempts }: Facts): BootctlError | undefined =>
  attempts.findLast(({ usart }) => usart === 'foreign')?.error;

export const foreignOnUsart = (facts: Facts): string | undefined => foreignOf(facts)?.message;

/** The error itself knows what the bytes may be. */
export const foreignAdvice = (facts: Facts): string => foreignOf(facts)?.hint ?? '';

/** Silence on one USART looks the same in all of these cases. */
export function silentUsartAdvice({ target }: Facts): string {
  const pins = romUsarts(target) ?? 'AN2606 lists its pins';
  return [
    'Either the ROM does not run: check power, NRST, BOOT0 and their lines with a meter.',
    `Or TX and RX of the adapter, crossed, do not reach a USART of the ROM: ${pins}.`,
    'Or the ROM runs and listens to another device of the board, which has sent something to it first: disconnect, or switch off, what is on its other interfaces.',
  ].join(' ');
}
