import { BootctlError } from '../base/errors.ts';
import type { DfuSuffix, FirmwareImage, ImageFormat } from './firmware-image.ts';
import { withDfuSuffix } from './formats/dfu-suffix.ts';
import { writeDfuSe } from './formats/dfuse.ts';
import { writeUf2 } from './formats/uf2.ts';
import { writeBinary, writeIntelHex, writeSRecords } from './formats/write-records.ts';

export interface WriteOptions {
  /** Family id of a UF2 file. */
  readonly uf2Family?: number | undefined;
  /** Puts a DFU 1.1 suffix behind the file; the own suffix of a DfuSe file gets these ids. */
  readonly suffix?: DfuSuffix | undefined;
}

interface Writer {
  readonly format: Exclude<ImageFormat, 'elf'>;
  /** Usual endings of a file's name; the first one also names the format on the command line. */
  readonly endings: readonly string[];
  readonly write: (image: FirmwareImage, options: WriteOptions) => Uint8Array;
}

/** Every format that is written. */
export const writers: readonly Writer[] = [
  { format: 'intel-hex', endings: ['hex', 'ihex', 'ihx'], write: (image) => writeIntelHex(image) },
  { format: 's-record', endings: ['srec', 's19', 's28', 's37', 'mot'], write: (image) => writeSRecords(image) },
  { format: 'binary', endings: ['bin'], write: (image) => writeBinary(image) },
  { format: 'uf2', endings: ['uf2'], write: (image, { uf2Family }) => writeUf2(image, uf2Family) },
  { format: 'dfuse', endings: ['dfu'], write: (image, { suffix }) => writeDfuSe(image, suffix) },
];

/** The writer for a name such as `hex` or `s19`. */
export const writerFor = (ending: string): Writer | undefined =>
  writers.find(({ endings }) => endings.includes(ending.toLowerCase()));

/**
 * The image as a file of this format.
 * @throws BootctlError `image-not-convertible` where the format cannot hold it
 */
export function writeImage(image: FirmwareImage, { format, write }: Writer, options: WriteOptions = {}): Uint8Array {
  const { name, otherAlternates = [] } = image;
  if (format !== 'dfuse' && otherAlternates.length > 0) {
    const numbers = otherAlternates.map(({ alternate }) => alternate).join(', ');
    throw new BootctlError(
      'image-not-convertible',
      `${name} has data for alternate setting ${numbers}, which only a DfuSe file can hold`,
      { hint: 'Write a DfuSe file: `--to dfu`.' },
    );
  }
  const file = write(image, options);
  return options.suffix && format !== 'dfuse' ? withDfuSuffix(file, options.suffix) : file;
}
