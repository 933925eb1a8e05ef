/** Where the records of a run stand in the file, so that an error can name one of them. */
export interface RecordMarks {
  readonly unit: 'line' | 'offset';
  /** Offset in the run's data where each record starts, rising. */
  readonly offsets: readonly number[];
  /** Line number or file offset of each record. */
  readonly positions: readonly number[];
}

/** A run of bytes with its address in the target. */
export interface Segment {
  readonly address: number;
  readonly data: Uint8Array;
  /** Where the run starts in the file: `line 12`, or `offset 0x40`. */
  readonly origin: string;
  /** Absent where the run is one piece of the file. */
  readonly marks?: RecordMarks;
}

/** Every format that is read, by the name that events and options use. */
export const imageFormats = {
  binary: 'raw binary',
  'intel-hex': 'Intel HEX',
  's-record': 'Motorola S-record',
  elf: 'ELF',
  dfuse: 'DfuSe',
  uf2: 'UF2',
} as const;
export type ImageFormat = keyof typeof imageFormats;

/** What a file can be packed in, in words. */
export const packagings = {
  gzip: 'packed with gzip',
  zip: 'packed with zip',
  apj: 'in a package of ArduPilot',
  px4: 'in a package of PX4',
} as const;
export type Packaging = keyof typeof packagings;

/** A run that starts with a header for a bootloader which checks it before it starts it. */
export interface SignedImage {
  readonly kind: 'MCUboot' | 'SBSFU';
  readonly address: number;
  readonly version: string;
  readonly headerBytes: number;
  /** Behind the header. */
  readonly imageBytes: number;
  /** Bytes from the address on that the hash covers. */
  readonly coveredBytes: number;
  /** What was found out of the hash, in words. */
  readonly hash: string;
  readonly signature: string;
  /** Absent where the header does not say. */
  readonly isEncrypted?: boolean;
}

/** The USB device that the file is for, as its DFU suffix states it. Absent ids stand for any. */
export interface DfuSuffix {
  readonly vendorId?: number;
  readonly productId?: number;
  /** bcdDevice. */
  readonly release?: number;
  /** bcdDFU: 0x0100 of a DFU suffix, 0x011A of a DfuSe file. */
  readonly dfuVersion: number;
}

/** Part of a DfuSe file for an alternate setting other than 0. ST's ROMs use 0 for the internal flash. */
export interface AlternateImage {
  readonly alternate: number;
  readonly name: string;
  readonly segments: readonly Segment[];
}

/** A parsed image: segments in rising order, none overlapping. */
export interface FirmwareImage {
  readonly name: string;
  readonly format: ImageFormat;
  readonly segments: readonly Segment[];
  /** Start address of the file, where it carries one. */
  readonly entry?: number;
  /** Sum of all segments. */
  readonly bytes: number;
  /** Lower-case hex of the bytes of all segments in rising order, gaps left out. */
  readonly sha256: string;
  /** The file was packed. Positions count in the unpacked content. */
  readonly compression?: Packaging;
  /** Of a DFU suffix or a DfuSe file. */
  readonly dfuSuffix?: DfuSuffix;
  /** Family id of a UF2 file. */
  readonly uf2Family?: number;
  readonly otherAlternates?: readonly AlternateImage[];
  /** Runs with a header for a bootloader. */
  readonly signed?: readonly SignedImage[];
  /** Parts of the file that were read and left out, as sentences. */
  readonly notes?: readonly string[];
}

/** Result of a format's reader for a file. */
export type ParsedFile = Pick<
  FirmwareImage,
  'segments' | 'entry' | 'dfuSuffix' | 'uf2Family' | 'otherAlternates' | 'notes'
>;

/** Where the byte at `address`, which lies in the segment, stands in the file. */
export function originAt({ address: start, origin, marks }: Segment, address: number): string {
  if (!marks) return origin;
  const { unit, offsets, positions } = marks;
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (offsets[middle]! <= address - start) low = middle;
    else high = middle - 1;
  }
  return positionText(unit, positions[low] ?? 0);
}

/** `line 12`, `offset 0x40`. */
export const positionText = (unit: RecordMarks['unit'], position: number): string =>
  unit === 'line' ? `line ${position}` : `offset 0x${position.toString(16)}`;

/** The segment that holds a byte at `address`. */
export function segmentAt({ segments }: Pick<FirmwareImage, 'segments'>, address: number): Segment | undefined {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (segments[middle]!.address <= address) low = middle;
    else high = middle - 1;
  }
  const found = segments[low];
  return found && found.address <= address && address < found.address + found.data.length ? found : undefined;
}
