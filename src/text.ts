/** An address as people read it: `0x0800_0000`. */
export function address32(address: number): string {
  const digits = (address >>> 0).toString(16).padStart(8, '0').toUpperCase();
  return `0x${digits.slice(0, 4)}_${digits.slice(4)}`;
}

/** `1 sector`, `3 sectors`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
