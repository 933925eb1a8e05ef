import type { Sector } from '../protocol/dfuse/memory-layout.ts';

/** Position and meaning of a chip's write-protection option bytes. */
export interface ProtectionBytes {
  readonly family: RegExp;
  readonly address: number;
  readonly length: number;
  readonly source: string;
  /**
   * The numbers of protected sectors, or of pieces of 4 KB. Undefined if these bytes cannot be the option bytes of a
   * target without readout protection.
   */
  readonly protectedIn: (bytes: Uint8Array) => readonly number[] | undefined;
  /** Number of a sector of this flash: `index` counts from the first. */
  readonly numberOf: (index: number, offset: number) => number;
}

const level0 = 0xaa;
const zeroBits = (value: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, bit) => bit).filter((bit) => !(value & (1 << bit)));

/** nWRP of the first 12 sectors. On a chip with SPRMOD (bit 15) that bit changes their meaning. */
function sectorBits(bytes: Uint8Array, hasMode: boolean): readonly number[] | undefined {
  const protection = bytes[8]! | (bytes[9]! << 8);
  if (bytes[1] !== level0 || (hasMode && protection & 0x8000)) return undefined;
  return zeroBits(protection, 12);
}

/** WRP0 to WRP3, each followed by its complement; one whose complement is wrong counts as 0xFF. */
function pieceBits(bytes: Uint8Array): readonly number[] | undefined {
  const isPair = (at: number) => (bytes[at]! ^ bytes[at + 1]!) === 0xff;
  if (bytes[0] !== level0 || !isPair(0)) return undefined;
  return [8, 10, 12, 14].flatMap((at, byte) =>
    isPair(at) ? zeroBits(bytes[at]!, 8).map((bit) => byte * 8 + bit) : [],
  );
}

const rows: readonly ProtectionBytes[] = [
  {
    family: /^F2$|^F405/,
    address: 0x1fff_c000,
    length: 16,
    source:
      'RM0090, tables of the option bytes of F405/407: RDP in 0x1FFFC000, bits 15 to 8; nWRP in 0x1FFFC008; F2 alike',
    protectedIn: (bytes) => sectorBits(bytes, false),
    numberOf: (index) => index,
  },
  {
    family: /^F4/,
    address: 0x1fff_c000,
    length: 16,
    source: 'RM0090, tables of the option bytes of F42x/43x: the same, with SPRMOD in bit 15 of 0x1FFFC008',
    protectedIn: (bytes) => sectorBits(bytes, true),
    numberOf: (index) => index,
  },
  {
    family: /^F0|^F3/,
    address: 0x1fff_f800,
    length: 16,
    source:
      'RM0091 §4, RM0365 §5: WRP0 to WRP3 and complements from 0x1FFFF808 on; a bit protects 4 KB, the last one the rest',
    protectedIn: pieceBits,
    numberOf: (_, offset) => Math.min(Math.floor(offset / 4096), 31),
  },
];

/** The row of a chip, where its option bytes are known. */
export const protectionBytesOf = (family: string | undefined): ProtectionBytes | undefined =>
  family === undefined ? undefined : rows.find((row) => row.family.test(family));

/** The sectors of a flash that these option bytes protect. None if the bytes are not valid option bytes. */
export function protectedSectors(
  row: ProtectionBytes,
  bytes: Uint8Array,
  sectors: readonly Sector[],
): readonly Sector[] {
  const numbers = bytes.length < row.length ? undefined : row.protectedIn(bytes);
  const start = sectors[0]!.address;
  return sectors.filter((sector, index) => numbers?.includes(row.numberOf(index, sector.address - start)));
}
