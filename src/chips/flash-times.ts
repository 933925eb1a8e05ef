import type { Milliseconds } from '../base/units.ts';

interface Row {
  /** Sectors of at most this many bytes. */
  readonly upTo: number;
  readonly erase: Milliseconds;
  readonly source: string;
}

const KiB = 1024;

/** Typical erase times by sector size, which shows the technology. Exact enough for choices and for estimates. */
const eraseTimes: readonly Row[] = [
  { upTo: 256, erase: 3.3, source: 'DS10690 (L072), Flash memory: page of 128 bytes, 3.28 ms' },
  { upTo: 8 * KiB, erase: 22, source: 'DS13560 (G0B1), Flash memory characteristics: page 22.0 ms' },
  { upTo: 32 * KiB, erase: 250, source: 'DS8626 (F405), Flash memory programming: 16 KB in x32, 250 ms' },
  { upTo: 64 * KiB, erase: 550, source: 'DS8626 (F405), Flash memory programming: 64 KB in x32, 550 ms' },
  { upTo: 128 * KiB, erase: 1_000, source: 'DS8626 (F405) and DS12110 (H743): 128 KB, 1 s' },
  {
    upTo: Number.POSITIVE_INFINITY,
    erase: 2_000,
    source: 'DS10916 (F746), Flash memory programming: 256 KB in x32, 2 s',
  },
];

/** ms per byte by the same key. */
const programTimes: readonly { readonly upTo: number; readonly perByte: Milliseconds; readonly source: string }[] = [
  { upTo: 256, perByte: 3.28 / 64, source: 'DS10690 (L072), Flash memory: half page 3.28 ms' },
  { upTo: 8 * KiB, perByte: 0.085 / 8, source: 'DS13560 (G0B1), Flash memory characteristics: 64 bits 85 µs' },
  { upTo: Number.POSITIVE_INFINITY, perByte: 0.016 / 4, source: 'DS8626 (F405), Flash memory programming: word 16 µs' },
];

/**
 * One 8 KiB of an F405, whose mass erase of 1 MiB takes 8 s (DS8626); flash in pages is erased as fast as one of them.
 */
const massErasePerKiB: Milliseconds = 8_000 / 1024;

export const typicalErase = (sectorBytes: number): Milliseconds =>
  eraseTimes.find(({ upTo }) => sectorBytes <= upTo)!.erase;

export const typicalProgram = (bytes: number, sectorBytes: number): Milliseconds =>
  bytes * programTimes.find(({ upTo }) => sectorBytes <= upTo)!.perByte;

export const typicalMassErase = (flashBytes: number, sectorBytes: number): Milliseconds =>
  sectorBytes <= 8 * KiB ? typicalErase(sectorBytes) : (flashBytes / KiB) * massErasePerKiB;
