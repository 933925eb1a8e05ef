import type { Bootloader, OnBytes } from '../../../machines/bootloader.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { address32, count } from '../../base/text.ts';
import { unitOf } from './coverage.ts';
import { FlashReader } from './flash-reader.ts';
import { blocksIn, endOf, partOf, type Run } from './runs.ts';

/**
 * Reads runs back, one transfer a block.
 * @throws BootctlError `verify-mismatch` with the first difference and their number
 */
export async function verifyRuns(
  bootloader: Bootloader,
  runs: readonly Run[],
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<void> {
  const reader = new FlashReader(bootloader, signal);
  const differences = new Differences();
  for (const run of runs) {
    const end = endOf(run);
    for await (const { address, data: found } of reader.pieces(run.address, end)) {
      const expected = partOf(run, address, found.length === 0 ? end : address + found.length);
      differences.compare(address, expected.data, found);
      onBytes(expected.data.length);
    }
  }
  differences.throwIfAny();
  await seeLastUnit(bootloader, runs, signal);
}

/**
 * A ROM that ignores wBlockNum answers every read with the same block. Blocks that are all equal cannot show this. Then
 * one unit is read with its own pointer, because it is too short to be counted in blocks.
 * @throws BootctlError `verify-mismatch`
 */
export async function seeLastUnit(bootloader: Bootloader, runs: readonly Run[], signal: AbortSignal): Promise<void> {
  const blocks = runs.flatMap((run) => blocksIn(run, bootloader.readSize));
  const last = blocks.at(-1);
  const isTelling = blocks.some(({ data }) => !last || Buffer.compare(data, last.data) !== 0);
  if (!last || blocks.length < 2 || isTelling) return;
  const length = Math.min(unitOf(bootloader.behaviour), last.data.length);
  const address = last.address + last.data.length - length;
  seeSame(address, last.data.subarray(-length), await bootloader.read(address, length, () => {}, signal));
}

/** @throws BootctlError `verify-mismatch` if other bytes were found than expected */
export function seeSame(address: number, expected: Uint8Array, found: Uint8Array): void {
  const differences = new Differences();
  differences.compare(address, expected, found);
  differences.throwIfAny();
}

/** Replaces the hint of a mismatch. Without a write before it, a mismatch is not a sign of faulty flash. */
export const mismatchHint = (error: unknown, hint: string): unknown =>
  isBootctlError(error, 'verify-mismatch') ? error.withHint(hint) : error;

/** Collects the places where the flash differs from the image. */
class Differences {
  #count = 0;
  #first: { address: number; expected: number; found: number | undefined } | undefined;

  /** A short answer counts as differing bytes. */
  compare(address: number, expected: Uint8Array, found: Uint8Array): void {
    if (Buffer.compare(expected, found) === 0) return;
    expected.forEach((byte, index) => {
      if (found[index] === byte) return;
      this.#count++;
      this.#first ??= { address: address + index, expected: byte, found: found[index] };
    });
  }

  throwIfAny(): void {
    if (!this.#first) return;
    const { address, expected, found } = this.#first;
    const read = found === undefined ? 'nothing' : byteText(found);
    throw new BootctlError(
      'verify-mismatch',
      `${count(this.#count, 'byte')} differ; the first at ${address32(address)}: expected ${byteText(expected)}, read ${read}`,
      { details: { address, count: this.#count, expected, found: found ?? -1 } },
    );
  }
}

const byteText = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;
