/** Identity of the board that bytes were taken from, as far as it is known. */
export interface BoardSigns {
  /** USB path, or port. */
  readonly place: string;
  /** Of its DFU device. */
  readonly serialNumber?: string | undefined;
  /** The 96 bits of its unique id as hex digits, if the bootloader shows them. */
  readonly uniqueId?: string | undefined;
}

/**
 * Comparison of two observations of a board. `same`: it is proven to be the same one. `same-if-used`: the serial
 * numbers are equal, which proves it only if the flash is not blank like that of a new board. `other`: it is proven to
 * be another one. `unknown`: neither is proven.
 */
export type SameBoard = 'same' | 'same-if-used' | 'other' | 'unknown';

export function sameBoard(then: BoardSigns, now: BoardSigns): SameBoard {
  if (then.uniqueId && now.uniqueId) return then.uniqueId === now.uniqueId ? 'same' : 'other';
  const isUnique = isUniqueSerial(then.serialNumber) && isUniqueSerial(now.serialNumber);
  if (!isUnique) return 'unknown';
  if (then.serialNumber !== now.serialNumber) return 'other';
  return then.place === now.place ? 'same-if-used' : 'unknown';
}

/** Whether a later job can prove that it is the same board, judged by the present facts. */
export const isProvable = ({ uniqueId, serialNumber }: BoardSigns): boolean =>
  uniqueId !== undefined || isUniqueSerial(serialNumber);

/** Serial numbers that many boards share (hardware/QUIRKS.md Q43: dfu-util device logs; libopencm3 issue 760). */
const sharedSerials: ReadonlySet<string> = new Set(['FFFFFFFEFFFF', '200364500000', '200000500000']);

/**
 * ROMs make twelve hex digits of the unique id. Anything else is a constant of the ROM, such as STM32FxSTM32, or the
 * size of the flash, such as the 3CBJ of a GD32: it proves nothing.
 */
export const isUniqueSerial = (serialNumber: string | undefined): boolean =>
  serialNumber !== undefined && /^[0-9A-F]{12}$/i.test(serialNumber) && !sharedSerials.has(serialNumber.toUpperCase());
