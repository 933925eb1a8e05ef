/** A contiguous run to program: the image's bytes, padded with 0xFF to whole program units. */
export interface Run {
  readonly address: number;
  readonly data: Uint8Array;
}

/** Address after the last byte. */
export const endOf = ({ address, data }: Run): number => address + data.length;
export const bytesOf = (runs: readonly Run[]): number => runs.reduce((sum, { data }) => sum + data.length, 0);
export const isBlank = (bytes: Uint8Array, erased: number): boolean => bytes.every((byte) => byte === erased);
/** The bytes of a run from one address up to another, both within it. */
export const partOf = ({ address, data }: Run, from: number, to: number): Run => ({
  address: from,
  data: data.subarray(from - address, to - address),
});

/** Runs that touch become one. */
export function joined(runs: readonly Run[]): readonly Run[] {
  const result: { address: number; parts: Uint8Array[]; end: number }[] = [];
  for (const { address, data } of [...runs].sort((a, b) => a.address - b.address)) {
    const last = result.at(-1);
    if (last?.end === address) {
      last.parts.push(data);
      last.end += data.length;
    } else result.push({ address, parts: [data], end: address + data.length });
  }
  return result.map(({ address, parts }) => ({ address, data: parts.length === 1 ? parts[0]! : Buffer.concat(parts) }));
}

/** A run in blocks, counted from its start. */
export const blocksIn = (run: Run, block: number): readonly Run[] =>
  Array.from({ length: Math.ceil(run.data.length / block) }, (_, index) => {
    const from = run.address + index * block;
    return partOf(run, from, Math.min(from + block, run.address + run.data.length));
  });

/** The run without whole blocks of blank bytes, which the erase has already left there. */
export const withoutBlank = (run: Run, block: number, erased: number): readonly Run[] =>
  joined(blocksIn(run, block).filter(({ data }) => !isBlank(data, erased)));

/** Index of the first item for which the question is answered by yes, as it then is for all behind it; their number if for none. */
export function firstIndex<Item>(items: readonly Item[], isWanted: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isWanted(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Of runs in rising order, none over another, those with a byte from one address up to another. */
export const runsIn = <Piece extends Run>(runs: readonly Piece[], from: number, to: number): readonly Piece[] =>
  runs.slice(
    firstIndex(runs, (run) => endOf(run) > from),
    firstIndex(runs, ({ address }) => address >= to),
  );

/** The parts of `runs` from one address up to another. */
export const inside = (runs: readonly Run[], from: number, to: number): readonly Run[] =>
  runs
    .filter(({ address, data }) => address < to && from < address + data.length)
    .map((run) => partOf(run, Math.max(run.address, from), Math.min(run.address + run.data.length, to)));

/** The parts of `runs` that lie in none of `others`, which are in rising order. */
export const outside = (runs: readonly Run[], others: readonly Run[]): readonly Run[] =>
  runs.flatMap((run) => {
    const parts: Run[] = [];
    const end = run.address + run.data.length;
    let at = run.address;
    for (const { address, data } of others) {
      if (address > at && at < end) parts.push(partOf(run, at, Math.min(address, end)));
      at = Math.max(at, address + data.length);
    }
    return at < end ? [...parts, partOf(run, at, end)] : parts;
  });
