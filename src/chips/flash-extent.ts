import type { Chip } from './chip.ts';

/** Bytes of the flash of the line's largest part that is known; 0 where none is. */
export const knownFlashBytes = ({ largestFlash, layouts }: Pick<Chip, 'largestFlash' | 'layouts'>): number =>
  Math.max(largestFlash ?? 0, ...layouts.map(({ bytes }) => bytes));
