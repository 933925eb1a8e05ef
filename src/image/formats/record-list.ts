import { BootctlError } from '../../base/errors.ts';
import { address32 } from '../../base/text.ts';
import { positionText, type RecordMarks, type Segment } from '../firmware-image.ts';

/** A flash image has fewer separate runs than this. Each run costs memory that its few bytes do not justify. */
const mostRuns = 65_536;
const addressSpace = 0x1_0000_0000;
/** Below this a loop is quicker than a call of `set`. */
const shortRecord = 64;

/** Records as a file gives them, in any order; turns them into segments without ever allocating a gap. */
export class RecordList {
  readonly #name: string;
  readonly #originOf: (position: number) => string;
  readonly #unit: RecordMarks['unit'] | undefined;
  #data = new Uint8Array(4096);
  #used = 0;
  #isSorted = true;
  readonly #addresses: number[] = [];
  /** Offset of each record in `#data`, and behind the last one its end. */
  readonly #starts: number[] = [0];
  readonly #positions: number[] = [];

  /** `origin` is the unit in which positions count, or a function that names a position. */
  constructor(name: string, origin: RecordMarks['unit'] | ((position: number) => string)) {
    this.#name = name;
    this.#unit = typeof origin === 'string' ? origin : undefined;
    this.#originOf = typeof origin === 'string' ? (position) => positionText(origin, position) : origin;
  }

  get count(): number {
    return this.#addresses.length;
  }

  /**
   * Takes a copy of `source` from `start` up to `end`.
   * @throws BootctlError `image-out-of-range` where the record leaves the 32-bit space
   */
  add(address: number, source: Uint8Array, start: number, end: number, position: number): void {
    const length = end - start;
    if (length <= 0) return;
    if (address + length > addressSpace) {
      throw new BootctlError(
        'image-out-of-range',
        `${this.#name}, ${this.#originOf(position)}: ${length} bytes at ${address32(address)} leave the 32-bit space`,
        { details: { address } },
      );
    }
    const previous = this.count - 1;
    if (previous >= 0 && address < this.#addresses[previous]!) this.#isSorted = false;
    this.#grow(this.#used + length);
    if (length > shortRecord) this.#data.set(source.subarray(start, end), this.#used);
    else for (let index = 0; index < length; index++) this.#data[this.#used + index] = source[start + index]!;
    this.#used += length;
    this.#addresses.push(address);
    this.#starts.push(this.#used);
    this.#positions.push(position);
  }

  /**
   * The records by address. Records that touch or overlap with equal content are joined, with the origin of the lowest.
   * @throws BootctlError `image-overlap` where two records claim an address with different bytes,
   *   `image-too-large` where there are too many separate runs
   */
  segments(): readonly Segment[] {
    const order = this.#order();
    const segments: Segment[] = [];
    for (let from = 0; from < order.length; ) {
      let to = from;
      let end = this.#addresses[order[from]!]!;
      for (; to < order.length && this.#addresses[order[to]!]! <= end; to++) end = Math.max(end, this.#end(order[to]!));
      segments.push(this.#join(order.subarray(from, to), end));
      if (segments.length > mostRuns) {
        throw new BootctlError('image-too-large', `${this.#name} has more than ${mostRuns} separate runs of bytes`, {
          hint: 'A flash image has a few; fill the gaps between its bytes, with `srec_cat -fill` for instance.',
        });
      }
      from = to;
    }
    return segments;
  }

  #grow(needed: number): void {
    if (needed <= this.#data.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#data.length * 2));
    grown.set(this.#data.subarray(0, this.#used));
    this.#data = grown;
  }

  #end(record: number): number {
    return this.#addresses[record]! + this.#starts[record + 1]! - this.#starts[record]!;
  }

  /** Record numbers by rising address; records of the same address stay in file order. */
  #order(): Uint32Array {
    const order = new Uint32Array(this.count);
    for (let record = 0; record < order.length; record++) order[record] = record;
    return this.#isSorted ? order : order.sort((a, b) => this.#addresses[a]! - this.#addresses[b]! || a - b);
  }

  /** `records` leave no gap. */
  #join(records: Uint32Array, end: number): Segment {
    const first = records[0]!;
    const address = this.#addresses[first]!;
    const data = this.#isInFileOrder(records)
      ? this.#data.slice(this.#starts[first]!, this.#starts[records.at(-1)! + 1]!)
      : this.#assemble(records, new Uint8Array(end - address));
    const origin = this.#originOf(this.#positions[first]!);
    if (!this.#unit || records.length === 1) return { address, data, origin };
    const offsets: number[] = [];
    const positions: number[] = [];
    for (const record of records) {
      offsets.push(this.#addresses[record]! - address);
      positions.push(this.#positions[record]!);
    }
    return { address, data, origin, marks: { unit: this.#unit, offsets, positions } };
  }

  /** Each record starts where the one before it ends, in the file and in the target. This usual case needs one copy. */
  #isInFileOrder(records: Uint32Array): boolean {
    for (let index = 1; index < records.length; index++) {
      const [previous, record] = [records[index - 1]!, records[index]!];
      if (record !== previous + 1 || this.#addresses[record] !== this.#end(previous)) return false;
    }
    return true;
  }

  /** Everything below `filled` has been written. */
  #assemble(records: Uint32Array, data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const address = this.#addresses[records[0]!]!;
    let filled = 0;
    for (const record of records) {
      const offset = this.#addresses[record]! - address;
      const part = this.#data.subarray(this.#starts[record]!, this.#starts[record + 1]!);
      const claimed = Math.min(filled - offset, part.length);
      for (let index = 0; index < claimed; index++) {
        if (data[offset + index] !== part[index]) this.#refuseOverlap(records, record, address + offset + index);
      }
      data.set(part, offset);
      filled = Math.max(filled, offset + part.length);
    }
    return data;
  }

  #refuseOverlap(records: Uint32Array, second: number, address: number): never {
    const first = records.find((record) => this.#addresses[record]! <= address && address < this.#end(record))!;
    const claim = (record: number) => {
      const byte = this.#data[this.#starts[record]! + address - this.#addresses[record]!]!;
      return `0x${byte.toString(16).padStart(2, '0')} by ${this.#originOf(this.#positions[record]!)}`;
    };
    throw new BootctlError(
      'image-overlap',
      `${this.#name}: ${address32(address)} is ${claim(first)} and ${claim(second)}`,
      { details: { address } },
    );
  }
}
