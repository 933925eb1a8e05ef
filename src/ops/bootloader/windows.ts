/** Bytes that are read to get at some of them. */
export interface Window {
  readonly address: number;
  readonly length: number;
}

/**
 * Aligned windows around some bytes, the widest first, and last these bytes alone. An F4 refuses to read its flash size or
 * its unique id alone and allows the 256 bytes around it (stm32loader, `LONG_UID_ACCESS`); an L05x does so with 128
 * (florisla/stm32loader issue 61); on other chips a window may have bytes that must not be read.
 */
export const windowsAround = (address: number, length: number, sizes: readonly number[]): readonly Window[] => [
  ...sizes
    .map((size) => ({ address: address - (address % size), length: size }))
    .filter((window) => address + length <= window.address + window.length),
  { address, length },
];

/** The bytes of interest in what a window was answered with; undefined if they are not all there. */
export function partOf(
  found: Uint8Array | undefined,
  window: Window,
  address: number,
  length: number,
): Uint8Array | undefined {
  const part = found?.subarray(address - window.address, address - window.address + length);
  return part?.length === length ? part : undefined;
}
