import { endOf, type Run } from './runs.ts';

/** Bytes beside the image in a program unit that it does not fill. */
export type Filler = (address: number) => number;

const blankFiller: Filler = () => 0xff;

/**
 * Runs, in rising order, grown to whole program units. Two that share a unit, or touch, become one: the flash then
 * programs that unit once, with the bytes of both.
 */
export function padded(runs: readonly Run[], unit: number, fill: Filler = blankFiller): readonly Run[] {
  const result: { address: number; end: number; readonly parts: Run[] }[] = [];
  for (const run of runs) {
    const address = run.address - (run.address % unit);
    const end = Math.ceil(endOf(run) / unit) * unit;
    const last = result.at(-1);
    if (!last || last.end < address) result.push({ address, end, parts: [run] });
    else {
      last.end = Math.max(last.end, end);
      last.parts.push(run);
    }
  }
  return result.map(({ address, end, parts }) => ({ address, data: filled(address, end, parts, fill) }));
}

function filled(address: number, end: number, parts: readonly Run[], fill: Filler): Uint8Array {
  const bytes = new Uint8Array(end - address);
  let at = address;
  for (const part of parts) {
    for (; at < part.address; at++) bytes[at - address] = fill(at);
    bytes.set(part.data, part.address - address);
    at = endOf(part);
  }
  for (; at < end; at++) bytes[at - address] = fill(at);
  return bytes;
}

/** Bytes that are known, and `erased` for the others. */
export const fillerOf =
  (runs: readonly Run[], erased: number): Filler =>
  (address) => {
    const run = runs.find((one) => one.address <= address && address < endOf(one));
    return run ? run.data[address - run.address]! : erased;
  };
