/** Checksum of AN3155 §3 and of MSP: a frame with its checksum byte gives 0. */
export function xor(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum ^= byte;
  return sum;
}
