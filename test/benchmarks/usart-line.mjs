/** AN3155: a block is three frames and three ACKs, 11 bits a byte. Both ways: command 2, address 5. */
const block = 256;
const bytesToWrite = 2 + 1 + 5 + 1 + (1 + block + 1) + 1;
const bytesToRead = 2 + 1 + 5 + 1 + 2 + 1 + block;
/** Of an F405 at 3.3 V, a word: src/sim/chip/personalities.ts. */
const wordTime = 0.016; // ms

/** ms that the bytes of an image take on the line at a rate, and the flash to take them. */
export function lineTimes(size, rate) {
  const onLine = (bytes) => ((size / block) * bytes * 11 * 1000) / rate;
  return { program: onLine(bytesToWrite) + (size / 4) * wordTime, verify: onLine(bytesToRead) };
}
