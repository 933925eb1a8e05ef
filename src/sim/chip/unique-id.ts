const across = 200;
const wafers = 25;
const digits = 6;

/**
 * The unique id of a simulated part in the order of RM0090 §39.1: its place on the wafer, the wafer, and the lot as text. Parts
 * of one lot differ in less than three bytes, as real ones do.
 */
export function uniqueIdOf(lot: number, part: number): Uint8Array {
  const [x, y] = [part % across, Math.floor(part / across) % across];
  const wafer = 1 + (Math.floor(part / across / across) % wafers);
  const name = `Q${String(lot % 10 ** digits).padStart(digits, '0')}`;
  return Uint8Array.of(x, 0, y, 0, wafer, ...Buffer.from(name, 'ascii'));
}
