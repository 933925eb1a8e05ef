const bits = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Its even parity bit is 1, which looks like a stop bit: 8N1 and 8E1 take such a byte for the same. */
export const hasOddOnes = (byte: number): boolean => bits.filter((bit) => (byte >> bit) & 1).length % 2 === 1;
